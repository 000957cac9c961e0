package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/login"
)

// newConsoleCommand is about who may use the web console.
func newConsoleCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "console",
		Short: "Say who may use the web console",
		Long: `The web console needs no password from this machine itself. To open it from
elsewhere set a password, and then console.listen of the settings.

These commands write the file users.json in the data directory, which only the
server may read; a server that runs takes up what has changed at once.`,
		Example: `  sudo logboom console password                a password for "admin"
  sudo logboom console password noc --role viewer
  sudo logboom console token add grafana       for a program
  sudo logboom console audit                   who changed what`,
	}
	return group(cmd, newConsolePasswordCommand(a), newConsoleUsersCommand(a), newConsoleTokenCommand(a), newConsoleAuditCommand(a))
}

// users finds the file of users and tokens.
func (a *app) users() (path string, cfg *config.Config, err error) {
	if cfg, err = a.loadConfig(); err != nil {
		return "", nil, err
	}
	dir := dataDirectory(cfg)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return "", nil, hint(fmt.Errorf("the data directory %s is not there yet", dir), "install the service, or run logboom once: it makes the directory for its own account")
	}
	return filepath.Join(dir, login.FileName), cfg, nil
}

// editUsers changes the file of users and tokens.
func (a *app) editUsers(change func(*login.Book) error) error {
	path, _, err := a.users()
	if err != nil {
		return err
	}
	return usersError(login.Edit(path, operator(), change))
}

func (a *app) readUsers() (*login.Book, *config.Config, error) {
	path, cfg, err := a.users()
	if err != nil {
		return nil, nil, err
	}
	b, err := login.Read(path)
	return b, cfg, usersError(err)
}

func usersError(err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return hint(err, "this needs the rights of an administrator: sudo on Linux, \"Run as administrator\" on Windows")
	case errors.Is(err, login.ErrNoUser):
		return hint(err, "logboom console users lists them")
	case errors.Is(err, login.ErrNoToken):
		return hint(err, "logboom console token list lists them")
	}
	return err
}

// operator names who runs this command, for the audit log.
func operator() string {
	name := cmp.Or(os.Getenv("SUDO_USER"), os.Getenv("DOAS_USER"))
	if u, err := user.Current(); name == "" && err == nil {
		name = u.Username
	}
	return cmp.Or(name, "somebody")
}

func newConsolePasswordCommand(a *app) *cobra.Command {
	var roleName string
	var remove bool
	cmd := &cobra.Command{
		Use:   "password [USER]",
		Short: "Set or change the password of a user of the console",
		Long: `Password sets the password of USER, "admin" if none is named, who need not exist
yet. Everybody signed in as that user is signed out. It asks twice; from a pipe it
reads one line. A viewer reads; an admin also acknowledges, mutes, tests, and sets
names of devices, rules and packs.`,
		Example: `  sudo logboom console password
  sudo logboom console password noc --role viewer
  pass show logboom | sudo logboom console password
  sudo logboom console password noc --remove`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := "admin"
			if len(args) == 1 {
				name = args[0]
			}
			if remove {
				if cmd.Flags().Changed("role") {
					return usage("either --role or --remove, not both")
				}
				if err := a.editUsers(func(b *login.Book) error { return b.RemoveUser(name) }); err != nil {
					return err
				}
				fmt.Fprintf(a.stdout, "%s cannot sign in any more\n", name)
				return nil
			}
			b, cfg, err := a.readUsers()
			if err != nil {
				return err
			}
			role, err := roleFor(b, name, roleName)
			if err != nil {
				return err
			}
			password, err := a.askPassword(name)
			if err != nil {
				return err
			}
			if err := a.editUsers(func(b *login.Book) error { return b.SetPassword(name, role, password) }); err != nil {
				return err
			}
			fmt.Fprintf(a.stdout, "the password of %s, %s, is set\n", name, role)
			if local := localConsole(cfg.Console.Listen); local == cfg.Console.Listen && local != "" && strings.HasPrefix(local, "127.") {
				fmt.Fprintf(a.stdout, "the console is on this machine only, %s; for others set console.listen = \":8514\" and restart\n", local)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&roleName, "role", "", "`viewer` or admin (default: as it is; of a new user admin if it is called so, else viewer)")
	cmd.Flags().BoolVar(&remove, "remove", false, "take the password away")
	_ = cmd.RegisterFlagCompletionFunc("role", cobra.FixedCompletions([]string{"viewer", "admin"}, cobra.ShellCompDirectiveNoFileComp)) // the flag exists
	return cmd
}

// roleFor returns the role that a user gets: what is given, else what it has.
func roleFor(b *login.Book, name, given string) (login.Role, error) {
	if given != "" {
		role, err := login.ParseRole(given)
		if err != nil {
			return role, usage("--role: %w", err)
		}
		return role, nil
	}
	if u, ok := b.User(name); ok {
		return u.Role, nil
	}
	if name == "admin" {
		return login.Admin, nil
	}
	return login.Viewer, nil
}

// askPassword asks a person twice, or reads one line of a pipe.
func (a *app) askPassword(name string) (string, error) {
	f, ok := a.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		line, err := bufio.NewReader(io.LimitReader(a.stdin, 4096)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("reading the password: %w", err)
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	var typed [2]string
	for i, prompt := range []string{"Password for " + name + ": ", "Once more: "} {
		fmt.Fprint(a.stderr, prompt)
		b, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(a.stderr)
		if err != nil {
			return "", fmt.Errorf("reading the password: %w", err)
		}
		typed[i] = string(b)
	}
	if typed[0] != typed[1] {
		return "", errors.New("the two are not the same; nothing has changed")
	}
	return typed[0], nil
}

func newConsoleUsersCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "users", Short: "List who can sign in to the console", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			b, cfg, err := a.readUsers()
			if err != nil {
				return err
			}
			if len(b.Users) == 0 {
				fmt.Fprintln(a.stderr, "nobody has a password: the console can be used from this machine only")
				return nil
			}
			w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "USER\tROLE\tPASSWORD SET")
			for _, u := range b.Users {
				fmt.Fprintf(w, "%s\t%s\t%s\n", visible(u.Name), u.Role, time.UnixMicro(u.ChangedAt).In(cfg.Location()).Format(time.DateTime))
			}
			return w.Flush()
		},
	}
}

func newConsoleTokenCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Let programs use the API of the console",
		Long: `A token lets a program use the API and /metrics as somebody with a role. It sends
it in the header Authorization: Bearer TOKEN. logboom and logboom-tray take one
from the environment, LOGBOOM_CONSOLE_TOKEN.`,
	}
	return group(cmd, newTokenAddCommand(a), newTokenListCommand(a), newTokenRemoveCommand(a))
}

func newTokenAddCommand(a *app) *cobra.Command {
	var roleName string
	cmd := &cobra.Command{
		Use: "add NAME", Short: "Make a token and show it, this once", Args: cobra.ExactArgs(1),
		Example: "  sudo logboom console token add grafana\n  sudo logboom console token add oncall-bot --role admin",
		RunE: func(_ *cobra.Command, args []string) error {
			role, err := login.ParseRole(roleName)
			if err != nil {
				return usage("--role: %w", err)
			}
			var token string
			if err := a.editUsers(func(b *login.Book) (err error) { token, err = b.AddToken(args[0], role); return err }); err != nil {
				return err
			}
			fmt.Fprintln(a.stdout, token)
			fmt.Fprintf(a.stderr, "this is the token %q, %s; it is not shown again\n", args[0], role)
			return nil
		},
	}
	cmd.Flags().StringVar(&roleName, "role", "viewer", "`viewer` or admin")
	_ = cmd.RegisterFlagCompletionFunc("role", cobra.FixedCompletions([]string{"viewer", "admin"}, cobra.ShellCompDirectiveNoFileComp)) // the flag exists
	return cmd
}

func newTokenListCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the tokens there are", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			b, cfg, err := a.readUsers()
			if err != nil {
				return err
			}
			if len(b.Tokens) == 0 {
				fmt.Fprintln(a.stderr, "there is no token")
				return nil
			}
			slices.SortFunc(b.Tokens, func(x, y login.Token) int { return cmp.Compare(x.Name, y.Name) })
			w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "TOKEN\tROLE\tMADE")
			for _, t := range b.Tokens {
				fmt.Fprintf(w, "%s\t%s\t%s\n", visible(t.Name), t.Role, time.UnixMicro(t.CreatedAt).In(cfg.Location()).Format(time.DateTime))
			}
			return w.Flush()
		},
	}
}

func newTokenRemoveCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "remove NAME", Short: "Take a token away", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.editUsers(func(b *login.Book) error { return b.RemoveToken(args[0]) }); err != nil {
				return err
			}
			fmt.Fprintf(a.stdout, "the token %q lets in nobody any more\n", args[0])
			return nil
		},
	}
}
