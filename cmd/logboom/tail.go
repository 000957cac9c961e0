package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/query"
)

const (
	tailAgain   = 2 * time.Second  // until a lost server is tried again
	tailSilence = 40 * time.Second // it pings every 15 s; silent for longer, it is gone
	tailLine    = 16 << 20         // bytes of one event: 2,000 rows of 2,000 characters
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

At most 500 messages a second are shown, the newest; how many were left out is
said. All are stored. When the server restarts, tail goes on where it was.`,
		Example: `  logboom tail
  logboom tail severity:warning+ -dhcp
  logboom tail device:10.0.0.1 --lines 50 --format json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFormat(t.format, "text", "json"); err != nil {
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
			if address == "" {
				address = cfg.Console.Listen
			}
			if address == "" {
				return hint(errors.New("the console is switched off, and tail goes through it"), `set console.listen = "127.0.0.1:8514"`)
			}
			t.base, t.zone, t.names, t.color = "http://"+address, cfg.Location(), cfg.Directory(), colorful(a.stdout)
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			return t.follow(ctx, lines)
		},
	}
	cmd.Flags().StringVar(&t.format, "format", "text", "how messages are written: text, json")
	cmd.Flags().IntVarP(&lines, "lines", "n", 10, "begin with this many `messages` that are stored already")
	cmd.Flags().BoolVar(&t.raw, "raw", false, "write control characters as they came (they may change your terminal)")
	cmd.Flags().StringVar(&address, "console", "", "`host:port` of the console (default: console.listen of the settings)")
	return cmd
}

// A tailer prints what a running server stores.
type tailer struct {
	*app
	base, query, format string
	zone                *time.Location
	names               *config.Directory
	raw, color          bool

	last string // id of the last message printed
}

// A tailed is one message, as it is printed in JSON.
type tailed struct {
	ID         string `json:"id"`
	ReceivedAt string `json:"received_at"`
	Device     string `json:"device"`
	Severity   uint8  `json:"severity"`
	AppName    string `json:"app_name"`
	Message    string `json:"message"`

	at time.Time
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
	if err := t.begin(ctx, client, lines); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	for said := false; ; {
		err := t.stream(ctx, client, func() {
			if said {
				fmt.Fprintln(t.stderr, "logboom: connected again")
			}
			said = false
		})
		if ctx.Err() != nil {
			return nil
		}
		var refused *refusal
		if errors.As(err, &refused) && refused.status < http.StatusInternalServerError {
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
	resp, err := client.Do(r)
	if err != nil {
		return nil, hint(fmt.Errorf("asking the server: %w", cause(err)), "does it run? logboom service status, or start it with logboom run")
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	defer resp.Body.Close()
	var answer struct {
		Error struct{ Message, Hint string }
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&answer); err != nil || answer.Error.Message == "" {
		return nil, &refusal{resp.StatusCode, "answered " + resp.Status + "; is that Logboom?"}
	}
	return nil, hint(&refusal{resp.StatusCode, visible(answer.Error.Message)}, "%s", visible(answer.Error.Hint))
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

// begin prints the newest messages.
func (t *tailer) begin(ctx context.Context, client *http.Client, lines int) error {
	resp, err := t.get(ctx, client, "/api/v1/messages", url.Values{"query": {t.query}, "limit": {strconv.Itoa(max(1, lines))}})
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var page struct {
		Messages []struct {
			ID         string `json:"id"`
			ReceivedAt int64  `json:"received_at"`
			Device     string `json:"device"`
			Severity   uint8  `json:"severity"`
			AppName    string `json:"app_name"`
			Message    string `json:"message"`
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&page); err != nil {
		return fmt.Errorf("reading the answer of the server: %w", err)
	}
	for _, m := range page.Messages {
		if t.last = m.ID; lines == 0 {
			continue
		}
		if err := t.print(&tailed{ID: m.ID, Device: m.Device, Severity: m.Severity, AppName: m.AppName, Message: m.Message, at: time.UnixMicro(m.ReceivedAt)}); err != nil {
			return err
		}
	}
	return nil
}

// stream prints messages until the server or ctx ends it.
func (t *tailer) stream(ctx context.Context, client *http.Client, connected func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	params := url.Values{"query": {t.query}}
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
	day, _, _ := strings.Cut(t.last, ":")
	for _, row := range b.Rows {
		m, err := rowOf(b.Fields, row)
		if err != nil {
			return err
		}
		m.ID = day + ":" + m.ID
		if err := t.print(m); err != nil {
			return err
		}
	}
	return nil
}

// rowOf reads the cells of a row by the names of their columns; columns of a
// newer server are passed over.
func rowOf(fields []string, cells []json.RawMessage) (*tailed, error) {
	var m tailed
	var number, at int64
	var err error
	for i, cell := range cells[:min(len(cells), len(fields))] {
		to := map[string]any{"id": &number, "received_at": &at, "device": &m.Device, "severity": &m.Severity, "app_name": &m.AppName, "message": &m.Message}[fields[i]]
		if to != nil {
			err = errors.Join(err, json.Unmarshal(cell, to))
		}
	}
	m.ID, m.at = strconv.FormatInt(number, 10), time.UnixMicro(at)
	return &m, err
}

func (t *tailer) print(m *tailed) error {
	at := m.at.In(t.zone)
	if t.format == "json" {
		m.ReceivedAt = at.Format("2006-01-02T15:04:05.000000Z07:00")
		return newJSON(t.stdout).Encode(m)
	}
	who := m.Device
	if address, err := netip.ParseAddr(m.Device); err == nil {
		if name, _ := t.names.Device(address); name != "" {
			who = name
		}
	}
	_, err := t.stdout.Write(console.AppendLine(nil, &console.Line{
		At: at, Severity: m.Severity, Who: who, App: []byte(m.AppName), Text: []byte(m.Message), Raw: t.raw, Color: t.color,
	}))
	return err
}

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
