package console

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf16"

	"github.com/logboom/logboom/internal/syslog"
)

// Bounds of what completions are made of.
const (
	mostOptions   = 10
	mostCompleted = 1024 // bytes of a query
	learntFrom    = 2000 // of the newest messages, apps and host names
	learntFor     = 10 * time.Second
)

// An Option is what the word of a query that is being written may become.
type Option struct {
	Text string `json:"text"`
	Help string `json:"help"` // what it means; may be empty
}

// Completion answers GET complete. Offsets count UTF-16 units, as texts in browsers do.
type Completion struct {
	Options []Option `json:"options"` // the likeliest first
	From    int      `json:"from"`    // where the word begins that they stand for
	To      int      `json:"to"`
}

// fieldOptions are what a word may begin with.
var fieldOptions = []Option{
	{"device:", "address, network or name: device:10.20.0.0/16"}, {"severity:", "err, or err+ for that and worse"}, {"app:", "program: app:sshd"},
	{"host:", "what the device calls itself"}, {"name:", "as configured: name:\"OLT North\""}, {"site:", "as configured: site:North"}, {"port:", "the port as a whole: port:0/1/2"}, {"facility:", "local7, kern, auth"},
	{"-", "leave out: -app:dhcp"}, {`"`, `words together: "dying gasp"`}, {"/", `regular expression: /onu \d+ lost/`},
}

// learnt is what is known of the network for completions; it is asked for once in
// a while, not with each key.
type learnt struct {
	mu      sync.Mutex
	at      time.Time
	devices []Device // the busiest first
	apps    []string // the most frequent first
	hosts   []string
}

// get returns what is known, which is old if nothing newer can be had now.
func (l *learnt) get(ctx context.Context, c *Console) (devices []Device, apps, hosts []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := c.now(); l.at.IsZero() || now.Sub(l.at) >= learntFor || now.Before(l.at) {
		l.at = now
		if free, err := take(ctx, c.searches, 0); err == nil {
			ctx, cancel := context.WithTimeout(ctx, c.limits.searchTime)
			l.learn(ctx, c)
			cancel()
			free()
		}
	}
	return l.devices, l.apps, l.hosts
}

func (l *learnt) learn(ctx context.Context, c *Console) {
	if devices, err := c.opts.Devices(ctx); err == nil {
		slices.SortStableFunc(devices, func(a, b Device) int { return cmp.Compare(b.Today, a.Today) })
		l.devices = devices
	}
	found, err := c.opts.Archive.Search(ctx, Search{Directory: c.opts.Directory, Limit: learntFrom})
	if err != nil {
		return
	}
	apps, hosts := map[string]int{}, map[string]int{}
	for i := range found.Records {
		r := &found.Records[i]
		if a := r.Get(r.AppName); len(a) > 0 {
			apps[string(a)]++
		}
		if h := r.Get(r.Hostname); len(h) > 0 {
			hosts[string(h)]++
		}
	}
	l.apps, l.hosts = frequent(apps), frequent(hosts)
}

// frequent returns the keys of counts, the largest first.
func frequent(counts map[string]int) []string {
	keys := make([]string, 0, len(counts))
	for k := range counts {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b)) })
	return keys
}

// getComplete answers GET complete: what the word of a query that ends at "at" may
// become.
func (c *Console) getComplete(w http.ResponseWriter, r *http.Request) {
	text := r.URL.Query().Get("query")
	if len(text) > mostCompleted {
		fail(w, http.StatusBadRequest, "query: is longer than 1,024 bytes", "")
		return
	}
	to := len(text)
	if v := r.URL.Query().Get("at"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 {
			fail(w, http.StatusBadRequest, "at: "+strconv.Quote(v)+" is not a place in the query, from 0", "")
			return
		}
		to = offsetOf(text, n)
	}
	from := wordStart(text[:to])
	word := text[from:to]
	out := Completion{Options: []Option{}, From: units(text, 0, from), To: units(text, 0, to)}
	if !strings.Contains(word, ":") {
		out.Options = append(out.Options, fieldsFor(word)...)
	} else {
		devices, apps, hosts := c.learnt.get(r.Context(), c)
		out.Options = append(out.Options, valuesFor(word, devices, apps, hosts)...)
	}
	answer(w, http.StatusOK, out)
}

