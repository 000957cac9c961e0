package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAlertsTestSaysOnATerminalWhomItWaitsFor(t *testing.T) {
	seen := make(chan struct{})
	telegram := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-seen:
		case <-r.Context().Done():
		}
		botAPI(w, r)
	}))
	defer telegram.Close()
	file := filepath.Join(t.TempDir(), "config.toml")
	text := fmt.Sprintf("[telegram]\ntoken = '123:good'\nchat_id = '-1001'\napi_url = %q\n", telegram.URL)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	screen, tty, err := openTerminal()
	if err != nil {
		t.Fatal(err)
	}
	defer screen.Close()
	line := make(chan string)
	go func() { // ends with the first line
		text, err := bufio.NewReader(screen).ReadString('\n')
		close(seen)
		line <- fmt.Sprint(text, err)
	}()
	var out bytes.Buffer
	a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: tty}
	code := a.main([]string{"alerts", "test", "--config", file})
	tty.Close() // nothing more comes
	if got, want := <-line, "asking "+strings.TrimPrefix(telegram.URL, "http://")+" …\r\n<nil>"; got != want {
		t.Errorf("on the terminal: %q, want %q", got, want)
	}
	if code != 0 || !strings.Contains(out.String(), "a test message was sent") {
		t.Errorf("code %d, %q", code, out.String())
	}
}
