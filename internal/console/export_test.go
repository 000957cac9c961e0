package console

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/syslog"
)

func TestExportInEachFormat(t *testing.T) {
	a := &shelf{}
	a.add(20261122, 1, "10.0.0.2", "link down")
	a.add(20261122, 2, "10.0.0.2", "=HYPERLINK(1)")
	o := options()
	o.Archive = a
	o.Location = time.FixedZone("UTC+6", 6*3600)
	c := made(t, o)
	tests := map[string]string{
		"?format=text":                       "2026-11-22 18:00:00.000  err      10.0.0.2         link down\n",
		"?format=json&query=link":            `"received_at":"2026-11-22T18:00:00.000001+06:00","sent_at":null,"device":"10.0.0.2"`,
		"?format=csv":                        ",'=HYPERLINK(1),",
		"":                                   "id,received_at,sent_at,device,",
		"?format=csv&formulas=1":             ",=HYPERLINK(1),",
		"?format=csv&device=10.0.0.9":        "message,raw\r\n",
		"?format=json&after=20261122:1":      `"id":"20261122:2"`,
		"?format=json&limit=1&query=link+do": `"severity":3`,
	}
	for target, want := range tests {
		t.Run(target, func(t *testing.T) {
			w := get(c, "/api/v1/export"+target)
			if w.Code != 200 || !strings.Contains(w.Body.String(), want) {
				t.Errorf("%d %q, want %q in it", w.Code, w.Body, want)
			}
			if d := w.Header().Get("Content-Disposition"); !strings.HasPrefix(d, `attachment; filename="logboom-20261122-180000.`) {
				t.Errorf("Content-Disposition = %s", d)
			}
		})
	}
	if w := get(c, "/api/v1/export?format=xml"); w.Code != 400 {
		t.Errorf("an unknown format: %d %s", w.Code, w.Body)
	}
}