// offsetOf returns the byte of s that n UTF-16 units end at.
func offsetOf(s string, n int) int {
	for i, r := range s {
		if n <= 0 {
			return i
		}
		n -= max(utf16.RuneLen(r), 1)
	}
	return len(s)
}

// wordStart returns where the last word of text begins: what a quote has opened
// belongs to it.
func wordStart(text string) int {
	begin, quoted := 0, false
	for i, r := range text {
		switch {
		case r == '"':
			quoted = !quoted
		case !quoted && (unicode.IsSpace(r) || r == '(' || r == ')'):
			begin = i + len(string(r))
		}
	}
	return begin
}

// fieldsFor returns the fields that a word without a colon may become.
func fieldsFor(word string) (out []Option) {
	minus, bare := minusOf(word)
	for _, o := range fieldOptions {
		if strings.HasPrefix(o.Text, bare) && o.Text != bare && (minus == "" || strings.HasSuffix(o.Text, ":")) {
			out = append(out, Option{minus + o.Text, o.Help})
		}
	}
	return out
}

// minusOf takes the minus from a word, which is given in small letters.
func minusOf(word string) (minus, bare string) {
	bare = strings.ToLower(word)
	if len(bare) > 1 && bare[0] == '-' {
		return "-", bare[1:]
	}
	return "", bare
}

// valuesFor returns what a word with a colon may become, the likeliest first;
// nothing for what is whole already.
func valuesFor(word string, devices []Device, apps, hosts []string) (out []Option) {
	minus, bare := minusOf(word)
	field, begun, _ := strings.Cut(bare, ":")
	begun = strings.ReplaceAll(begun, `"`, "")
	fits := func(texts ...string) bool {
		return slices.ContainsFunc(texts, func(s string) bool { return s != "" && strings.Contains(strings.ToLower(s), begun) })
	}
	add := func(value, help string) {
		text := term(field, value)
		if text == "" || len(out) == mostOptions || strings.EqualFold(minus+text, word) || slices.ContainsFunc(out, func(o Option) bool { return o.Text == minus+text }) {
			return
		}
		out = append(out, Option{minus + text, help})
	}
	switch field {
	case "severity":
		for n := range uint8(8) {
			if s := syslog.SeverityName(n); fits(s) {
				add(s+"+", s+" and worse")
				add(s, s+" only")
			}
		}
	case "facility":
		for n := range uint8(24) {
			if s := syslog.FacilityName(n); fits(s) {
				add(s, "")
			}
		}
	case "app", "host":
		for _, s := range map[string][]string{"app": apps, "host": hosts}[field] {
			if fits(s) {
				add(s, "")
			}
		}
	}
	for i := range devices {
		d := &devices[i]
		switch {
		case field == "device" && fits(d.Name, d.Address):
			help := []string{d.Address, d.Site}
			if d.Name == "" {
				help[0] = ""
			}
			add(cmp.Or(d.Name, d.Address), strings.Trim(strings.Join(help, " · "), " ·"))
		case field == "name" && fits(d.Name):
			add(d.Name, d.Address)
		case field == "site" && fits(d.Site):
			add(d.Site, "")
		}
	}
	return out
}

// term returns a term of a query for one field; what is more than letters, digits
// and the like is quoted. "" if it cannot be written.
func term(field, value string) string {
	switch {
	case value == "" || strings.Contains(value, `"`) || strings.IndexFunc(value, unicode.IsControl) >= 0:
		return ""
	case strings.IndexFunc(value, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_.:/+-", r)
	}) < 0:
		return field + ":" + value
	}
	return field + `:"` + value + `"`
}
