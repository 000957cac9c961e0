package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/engine"
)

// A finding is one line of the doctor: how it is, with numbers, and what to do.
type finding struct {
	mark byte   // good, worth or bad
	what string // the part that was looked at
	fact string
	todo string // what to do; may be empty
}

const (
	good  = '+' // as it should be
	worth = '!' // works, but is worth a look
	bad   = 'x' // does not work, or loses messages
)

// doctor looks at one machine.
type doctor struct {
	*app
	cfg     *config.Config
	running bool            // a server answers on the console's address
	status  *console.Status // what it says; nil if none runs
	silence error           // why none was heard
	found   []finding
}

func (d *doctor) say(mark byte, what, fact, todo string) {
	d.found = append(d.found, finding{mark, what, fact, todo})
}

func newDoctorCommand(a *app) *cobra.Command {
	var quick bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what is wrong on this machine and what to do about it",
		Long: `Doctor looks at the settings, the service, ports and who holds them, rights,
receive buffers, the disk, the clock and the ways to tell people. It changes
nothing. The exit code is 1 if something does not work.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			d := &doctor{app: a}
			d.settings()
			if d.cfg == nil {
				d.askAnyway(ctx)
			} else {
				d.ask(ctx)
				d.service(ctx)
				d.ports()
				d.buffers()
				d.losses(ctx)
				d.disk()
				d.clock()
				d.telegram(ctx, !quick)
				d.ways(ctx, !quick)
			}
			return d.report(a.stdout)
		},
	}
	cmd.Flags().BoolVar(&quick, "offline", false, "do not ask Telegram and the other ways to tell people")
	return cmd
}

// report writes the findings and returns an error if one is bad.
func (d *doctor) report(w io.Writer) error {
	most, wrong := 0, 0
	for _, f := range d.found {
		most = max(most, len(f.what))
	}
	for _, f := range d.found {
		fmt.Fprintf(w, "[%c] %-*s  %s\n", f.mark, most, f.what, strings.ReplaceAll(visible(f.fact), `\n`, "; "))
		if f.todo != "" {
			fmt.Fprintf(w, "    %-*s  -> %s\n", most, "", f.todo)
		}
		if f.mark == bad {
			wrong++
		}
	}
	switch wrong {
	case 0:
		return nil
	case 1:
		return errors.New("one thing needs you")
	}
	return fmt.Errorf("%d things need you", wrong)
}

func (d *doctor) settings() {
	cfg, err := d.loadConfig()
	var problems config.Problems
	switch {
	case errors.As(err, &problems):
		d.say(bad, "settings", fmt.Sprintf("%d mistakes in %s", len(problems), problems[0].File), "logboom config check")
	case err != nil:
		d.say(bad, "settings", err.Error(), "logboom config check")
	case cfg.Path == "":
		d.say(good, "settings", "no file, the shipped ones are used", "logboom config init writes one with every key explained")
	default:
		d.say(good, "settings", cfg.Path+" is fine", "")
	}
	d.cfg = cfg
	if cfg != nil {
		for _, w := range cfg.Exposed() {
			d.say(worth, "rights", w.Fact, w.Hint)
		}
		for _, w := range engine.Unreached(cfg) {
			d.say(worth, "alerts", w.Fact, w.Hint)
		}
		for _, w := range cfg.Expiring(time.Now()) {
			d.say(worth, "certificate", w.Fact, w.Hint)
		}
	}
	if cfg != nil && cfg.Store.Directory == "" {
		d.cfg.Store.Directory = dataDirectory(cfg)
	}
}

func (d *doctor) clock() {
	now := time.Now()
	zone, _ := now.In(d.cfg.Location()).Zone()
	text := fmt.Sprintf("%s %s", now.In(d.cfg.Location()).Format("2006-01-02 15:04:05"), zone)
	built := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) // no copy of this program is older
	switch {
	case now.Before(built):
		d.say(bad, "clock", text+": in the past", "set the clock, best by NTP: messages are filed by it")
	case now.After(built.AddDate(30, 0, 0)):
		d.say(bad, "clock", text+": far in the future", "set the clock, best by NTP: messages are filed by it")
	case synchronized() == notSynchronized:
		d.say(worth, "clock", text+", not synchronized", "sudo timedatectl set-ntp true")
	default:
		d.say(good, "clock", text, "")
	}
}

// openToAll says so if anybody may press the buttons under alerts.
func (d *doctor) openToAll() {
	t := d.cfg.Telegram
	if !t.Commands || len(t.AllowedUsers) > 0 {
		return
	}
	chats := []string{t.ChatID}
	for _, r := range t.Route {
		chats = append(chats, r.ChatID)
	}
	for _, chat := range chats {
		if strings.HasPrefix(chat, "@") {
			d.say(worth, "telegram", fmt.Sprintf("everybody who finds the public chat %s may acknowledge and mute alerts", chat),
				"name those who may in telegram.allowed_users, or set telegram.commands = false")
			return
		}
	}
}

// telegram says whether people can be told; ask = try the way there.
func (d *doctor) telegram(ctx context.Context, ask bool) {
	chats, err := engine.Chats(d.cfg, nil)
	switch {
	case err != nil:
		d.say(bad, "telegram", err.Error(), "logboom config check")
		return
	case len(chats) == 0 && d.otherWays():
		return
	case len(chats) == 0:
		d.say(worth, "telegram", "is not set up: nobody is told of alerts", "set telegram.token and telegram.chat_id; docs/alerts.md has the steps")
		return
	case !ask:
		d.openToAll()
		d.say(good, "telegram", "is set up; it was not asked (--offline)", "")
		return
	}
	d.openToAll()
	ctx, cancel := context.WithTimeout(ctx, testTime)
	defer cancel()
	way := ""
	if d.cfg.Telegram.Proxy != "" {
		way = " through the proxy"
	}
	if err := reach(ctx, d.cfg); err != nil {
		d.say(bad, "telegram", "cannot be reached"+way+": "+err.Error(), "check the network of this machine, telegram.proxy and telegram.api_url")
		return
	}
	d.say(good, "telegram", "can be reached"+way, "logboom alerts test sends a message")
}

// writable reports whether files can be made in a directory, without leaving
// one.
func writable(directory string) error {
	f, err := os.CreateTemp(directory, ".doctor-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// synchronization is what the system says about its clock.
type synchronization uint8

const (
	synchronizationUnknown synchronization = iota
	isSynchronized
	notSynchronized
)
