package console

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/syslog"
)

type messagesAnswer struct {
	Messages []row
	More     bool
	Notes    []string
}

func TestMessagesAreFoundNewestLast(t *testing.T) {
	a := &shelf{}
	a.add(20261121, 9, "10.0.0.2", "link down on yesterday")
	a.add(20261122, 1, "10.0.0.2", "PON deregister ONU 0/1/2:7")
	a.add(20261122, 2, "10.0.0.3", "fan ok")
	a.add(20261122, 3, "10.0.0.3", "pon DEREGISTER again")
	o := options()
	o.Archive, o.Directory = a, names{"10.0.0.3": "OLT South"}
	c := made(t, o)
	tests := []struct {
		target string
		ids    string
		more   bool
	}{
		{"?query=deregister", "20261122:1 20261122:3", false},
		{"?query=%22PON%20deregister%22&limit=10", "20261122:1 20261122:3", false},
		{"?limit=2", "20261122:2 20261122:3", true},
		{"?device=10.0.0.3", "20261122:2 20261122:3", false},
		{"?device=::ffff:10.0.0.3", "20261122:2 20261122:3", false},
		{"?after=20261122:1&limit=1", "20261122:2", true},
		{"?before=20261122:2", "20261121:9 20261122:1", false},
		{"?unknown=1&query=fan", "20261122:2", false},
		{"?id=20261122:2", "20261122:2", true},
		{"?query=nothing", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.target, func(t *testing.T) {
			w := get(c, "/api/v1/messages"+tt.target)
			m := decode[messagesAnswer](t, w)
			var ids []string
			for _, r := range m.Messages {
				ids = append(ids, r.ID)
			}
			if w.Code != 200 || strings.Join(ids, " ") != tt.ids || m.More != tt.more {
				t.Errorf("status %d, ids %v, more %v, want %s, %v", w.Code, ids, m.More, tt.ids, tt.more)
			}
		})
	}
	r := decode[messagesAnswer](t, get(c, "/api/v1/messages?query=fan")).Messages[0]
	if r.DeviceName != "OLT South" || r.Message != "fan ok" || *r.Raw != "<131>fan ok" || r.Severity != 3 || r.SentAt != nil || r.ReceivedAt != noon.UnixMicro()+2 || r.Hostname != nil || r.Truncated {
		t.Errorf("row = %+v", r)
	}
}

func TestTimesOfASearch(t *testing.T) {
	a := &shelf{}
	o := options()
	o.Archive = a
	c := made(t, o)
	if w := get(c, "/api/v1/messages?from=-1h&to=2026-11-22T11:30:00Z"); w.Code != 200 {
		t.Fatal(w.Body)
	}
	if a.search.From != noon.Add(-time.Hour).UnixMicro() || a.search.To != noon.Add(-30*time.Minute).UnixMicro() || a.search.Limit != defaultRows {
		t.Errorf("search = %+v", a.search)
	}
	get(c, "/api/v1/messages?limit=1000000")
	if a.search.Limit != mostRows {
		t.Errorf("limit = %d, want the most, %d", a.search.Limit, mostRows)
	}
}

func TestS09HostileParametersAreExplained(t *testing.T) {
	c := made(t, options())
	for _, target := range []string{
		"?limit=0", "?limit=-1", "?limit=x", "?limit=9999999999999999999", "?before=x", "?after=20261122", "?around=20261122:x", "?id=%27;DROP%20TABLE", "?id=:",
		"?from=nonsense", "?to=%00", "?device=example", "?device=10.0.0.1%27%20OR%201", "?device=%5B::1%5D", "?query=%zz", "?before=20261122:1&after=20261122:2",
		"?query=" + strings.Repeat("a", 5000), "?query=%28%28", "?query=%2F%28%2F", "?from=" + strings.Repeat("9", 400),
	} {
		for _, path := range []string{"/api/v1/messages", "/api/v1/export"} {
			if strings.Contains(target, "id=") && path != "/api/v1/messages" {
				continue
			}
			w := get(c, path+target)
			if e := decode[errorAnswer](t, w); w.Code != 400 || e.Error.Message == "" {
				t.Errorf("%s%.60s: %d %s", path, target, w.Code, w.Body)
			}
		}
	}
}

