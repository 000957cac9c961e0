package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// takesQuery lists the commands whose words are a query, in which "-dhcp" means
// not dhcp and is no flag.
var takesQuery = []string{"search", "tail", "export"}

// wordsLast returns args with the words of a query behind "--", where nothing
// is taken for a flag. Other commands' args are returned as they are.
func wordsLast(root *cobra.Command, args []string) []string {
	var cmd *cobra.Command
	lookup := func(name string) *pflag.Flag {
		if cmd != nil {
			if f := cmd.Flags().Lookup(name); f != nil {
				return f
			}
		}
		return root.PersistentFlags().Lookup(name)
	}
	var flags, words []string
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "--":
			words = append(words, args[i+1:]...)
			i = len(args)
		case strings.HasPrefix(arg, "--"):
			flags = append(flags, arg)
			f := lookup(arg[2:]) // none if it has its value behind "="
			if f != nil && f.NoOptDefVal == "" && i+1 < len(args) {
				i++
				flags = append(flags, args[i])
			}
		case cmd == nil && !strings.HasPrefix(arg, "-"):
			at := slices.IndexFunc(root.Commands(), func(c *cobra.Command) bool { return c.Name() == arg })
			if at < 0 || !slices.Contains(takesQuery, arg) {
				return args
			}
			cmd = root.Commands()[at]
			flags = append(flags, arg)
		case cmd != nil && isShort(cmd, arg):
			flags = append(flags, arg)
			if f := cmd.Flags().ShorthandLookup(arg[1:2]); f != nil && f.NoOptDefVal == "" && len(arg) == 2 && i+1 < len(args) {
				i++
				flags = append(flags, args[i])
			}
		default:
			words = append(words, arg)
		}
	}
	if cmd == nil {
		return args
	}
	if len(words) == 0 {
		return flags
	}
	return append(append(flags, "--"), words...)
}

// isShort reports whether arg is a flag of one letter, "-n", or one with a
// number, "-n20".
func isShort(cmd *cobra.Command, arg string) bool {
	if len(arg) < 2 || arg[0] != '-' {
		return false
	}
	if arg == "-h" {
		return true
	}
	f := cmd.Flags().ShorthandLookup(arg[1:2])
	if f == nil {
		return false
	}
	_, err := strconv.Atoi(arg[2:])
	return len(arg) == 2 || err == nil
}
