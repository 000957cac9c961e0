package tray

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// serve returns a client of a console that answers as h does.
func serve(t *testing.T, h http.HandlerFunc) *client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	c, err := newClient(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestClientReadsTheAPI(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch r.Method + " " + r.URL.String() {
		case "GET /api/v1/status":
			fmt.Fprint(w, `{"version":"1.2.3","health":{"state":"degraded","problems":[{"state":"degraded","what":"disk","fact":"412 MB free"}]},
				"rate":{"received":12.5},"store":{"directory":"/var/lib/logboom"},"devices":40,"incidents":2,"alerts":{"today":7,"muted_until":99},
				"files":{"config":"/etc/logboom/config.toml","log":"/var/log/logboom/logboom.log"},"later":{"than":"us"}}`)
		case "GET /api/v1/alerts?limit=9":
			fmt.Fprint(w, `{"alerts":[{"id":7,"kind":"alert","rule":"pon","device":"10.0.0.1","device_name":"OLT","text":"gone","at":5,"message":"20261126:3"}]}`)
		case "POST /api/v1/alerts/mute":
			if r.Header.Get("Content-Type") != "application/json" || string(body) != `{"minutes":60}` {
				t.Errorf("mute: %v %s", r.Header, body)
			}
			fmt.Fprint(w, `{"muted_until":5}`)
		default:
			t.Errorf("%s %s", r.Method, r.URL)
		}
	})
	s, err := c.status(t.Context())
	if err != nil || s.Version != "1.2.3" || s.Health.Problems[0].Fact != "412 MB free" || s.Rate.Received != 12.5 || s.Devices != 40 || s.Incidents != 2 ||
		s.Alerts.Today != 7 || s.Alerts.MutedUntil != 99 || s.Files.Log != "/var/log/logboom/logboom.log" || s.Store.Directory != "/var/lib/logboom" {
		t.Errorf("status %+v, %v", s, err)
	}
	list, err := c.incidents(t.Context(), 9)
	if want := (Incident{7, "alert", "pon", "10.0.0.1", "OLT", "gone", 5, "20261126:3"}); err != nil || len(list) != 1 || list[0] != want {
		t.Errorf("incidents %+v, %v", list, err)
	}
	if err := c.mute(t.Context(), 60); err != nil {
		t.Error(err)
	}
}

func TestClientOfSomethingElse(t *testing.T) {
	big, err := json.Marshal(map[string]string{"version": strings.Repeat("x", mostAnswer)})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		status int
		body   string
		want   string // of the error
	}{
		{"a page", 200, "<html>hello</html>", errStranger.Error()},
		{"other JSON", 200, `{"hello":1}`, errStranger.Error()},
		{"a list", 200, `[]`, errStranger.Error()},
		{"nothing", 200, ``, errStranger.Error()},
		{"not found", 404, `404`, errStranger.Error()},
		{"our refusal", 403, `{"error":{"message":"this name does not belong to the console"}}`, "this name does not belong to the console"},
		{"without an end", 200, string(big), errStranger.Error()},
		{"somewhere else", 302, `moved`, errStranger.Error()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tt.status)
				io.WriteString(w, tt.body)
			})
			if s, err := c.status(t.Context()); err == nil || err.Error() != tt.want {
				t.Errorf("status %+v, error %v, want %q", s, err, tt.want)
			}
		})
	}
}

