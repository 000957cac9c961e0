package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/query"
	"github.com/logboom/logboom/internal/syslog"
)

const (
	tailAgain   = 2 * time.Second  // until a lost server is tried again
	tailSilence = 40 * time.Second // it pings every 15 s; silent for longer, it is gone
	tailLine    = 64 << 20         // bytes of one event: about a megabyte, or one row as long as a message may be
)

func newTailCommand(a *app) *cobra.Command {
	t := tailer{app: a}
	var lines int
	var address string
	cmd := &cobra.Command{
		Use:   "tail [QUERY]",
		Short: "Watch messages as they come",
		Long: `Tail prints messages as they are stored, until it is interrupted. It asks the
running server through its console, so the service must run.

Messages are written as search writes them, whole. At most 500 a second are
shown, the newest; how many were left out is said. All are stored. When the
server restarts, tail goes on where it was.`,
		Example: `  logboom tail
  logboom tail severity:warning+ -dhcp
  logboom tail device:10.0.0.1 --lines 50 --format json | jq .message`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFormat(t.rows.Format, console.Formats...); err != nil {
				return err
			}
			if lines < 0 || lines > 1000 {
				return usage("--lines %d: must be from 0 to 1000", lines)
			}
			t.query = strings.Join(args, " ")
			if _, err := query.Parse(t.query); err != nil {
				return misuse{err}
			}
			cfg, err := a.loadConfig()
			if err != nil {
				return err
			}
			if address, err = consoleAddress(address, cfg, "tail goes through it"); err != nil {
				return err
			}
			t.base = "http://" + address
			t.rows.Location, t.rows.Directory = cfg.Location(), cfg.Directory()
			t.rows.Color, t.rows.Terminal = colorful(a.stdout), isTerminal(a.stdout)
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			return t.follow(ctx, lines)
		},
	}
	formatFlag(cmd, &t.rows.Format, "text")
	cmd.Flags().IntVarP(&lines, "lines", "n", 10, "begin with this many `messages` that are stored already")
	cmd.Flags().BoolVar(&t.rows.Raw, "raw", false, "write control characters as they came (they may change your terminal)")
	cmd.Flags().StringVar(&address, "console", "", "`host:port` of the console (default: console.listen of the settings)")
	return cmd
}

// A tailer prints what a running server stores.
type tailer struct {
	*app
	base, query string
	rows        console.RowOptions

	out   *bufio.Writer
	write *console.RowWriter // to out
	last  string             // id of the last message printed
}

// client does not go through a proxy: the server is on this machine.
func (t *tailer) client() *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext, ResponseHeaderTimeout: 20 * time.Second}}
}

