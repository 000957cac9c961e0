package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/engine"
)

func TestDoctorTakesReceiveBuffersFromTheServer(t *testing.T) {
	listeners := `{"name":"udp :514","open":true,"buffer_asked":16777216,"buffer_granted":16777216},
		{"name":"udp :1514","open":true,"buffer_asked":16777216,"buffer_granted":4194304},
		{"name":"udp :2514","open":false,"buffer_asked":16777216},{"name":"tcp :601","open":true}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/status" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprintf(w, `{"version":"x","listeners":[%s]}`, listeners)
	}))
	defer server.Close()
	look := func(running bool) string {
		cfg := config.Default()
		cfg.Listen.ReceiveBuffer, cfg.Console.Listen = 16<<20, strings.TrimPrefix(server.URL, "http://")
		d := &doctor{Doctor: engine.Doctor{Config: cfg}}
		if running {
			d.ask(t.Context())
		}
		d.buffers()
		var b bytes.Buffer
		if err := d.report(&b); err != nil {
			t.Error(err)
		}
		return b.String()
	}
	got := look(true)
	for _, want := range []string{"[+] receive buffer  16 MB are granted: udp :514\n", "[!] receive buffer  udp :1514: the kernel gives 4.0 MB, 16 MB are asked for: "} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "2514") || strings.Contains(got, "tcp") {
		t.Errorf("said of listeners without such a buffer:\n%s", got)
	}
	if got := look(false); runtime.GOOS == "linux" && (strings.Contains(got, "udp") || strings.Count(got, "receive buffer") != 1) {
		t.Errorf("without a server:\n%s", got)
	}
	listeners = "}" // something else answers there: it is measured
	if got := look(true); runtime.GOOS == "linux" && (strings.Contains(got, "udp") || strings.Count(got, "receive buffer") != 1) {
		t.Errorf("with nonsense for an answer:\n%s", got)
	}
}

func TestReceiveBufferIsMeasuredAsTheServerGetsIt(t *testing.T) {
	granted, known := tryReceiveBuffer(64 << 10) // no system grants less
	if runtime.GOOS == "linux" && (!known || granted != 64<<10) {
		t.Errorf("granted %d, %v", granted, known)
	}
}

func TestDoctorSaysWhatTheServerSays(t *testing.T) {
	state := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
	}
	tests := []struct {
		name, status string
		want, never  []string
	}{
		{"all is well", `{"version":"x","health":{"state":"ok"}}`, []string{"[+] server", "and stores messages"}, nil},
		{"it fails", `{"version":"x","health":{"state":"failing","problems":[{"state":"failing","what":"store","fact":"locked by python3","hint":"end the program"}]}}`,
			[]string{"[x] server", "messages are lost or about to be\n", "[x] store   locked by python3\n", "-> end the program\n"}, []string{"healthz"}},
		{"it needs people, who are told here already", `{"version":"x","listeners":[{"name":"udp :514"}],"health":{"state":"degraded","problems":[
			{"state":"degraded","what":"udp :514","fact":"not open"},{"state":"degraded","what":"disk","fact":"little"},{"state":"degraded","what":"loss","fact":"some"},
			{"state":"degraded","what":"telegram","fact":"no way there"}]}}`,
			[]string{"[!] server", "[!] telegram  no way there"}, []string{"not open", "little", "some\n"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(state(tt.status))
			defer server.Close()
			cfg := config.Default()
			cfg.Console.Listen = strings.TrimPrefix(server.URL, "http://")
			d := &doctor{Doctor: engine.Doctor{Config: cfg}}
			if d.ask(t.Context()); d.status == nil {
				t.Fatal(d.silence)
			}
			d.Server(d.status, "answers")
			var b bytes.Buffer
			_ = d.report(&b) // an error if something is bad
			for _, want := range tt.want {
				if !strings.Contains(b.String(), want) {
					t.Errorf("no %q in\n%s", want, b.String())
				}
			}
			for _, never := range tt.never {
				if strings.Contains(b.String(), never) {
					t.Errorf("%q in\n%s", never, b.String())
				}
			}
		})
	}
}