func TestAddressesOfConsoles(t *testing.T) {
	for in, want := range map[string]string{
		"http://127.0.0.1:8514": "http://127.0.0.1:8514", "127.0.0.1:8514": "http://127.0.0.1:8514", "http://[::1]:8514/": "http://[::1]:8514",
		"https://logs.example": "https://logs.example", "localhost": "http://localhost",
		"": "", "http://": "", "file:///etc/passwd": "", "javascript:alert(1)": "", "http://a/b": "", "http://u:p@a": "", "http://a?b": "", "http://a b": "", "http://a\n": "",
	} {
		c, err := newClient(in)
		if want == "" {
			if err == nil {
				t.Errorf("%q is taken as %q", in, c.base)
			}
		} else if err != nil || c.base != want {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestPagesOfIncidents(t *testing.T) {
	c, err := newClient(DefaultConsole)
	if err != nil {
		t.Fatal(err)
	}
	for message, want := range map[string]string{
		"20261126:17": "/?live=0&at=20261126%3A17", "": "/", "x:1": "/", "1:": "/", "1:2:3": "/", "1:2&q=x": "/", strings.Repeat("1", 99) + ":1": "/",
	} {
		if got := c.pageAt(message); got != DefaultConsole+want {
			t.Errorf("%q is at %q, want %q", message, got, want)
		}
	}
}

func TestNews(t *testing.T) {
	list := func(ids ...int64) (l []Incident) { // newest first
		for _, id := range ids {
			l = append(l, Incident{ID: id, Kind: "alert", Rule: "pon", DeviceName: "OLT", Text: fmt.Sprint("text ", id), Message: fmt.Sprint("20261126:", id), At: noon.UnixMicro()})
		}
		return l
	}
	page := func(m string) string { return "at " + m }
	var n news
	none := func(when time.Duration) {
		t.Helper()
		if note, ok := n.note(noon.Add(when), page); ok {
			t.Errorf("%v: note %q", when, note)
		}
	}
	want := func(when time.Duration, title, text, url string) {
		t.Helper()
		if note, ok := n.note(noon.Add(when), page); !ok || note != (Note{title, text, url}) {
			t.Errorf("%v: note %q, want %q %q %q", when, note, title, text, url)
		}
	}
	n.see(list(3, 2, 1), false)
	none(0) // what was there is no news
	n.see(list(4, 3, 2), false)
	want(1*time.Second, "OLT: pon", "text 4", "at 20261126:4")
	n.see(list(4, 3, 2), false)
	none(20 * time.Second)
	n.see(list(5, 4, 3), false)
	want(21*time.Second, "OLT: pon", "text 5", "at 20261126:5")
	n.see(list(7, 6, 5), false)
	none(22 * time.Second) // not so soon
	n.see(list(11, 10, 9, 8, 7, 6), false)
	want(31*time.Second, "6 new incidents", "12:00 OLT: text 9\n12:00 OLT: text 10\n12:00 OLT: text 11\nand 3 more", "at 20261126:11")
	n.see(list(12, 11), true) // muted, or switched off
	none(time.Minute)
	n.see(list(12, 11), false)
	none(time.Minute)
	cleared := append([]Incident{{ID: 13, Kind: "clear"}}, list(12, 11)...)
	n.see(cleared, false)
	none(time.Minute)
	own := append([]Incident{{ID: 14, Rule: "Logboom: disk full", Text: "no room"}}, cleared...)
	n.see(own, false)
	want(time.Minute, "Logboom: disk full", "no room", "at ")
	n.see(list(2, 1), false) // a new logboom.db
	none(2 * time.Minute)
	n.see(list(3, 2, 1), false)
	want(2*time.Minute, "OLT: pon", "text 3", "at 20261126:3")
	for id := int64(4); id < 1000; id += 50 {
		l := list()
		for i := id + 49; i >= id; i-- {
			l = append(l, list(i)...)
		}
		n.see(l, false)
	}
	if len(n.held) > maxHeld {
		t.Errorf("%d incidents are held", len(n.held))
	}
	if note, _ := n.note(noon.Add(time.Hour), page); !strings.HasPrefix(note.Title, "1,000 new incidents") {
		t.Errorf("note %q", note.Title)
	}
}

func TestNearestImageOfAnIcon(t *testing.T) {
	// Three entries: widths 16, 32 and 256, of one byte each, after the directory.
	ico := []byte{0, 0, 1, 0, 3, 0}
	for i, w := range []byte{16, 32, 0} {
		ico = append(ico, w, w, 0, 0, 1, 0, 32, 0, 1, 0, 0, 0, byte(6+3*16+i), 0, 0, 0)
	}
	ico = append(ico, 'a', 'b', 'c')
	for size, want := range map[int]string{8: "a", 16: "a", 20: "b", 32: "b", 33: "c", 256: "c", 512: "c"} {
		if got := string(nearest(ico, size)); got != want {
			t.Errorf("%d px: %q, want %q", size, got, want)
		}
	}
	for n := range len(ico) {
		nearest(ico[:n], 16) // a file that was cut does no harm
	}
}
