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
		d := &doctor{cfg: cfg, running: running}
		d.buffers(t.Context())
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