func TestExportsAreTwoAtOnceAndEndWithTheClient(t *testing.T) {
	a := &shelf{records: many(20261122, 1, 3)}
	gate, ended := make(chan struct{}), make(chan error, 2)
	a.each = func(int) error { <-gate; return nil }
	h := guarded(t, func(o *Options) { o.Archive = a })
	c := h.Console
	url := running(t, c)
	for i, token := range []string{h.viewer, h.admin} {
		go func() {
			r, err := http.NewRequest("GET", url+"/api/v1/export?format=json", nil)
			if err == nil {
				r.Header.Set("Authorization", "Bearer "+token)
				var answer *http.Response
				if answer, err = http.DefaultClient.Do(r); err == nil {
					_, err = io.Copy(io.Discard, answer.Body)
					answer.Body.Close()
				}
			}
			ended <- err
		}()
		eventually(t, "the export runs", func() bool { return len(c.exports) == i+1 })
		again := from(request("GET", "/api/v1/export", ""), away)
		again.Header.Set("Authorization", "Bearer "+token)
		if w := do(c, again); w.Code != http.StatusTooManyRequests || !strings.Contains(w.Body.String(), "you have an export running already") {
			t.Errorf("another one of the same person: %d %s", w.Code, w.Body)
		}
	}
	if w := get(c, "/api/v1/export"); w.Code != http.StatusTooManyRequests || !strings.Contains(w.Body.String(), "2 exports") {
		t.Errorf("third export: %d %s", w.Code, w.Body)
	}
	close(gate)
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	eventually(t, "both are over", func() bool { return len(c.exports) == 0 })

	// A client that goes away ends it, although there would be more.
	a.each = nil
	big := many(20261122, 1, 200)
	for i := range big {
		big[i].Raw = bytes.Repeat([]byte("x"), 60000)
	}
	a.mu.Lock()
	a.records = big
	a.mu.Unlock()
	conn := dial(t, c, "GET /api/v1/export?format=json HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	conn.Close()
	eventually(t, "the export ends", func() bool { return len(c.exports) == 0 })
}

func TestExportThatFailsInTheMiddleIsNoWholeFile(t *testing.T) {
	a := &shelf{records: many(20261122, 1, 5)}
	a.each = func(n int) error {
		if n == 3 {
			return errors.New("disk I/O error")
		}
		return nil
	}
	o := options()
	o.Archive = a
	url := running(t, made(t, o))
	r, err := http.Get(url + "/api/v1/export?format=json")
	if err == nil {
		_, err = io.ReadAll(r.Body)
		r.Body.Close()
	}
	if err == nil {
		t.Error("half an export looks like a whole one")
	}
}

func rows(t *testing.T, o RowOptions, records ...syslog.Record) string {
	t.Helper()
	var b bytes.Buffer
	w, err := NewRowWriter(&b, o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range records {
		if err := w.Write(&records[i]); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func TestW06NoFormula(t *testing.T) {
	tests := []struct{ name, cell, want string }{
		{"nothing", "", ""},
		{"plain", "a=b; c-d", "a=b; c-d"},
		{"at the beginning", "=1+1", "'=1+1"},
		{"of full width", "＝1", "'＝1"},
		{"behind a semicolon", "x;=HYPERLINK(1); @y", "x;'=HYPERLINK(1); '@y"},
		{"behind a line break", "abc\n=1+1", "abc\n'=1+1"},
		{"a line break at the beginning", "\n=1", "'\n'=1"},
		{"behind a quote", `x;"=1`, `x;"'=1`},
	}
	for _, tt := range tests {
		if got := NoFormula(tt.cell); got != tt.want {
			t.Errorf("%s: NoFormula(%q) = %q, want %q", tt.name, tt.cell, got, tt.want)
		}
	}
}

func TestW06CSVIsReadBackAndHasNoFormulas(t *testing.T) {
	texts := map[string]string{
		"plain": "plain", "a,b \"c\"": "a,b \"c\"", "two\nlines": "two\nlines",
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM(1)": "'@SUM(1)", "\tx": "'\tx", "\rx": "'\rx",
		"a\x00b": `a\x00b`, "\xff\xfe": `\xff\xfe`, "größe": "größe", "": "",
	}
	for text, want := range texts {
		got, err := csv.NewReader(strings.NewReader(rows(t, RowOptions{Format: "csv"}, record(20261122, 1, "10.0.0.2", text)))).ReadAll()
		if err != nil || len(got) != 2 || len(got[1]) != len(csvNames) {
			t.Fatalf("%q: %v, %v", text, got, err)
		}
		if cell := got[1][12]; cell != want {
			t.Errorf("%q became %q, want %q", text, cell, want)
		}
	}
}

func TestCSVOnATerminalDoesNothingToIt(t *testing.T) {
	rec := record(20261122, 1, "10.0.0.2", "\x1b[2J \u009b2J \u202egnp\ttab")
	for name, test := range map[string]struct {
		o    RowOptions
		want string
	}{
		"to a file":                   {RowOptions{}, "\x1b[2J \u009b2J \u202egnp\ttab"},
		"to a terminal":               {RowOptions{Terminal: true}, `\x1b[2J \u009b2J \u202egnp` + "\ttab"},
		"to a terminal, as it came":   {RowOptions{Terminal: true, Raw: true}, "\x1b[2J \u009b2J \u202egnp\ttab"},
		"to a file, raw for the text": {RowOptions{Raw: true}, "\x1b[2J \u009b2J \u202egnp\ttab"},
	} {
		test.o.Format = "csv"
		got, err := csv.NewReader(strings.NewReader(rows(t, test.o, rec))).ReadAll()
		if err != nil || len(got) != 2 || got[1][12] != test.want || got[1][13] != "<131>"+test.want {
			t.Errorf("%s: %q, %v, want %q", name, got, err, test.want)
		}
	}
}

func TestSafeJSON(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":"plain größe 😀"}`:                          `{"a":"plain größe 😀"}`,
		"\"\u009b\"":                                     `"\u009b"`,
		"\"\x7fx\u0080\u009fy\"":                         `"\u007fx\u0080\u009fy"`,
		"\"\u061c\u200e\u200f\u202a\u202e\u2066\u2069\"": `"\u061c\u200e\u200f\u202a\u202e\u2066\u2069"`,
		"\"می\u200cخواهم\u00a0\"":                        "\"می\u200cخواهم\u00a0\"",
	} {
		if got := string(SafeJSON([]byte(in))); got != want {
			t.Errorf("SafeJSON(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestJSONIsExact(t *testing.T) {
	for _, text := range []string{"plain", "<b>&", "a\x00b", "\xff\xfe", "two\r\nlines", "\u2028", "\x1b[2J \u009b2J \x7f \u202egnp\u2069 größe 😀"} {
		rec := record(20261122, 1, "10.0.0.2", text)
		out := rows(t, RowOptions{Format: "json"}, rec)
		var e struct {
			Raw *string
			B64 []byte `json:"raw_b64"`
		}
		if err := json.Unmarshal([]byte(out), &e); err != nil || strings.Count(out, "\n") != 1 {
			t.Fatalf("%q: %v", out, err)
		}
		if shown := strings.TrimSuffix(out, "\n"); string(Visible([]byte(shown))) != shown {
			t.Errorf("%q does something to a terminal", out)
		}
		got := e.B64
		if e.Raw != nil {
			got = []byte(*e.Raw)
		}
		if !bytes.Equal(got, rec.Raw) {
			t.Errorf("%q came back as %q", rec.Raw, got)
		}
	}
}

func TestW05TextShowsWhatWouldActOnATerminal(t *testing.T) {
	tests := map[string]string{
		"plain größe 😀": "plain größe 😀", "\x1b]0;pwned\x07": `\x1b]0;pwned\x07`, "\x1b[2J": `\x1b[2J`, "\x9b31m": `\x9b31m`, "\u009b31m": `\u009b31m`,
		"a\rb\nc": `a\rb\nc`, "tab\there": "tab\there", "\u202egnp.exe": `\u202egnp.exe`, "\xff": `\xff`, "\x7f": `\x7f`, "\u2066x": `\u2066x`, "می\u200cخواهم": "می\u200cخواهم",
		"\U000e0041": `\ue0041`, "\u200b": `\u200b`, "\x00": `\x00`, "back\\slash": "back\\slash",
	}
	for in, want := range tests {
		if got := string(Visible([]byte(in))); got != want {
			t.Errorf("Visible(%q) = %q, want %q", in, got, want)
		}
		line := rows(t, RowOptions{Format: "text"}, record(20261122, 1, "10.0.0.2", in))
		if !strings.HasSuffix(line, "  "+want+"\n") || strings.Count(line, "\n") != 1 {
			t.Errorf("%q is written as %q", in, line)
		}
	}
	if got := rows(t, RowOptions{Format: "text", Raw: true}, record(20261122, 1, "10.0.0.2", "\x1b[2J")); !strings.HasSuffix(got, "  \x1b[2J\n") {
		t.Errorf("raw: %q", got)
	}
	if _, err := NewRowWriter(io.Discard, RowOptions{Format: "xml"}); err == nil || !strings.Contains(err.Error(), "text, json, csv") {
		t.Errorf("unknown format: %v", err)
	}
}

func FuzzVisible(f *testing.F) {
	f.Add([]byte("\x1b[2J\u202e\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		out := Visible(b)
		if again := Visible(out); !bytes.Equal(again, out) {
			t.Fatalf("Visible(%q) = %q still has something to show: %q", b, out, again)
		}
	})
}

func TestParseTime(t *testing.T) {
	dhaka, err := time.LoadLocation("Asia/Dhaka")
	if err != nil {
		t.Fatal(err)
	}
	now := noon // 18:00 in Dhaka
	at := func(y int, m time.Month, d, h, min, s int) time.Time { return time.Date(y, m, d, h, min, s, 0, dhaka) }
	tests := []struct {
		in   string
		want time.Time
	}{
		{"now", now}, {"-1h", now.Add(-time.Hour)}, {"-90s", now.Add(-90 * time.Second)}, {"-1h30m", now.Add(-90 * time.Minute)},
		{"-7d", now.Add(-168 * time.Hour)}, {"-2w", now.Add(-336 * time.Hour)}, {"today", at(2026, 11, 22, 0, 0, 0)}, {"Yesterday", at(2026, 11, 21, 0, 0, 0)},
		{"14:30", at(2026, 11, 22, 14, 30, 0)}, {"14:30:05", at(2026, 11, 22, 14, 30, 5)}, {"2026-11-20", at(2026, 11, 20, 0, 0, 0)}, {"20261120", at(2026, 11, 20, 0, 0, 0)},
		{"2026-11-20 14:30", at(2026, 11, 20, 14, 30, 0)}, {"2026-11-20T14:30:01", at(2026, 11, 20, 14, 30, 1)},
		{"2026-11-20T14:30:00Z", time.Date(2026, 11, 20, 14, 30, 0, 0, time.UTC)}, {"2026-11-20T14:30:00+06:00", at(2026, 11, 20, 14, 30, 0)},
		{"2026-11-20T14:30:00 06:00", at(2026, 11, 20, 14, 30, 0)}, {"2026-11-20 14:30:00+06:00", at(2026, 11, 20, 14, 30, 0)},
		{"1795334401208000", time.UnixMicro(1795334401208000)}, {" -1h ", now.Add(-time.Hour)},
	}
	for _, tt := range tests {
		if got, err := ParseTime(tt.in, now, dhaka); err != nil || got != tt.want.UnixMicro() {
			t.Errorf("ParseTime(%q) = %v, %v, want %v", tt.in, time.UnixMicro(got).In(dhaka), err, tt.want)
		}
	}
	if got, err := ParseTime("", now, nil); got != 0 || err != nil {
		t.Errorf("empty = %d, %v", got, err)
	}
	for _, bad := range []string{"tomorrowish", "-", "-d", "1h", "--1h", "-1y", "2026-13-01", "25:00", "-99999d", "\x00"} {
		if got, err := ParseTime(bad, now, dhaka); !errors.Is(err, errTime) {
			t.Errorf("ParseTime(%q) = %d, %v, want errTime", bad, got, err)
		}
	}
}
