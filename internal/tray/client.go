package tray

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// DefaultConsole is where the console is unless it was moved.
const DefaultConsole = "http://127.0.0.1:8514"

const (
	askTime    = 5 * time.Second // for an answer
	mostAnswer = 1 << 20         // bytes of an answer; a status has some 5 kB, 50 incidents at most 100
)

// A Status is what the tray reads of GET status. Times are µs since 1970 UTC,
// 0 = never.
type Status struct {
	Version string `json:"version"`
	Health  struct {
		State    string    `json:"state"` // "ok", "degraded", "failing"
		Problems []Problem `json:"problems"`
	} `json:"health"`
	Rate struct {
		Received float64 `json:"received"` // messages a second
		Dropped  float64 `json:"dropped"`
	} `json:"rate"`
	Store struct {
		Directory string `json:"directory"`
	} `json:"store"`
	Devices   int `json:"devices"`   // that have sent today
	Incidents int `json:"incidents"` // open now
	Alerts    struct {
		Today      int64 `json:"today"`
		MutedUntil int64 `json:"muted_until"`
	} `json:"alerts"`
	Files struct {
		Config string `json:"config"`
		Log    string `json:"log"`
	} `json:"files"`
}

// A Problem is something that needs people.
type Problem struct {
	State string `json:"state"`
	What  string `json:"what"`
	Fact  string `json:"fact"`
}

// An Incident is what the tray reads of one of GET incidents.
type Incident struct {
	ID         int64  `json:"id"`
	Kind       string `json:"kind"` // "alert" is news; "more" and "clear" go on with one
	Rule       string `json:"rule"`
	Device     string `json:"device"`
	DeviceName string `json:"device_name"`
	Text       string `json:"text"`
	At         int64  `json:"at"`
	Message    string `json:"message"` // YYYYMMDD:id
}

// errStranger is what another program than Logboom answers with.
var errStranger = errors.New("something else than Logboom answers there")

// envToken names the variable with a token for the console, where it wants one
// from this machine too; the same as that of logboom.
const envToken = "LOGBOOM_CONSOLE_TOKEN"

// A client asks a console.
type client struct {
	base string // "http://127.0.0.1:8514"
	http *http.Client
}

// newClient returns a client of the console at address, a URL or host:port.
func newClient(address string) (*client, error) {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("--console %q: must be like %s", address, DefaultConsole)
	}
	return &client{
		base: u.Scheme + "://" + u.Host,
		// No proxy: the console is on this machine. No redirects: ours has none.
		http: &http.Client{
			Transport: &http.Transport{
				DialContext:            (&net.Dialer{Timeout: askTime}).DialContext,
				MaxResponseHeaderBytes: 16 << 10, IdleConnTimeout: time.Minute, MaxIdleConns: 1,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// status asks how Logboom is.
func (c *client) status(ctx context.Context) (*Status, error) {
	var s Status
	if err := c.ask(ctx, http.MethodGet, "/api/v1/status", "", &s); err != nil {
		return nil, err
	}
	if s.Version == "" || s.Health.State == "" {
		return nil, errStranger
	}
	return &s, nil
}

// incidents returns the newest ones, newest first.
func (c *client) incidents(ctx context.Context, limit int) ([]Incident, error) {
	var list struct {
		Incidents []Incident `json:"alerts"`
	}
	err := c.ask(ctx, http.MethodGet, fmt.Sprintf("/api/v1/alerts?limit=%d", limit), "", &list)
	return list.Incidents, err
}

// mute mutes alerts for so many minutes, 0 ends it.
func (c *client) mute(ctx context.Context, minutes int) error {
	var answer struct{}
	return c.ask(ctx, http.MethodPost, "/api/v1/alerts/mute", fmt.Sprintf(`{"minutes":%d}`, minutes), &answer)
}

// ask sends a request and reads the JSON of the answer.
func (c *client) ask(ctx context.Context, method, path, body string, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token := os.Getenv(envToken); token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer+1))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		var no struct{ Error struct{ Message string } }
		if json.Unmarshal(text, &no) != nil || no.Error.Message == "" {
			return errStranger
		}
		return errors.New(clean(no.Error.Message, 200))
	}
	if len(text) > mostAnswer || json.Unmarshal(text, answer) != nil {
		return errStranger
	}
	return nil
}

// page returns the address of the console for a browser.
func (c *client) page() string { return c.base + "/" }

// pageAt returns the address of the console at a message, YYYYMMDD:id.
func (c *client) pageAt(message string) string {
	day, id, ok := strings.Cut(message, ":")
	if !ok || !digits(day) || !digits(id) {
		return c.page()
	}
	return c.base + "/?live=0&at=" + url.QueryEscape(message)
}

func digits(s string) bool {
	return s != "" && len(s) < 20 && strings.Trim(s, "0123456789") == ""
}