func TestPlaceOfAMistakeIsCountedAsBrowsersDo(t *testing.T) {
	text := `"größe 😀" severity:wrong`
	w := get(made(t, options()), "/api/v1/messages?query="+url.QueryEscape(text))
	e := decode[errorAnswer](t, w).Error
	if w.Code != 400 || e.At == nil || e.Length == nil {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	// In UTF-16 the emoji has two units and each umlaut one.
	units := []rune(text[:strings.Index(text, "severity")])
	lo, hi := len(units)+1, len(units)+1+len("severity:wrong")
	if *e.At < lo || *e.At+*e.Length > hi {
		t.Errorf("at %d, length %d, want within %d to %d", *e.At, *e.Length, lo, hi)
	}
}

func TestLongMessagesAreCutInListsOnly(t *testing.T) {
	a := &shelf{}
	text := strings.Repeat("я", 5000)
	a.add(20261122, 1, "10.0.0.2", text)
	a.add(20261122, 2, "10.0.0.2", "short")
	o := options()
	o.Archive = a
	c := made(t, o)
	list := decode[messagesAnswer](t, get(c, "/api/v1/messages")).Messages
	if r := list[0]; !r.Truncated || r.Message != strings.Repeat("я", 2000) || *r.Raw != "<131>"+strings.Repeat("я", 1995) {
		t.Errorf("in the list: truncated %v, %d bytes of message", r.Truncated, len(r.Message))
	}
	if list[1].Truncated {
		t.Error("the short one is marked as truncated")
	}
	if r := decode[messagesAnswer](t, get(c, "/api/v1/messages?id=20261122:1")).Messages[0]; r.Truncated || r.Message != text || *r.Raw != "<131>"+text {
		t.Errorf("by its id: truncated %v, %d bytes of message", r.Truncated, len(r.Message))
	}
	if w := get(c, "/api/v1/messages?id=20261122:77"); w.Code != 404 {
		t.Errorf("an id that does not exist: status %d", w.Code)
	}
}

func TestTortureTextsLeaveAsJSON(t *testing.T) {
	a := &shelf{}
	texts := []string{"", "a\x00b", "\x1b]0;title\x07", "\u202egnp.exe", "<script>alert(1)</script>", "😀", "\xc4\xe3\xba\xc3", strings.Repeat("\xff", 3000), "one\r\n two\r\n three", `"\"`, "\u2028"}
	for i, text := range texts {
		a.add(20261122, int64(i+1), "10.0.0.2", text)
	}
	o := options()
	o.Archive = a
	w := get(made(t, o), "/api/v1/messages")
	rows := decode[messagesAnswer](t, w).Messages
	if strings.Contains(w.Body.String(), "<script>") {
		t.Error("markup leaves unescaped")
	}
	for i, text := range texts {
		r := rows[i]
		switch {
		case strings.ToValidUTF8(text, "") == text:
			if r.Message != text || r.Raw == nil || *r.Raw != "<131>"+text {
				t.Errorf("%q became %q", text, r.Message)
			}
		default:
			cut := text[:min(len(text), 1995)]
			if r.Raw != nil || r.RawBase64 == nil || *r.RawBase64 != base64.StdEncoding.EncodeToString([]byte("<131>"+cut)) {
				t.Errorf("%.20q: raw %v, raw_b64 %v", text, r.Raw, r.RawBase64)
			}
		}
	}
}

func TestSearchesAreFewAtOnceAndBoundedInTime(t *testing.T) {
	a := &shelf{block: make(chan struct{}), entered: make(chan struct{}, 10)}
	o := options()
	o.Archive = a
	c := made(t, o)
	c.limits.searchWait = time.Millisecond
	done := make(chan int)
	for range 4 {
		go func() { done <- get(c, "/api/v1/messages").Code }()
		<-a.entered
	}
	w := get(c, "/api/v1/messages")
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "4 searches") {
		t.Errorf("fifth search: %d %s", w.Code, w.Body)
	}
	close(a.block)
	for range 4 {
		if code := <-done; code != 200 {
			t.Errorf("status %d", code)
		}
	}
	a.block = make(chan struct{})
	c.limits.searchTime = time.Millisecond
	if w := get(c, "/api/v1/messages"); w.Code != http.StatusGatewayTimeout || !strings.Contains(w.Body.String(), "longer than") {
		t.Errorf("a search that takes too long: %d %s", w.Code, w.Body)
	}
}

func TestSearchThatFailsSaysSo(t *testing.T) {
	o := options()
	o.Archive = &shelf{fail: errors.New("syslog_20261122.db: disk I/O error")}
	if w := get(made(t, o), "/api/v1/messages"); w.Code != 500 || !strings.Contains(w.Body.String(), "disk I/O error") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestCut(t *testing.T) {
	tests := []struct {
		in   string
		n    int
		out  string
		more bool
	}{{"", 3, "", false}, {"abc", 3, "abc", false}, {"abcd", 3, "abc", true}, {"äöü", 3, "äöü", false}, {"äöüß", 3, "äöü", true}, {"\xff\xff", 1, "\xff", true}}
	for _, tt := range tests {
		if out, more := cut([]byte(tt.in), tt.n); string(out) != tt.out || more != tt.more {
			t.Errorf("cut(%q, %d) = %q, %v, want %q, %v", tt.in, tt.n, out, more, tt.out, tt.more)
		}
	}
}

func TestRowNamesFields(t *testing.T) {
	rec := record(20261122, 1, "10.0.0.2", "x")
	rec.Raw = append(rec.Raw, "hostapp"...)[:len(rec.Raw)] // as the archive keeps fields beyond raw
	rec.Hostname, rec.AppName = syslog.Span{Off: 6, Len: 4}, syslog.Span{Off: 10, Len: 3}
	rec.SentAt = 5
	r := newRow(&rec, nil, 0)
	if *r.Hostname != "host" || *r.AppName != "app" || *r.SentAt != 5 || r.MsgID != nil || *r.Raw != "<131>x" {
		t.Errorf("row = %+v", r)
	}
}
