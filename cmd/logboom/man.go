package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/logboom/logboom/internal/config"
)

// newManCommand is for those who make packages: it prints the page that "man
// logboom" shows, made from the help of the commands, so that both say the same.
func newManCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "man", Short: "Print the manual page", Hidden: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := io.WriteString(a.stdout, manual(cmd.Root(), a.version))
			return err
		},
	}
}

// manual returns the manual page of root in the language of man(7). It holds
// no date: the same program gives the same page.
func manual(root *cobra.Command, version string) string {
	m := &page{}
	m.line(`.TH %s 1 "" "Logboom %s" "User Commands"`, strings.ToUpper(root.Name()), roff(version))
	m.line(".SH NAME")
	m.line(`%s \- %s`, roff(root.Name()), roff(uncapital(root.Short)))
	m.line(".SH SYNOPSIS")
	m.line(`.B %s`, roff(root.Name()))
	m.line(`.I command`)
	m.line(`[flags] [arguments]`)
	m.line(".SH DESCRIPTION")
	m.text(root.Long)
	m.line(".SH EXAMPLES")
	m.example(root.Example)
	m.line(".SH COMMANDS")
	m.commands(root)
	m.line(".SH FLAGS OF ALL COMMANDS")
	m.flags(root.PersistentFlags())
	m.line(".SH FILES")
	m.entry("/etc/logboom/config.toml", "the settings, each with a sentence; a change counts after a restart of the service")
	m.entry("/var/lib/logboom/syslog_YYYYMMDD.db", "the messages of a day, an SQLite file with a table per device")
	m.entry("/var/lib/logboom/logboom.db", "alerts, devices and what was lost")
	m.entry("/var/log/logboom/logboom.log", "what the service says of itself; also in the journal: journalctl -u logboom")
	m.line(".SH ENVIRONMENT")
	m.entry(config.EnvPath, "the settings file, if --config is not given")
	m.entry("LOGBOOM_TELEGRAM_TOKEN", "the token for Telegram, in place of the one in the settings")
	m.entry("LOGBOOM_EMAIL_PASSWORD", "the password of the mail server, in place of the one in the settings")
	m.entry("NO_COLOR", "no colours, if set")
	m.line(".SH EXIT STATUS")
	m.entry("0", "it was done")
	m.entry(fmt.Sprint(exitError), "it could not be done; the reason is on standard error, with what to do")
	m.entry(fmt.Sprint(exitUsage), "it was not asked for properly")
	m.line(".SH SEE ALSO")
	m.line(`.BR systemctl (1),`)
	m.line(`.BR sqlite3 (1)`)
	m.line(".PP")
	m.line(`The console is at http://127.0.0.1:8514. More is at https://github.com/logboom/logboom.`)
	return m.String()
}

// A page is a manual page as it is written.
type page struct{ strings.Builder }

func (m *page) line(format string, args ...any) { fmt.Fprintf(m, format+"\n", args...) }

// commands writes what is below parent, those within groups, too.
func (m *page) commands(parent *cobra.Command) {
	for _, c := range parent.Commands() {
		if !c.IsAvailableCommand() || c.Name() == "help" || c.Name() == "completion" { // cobra's; packages bring the completions
			continue
		}
		if c.HasAvailableSubCommands() {
			m.commands(c)
			continue
		}
		use := strings.TrimPrefix(c.CommandPath()+strings.TrimPrefix(c.Use, c.Name()), c.Root().Name()+" ")
		m.line(".SS %s", roff(use))
		m.text(cmp.Or(c.Long, c.Short+"."))
		m.flags(c.LocalNonPersistentFlags())
		m.example(c.Example)
	}
}

func (m *page) flags(flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		value, what := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		if value != "" {
			name += " " + value
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" && f.DefValue != "0" {
			what += fmt.Sprintf(" (default %s)", f.DefValue)
		}
		m.entry(name, what)
	})
}

func (m *page) entry(name, what string) {
	m.line(".TP\n.B %s\n%s", roff(name), roff(what))
}

// text writes paragraphs; lines that are set in are kept as they are.
func (m *page) text(s string) {
	for paragraph := range strings.SplitSeq(strings.TrimSpace(s), "\n\n") {
		if strings.HasPrefix(paragraph, " ") || strings.Contains(paragraph, "\n  ") {
			m.example(paragraph)
			continue
		}
		m.line(".PP\n%s", roff(paragraph))
	}
}

// example writes lines as they are.
func (m *page) example(s string) {
	if s == "" {
		return
	}
	m.line(".PP\n.RS 4\n.EX")
	for line := range strings.SplitSeq(strings.TrimRight(s, "\n"), "\n") {
		m.line("%s", roff(strings.TrimPrefix(line, "  ")))
	}
	m.line(".EE\n.RE")
}

// roff returns s as text of a manual page. Hyphens are those that are typed.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(s)
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}

// uncapital returns s as a manual page names it: "a syslog server".
func uncapital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