// follow prints the newest messages and then those that come, until ctx is
// done. That the server is not there at the start is an error; later it is
// waited for.
func (t *tailer) follow(ctx context.Context, lines int) error {
	client := t.client()
	defer client.CloseIdleConnections()
	err := t.begin(ctx, client, lines)
	if err == nil {
		t.out = bufio.NewWriter(t.stdout)
		t.write, err = console.NewRowWriter(t.out, t.rows)
	}
	if err == nil {
		err = t.out.Flush()
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	for said := false; ; {
		err = t.stream(ctx, client, func() {
			if said {
				fmt.Fprintln(t.stderr, "logboom: connected again")
			}
			said = false
		})
		if ctx.Err() != nil {
			return nil
		}
		var refused *refusal
		var final *broken
		if errors.As(err, &final) || errors.As(err, &refused) && refused.status < http.StatusInternalServerError {
			return err
		}
		if !said {
			fmt.Fprintf(t.stderr, "logboom: the server is gone (%v), trying again\n", err)
			said = true
		}
		timer := time.NewTimer(tailAgain)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// get asks the console; an answer other than 200 is a [refusal].
func (t *tailer) get(ctx context.Context, client *http.Client, path string, params url.Values) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, t.base+path+"?"+params.Encode(), nil)
	if err != nil {
		return nil, err
	}
	authorize(r)
	resp, err := client.Do(r)
	if err != nil {
		return nil, hint(fmt.Errorf("asking the server: %w", cause(err)), "does it run? logboom service status, or start it with logboom run")
	}
	if err := refused(resp); err != nil {
		resp.Body.Close()
		return nil, err
	}
	return resp, nil
}

// refused returns what the console says if it did not do what it was asked to.
func refused(resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	var answer struct {
		Error struct{ Message, Hint string }
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&answer); err != nil || answer.Error.Message == "" {
		return &refusal{resp.StatusCode, "answered " + resp.Status + "; is that Logboom?"}
	}
	return hint(&refusal{resp.StatusCode, visible(answer.Error.Message)}, "%s", visible(answer.Error.Hint))
}

// A refusal is an answer of the console that is no success.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return "the server says: " + r.text }

// cause leaves out the URL that net/http puts before an error.
func cause(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// begin finds the message after which the newest lines of them begin.
func (t *tailer) begin(ctx context.Context, client *http.Client, lines int) error {
	// What is stored while we ask is behind this one, and is shown.
	newest, err := t.newest(ctx, client, "", 1)
	if err != nil {
		return err
	}
	// The query is sent even where none is wanted: the server may refuse it.
	first, err := t.newest(ctx, client, t.query, max(1, lines))
	if err != nil {
		return err
	}
	switch {
	case lines > 0 && first != syslog.Position{}:
		first.ID-- // that one, too
		t.last = first.String()
	case newest != syslog.Position{}:
		t.last = newest.String()
	default:
		t.last = syslog.Position{Day: 19700101}.String() // nothing was stored yet
	}
	return nil
}

// newest returns the position of the first of the newest messages, the zero
// Position if there is none.
func (t *tailer) newest(ctx context.Context, client *http.Client, query string, limit int) (syslog.Position, error) {
	resp, err := t.get(ctx, client, "/api/v1/messages", url.Values{"query": {query}, "limit": {strconv.Itoa(limit)}})
	if err != nil {
		return syslog.Position{}, err
	}
	defer resp.Body.Close()
	var page struct {
		Messages []struct{ ID string }
	}
	err = json.NewDecoder(resp.Body).Decode(&page)
	if err != nil || len(page.Messages) == 0 {
		return syslog.Position{}, unread(err)
	}
	p, err := syslog.ParsePosition(page.Messages[0].ID)
	return p, unread(err)
}

func unread(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("reading the answer of the server: %w", err)
}

// stream prints messages until the server or ctx ends it.
func (t *tailer) stream(ctx context.Context, client *http.Client, connected func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	params := url.Values{"query": {t.query}, "full": {"1"}}
	if t.last != "" {
		params.Set("after", t.last)
	}
	resp, err := t.get(ctx, client, "/api/v1/tail", params)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	connected()
	silence := time.AfterFunc(tailSilence, cancel)
	defer silence.Stop()
	return readEvents(resp.Body, func(e sse) error {
		silence.Reset(tailSilence)
		return t.event(e)
	})
}

func (t *tailer) event(e sse) error {
	switch e.name {
	case "notice":
		var n struct{ Text string }
		if json.Unmarshal([]byte(e.data), &n) == nil {
			fmt.Fprintf(t.stderr, "logboom: %s\n", visible(n.Text))
		}
		return nil
	case "messages":
	default:
		return nil
	}
	var b struct {
		Fields  []string
		Rows    [][]json.RawMessage
		Skipped int64
	}
	if err := json.Unmarshal([]byte(e.data), &b); err != nil {
		return fmt.Errorf("the server sent something else than messages: %w", err)
	}
	if b.Skipped > 0 {
		fmt.Fprintf(t.stderr, "logboom: %s messages are not shown here; all are stored\n", thousands(b.Skipped))
	}
	if e.id != "" {
		t.last = e.id
	}
	at, err := syslog.ParsePosition(t.last)
	if err != nil && len(b.Rows) > 0 {
		return fmt.Errorf("the server sent messages without their day: %w", err)
	}
	for _, cells := range b.Rows {
		r, err := console.ReadRow(at.Day, b.Fields, cells)
		if err != nil {
			return hint(&broken{err}, "restart the service, so that it is as new as this program: sudo logboom service restart")
		}
		if err := t.write.Write(r); err != nil {
			return &broken{err}
		}
	}
	if err := t.out.Flush(); err != nil {
		return &broken{err}
	}
	return nil
}

// broken is an error that does not pass by trying again.
type broken struct{ error }

func (b *broken) Unwrap() error { return b.error }

// An sse is one server-sent event.
type sse struct{ id, name, data string }

// readEvents calls fn with every event and, for what is none, such as a ping,
// with an empty one. It returns the error of reading or of fn.
func readEvents(r io.Reader, fn func(sse) error) error {
	lines := newLines(r, tailLine)
	var e sse
	for lines.Scan() {
		line := lines.Text()
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "id":
			e.id = value
		case "event":
			e.name = value
		case "data":
			e.data = value
		}
		if line == "" {
			if err := fn(e); err != nil {
				return err
			}
			e = sse{}
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return io.ErrUnexpectedEOF
}
