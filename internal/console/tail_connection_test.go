package console

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/syslog"
)

// dialTail opens a live tail over a real connection.
func dialTail(t *testing.T, url string) (*http.Response, *bufio.Reader) {
	t.Helper()
	r, err := http.Get(url + "/api/v1/tail")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Body.Close() })
	return r, bufio.NewReader(r.Body)
}

func TestStreamsBeyondTheLimitAreRefusedAndSlotsComeBack(t *testing.T) {
	c := made(t, options())
	c.streams = make(chan struct{}, 10)
	url := running(t, c)
	var open []*http.Response
	for range 10 {
		r, _ := dialTail(t, url)
		if r.StatusCode != 200 {
			t.Fatalf("status %d", r.StatusCode)
		}
		open = append(open, r)
	}
	if c.Stats().Streams != 10 {
		t.Errorf("%d streams counted", c.Stats().Streams)
	}
	r, body := dialTail(t, url)
	if text, err := io.ReadAll(body); err != nil || r.StatusCode != http.StatusTooManyRequests || !strings.Contains(string(text), "10 live tails") {
		t.Errorf("11th stream: %d %s %v", r.StatusCode, text, err)
	}
	for _, r := range open {
		r.Body.Close()
	}
	eventually(t, "all slots are free", func() bool { return c.Stats().Streams == 0 })
}

func TestStreamOutlivesTheTimeForReadingARequest(t *testing.T) {
	o := options()
	p := make(pipe)
	o.Tail = func() Tail { return p }
	c := made(t, o)
	c.limits.readTime = 50 * time.Millisecond
	url := running(t, c)
	_, body := dialTail(t, url)
	timer := time.NewTimer(200 * time.Millisecond) // the server's own clock cuts, no fake one reaches it
	<-timer.C
	p <- told{records: many(20261122, 1, 1)}
	for {
		line, err := body.ReadString('\n')
		if err != nil {
			t.Fatalf("the stream was cut: %v", err)
		}
		if strings.HasPrefix(line, "id: 20261122:1") {
			return
		}
	}
}

func TestN05SlowReaderIsCut(t *testing.T) {
	o := options()
	p := make(pipe)
	o.Tail = func() Tail { return p }
	c := made(t, o)
	c.limits.writeTime = 100 * time.Millisecond
	running(t, c)
	conn := dial(t, c, "GET /api/v1/tail HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if err := conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the stream is open", func() bool { return c.Stats().Streams == 1 })
	big := record(20261122, 1, "10.0.0.2", strings.Repeat("x", 2000))
	records := make([]syslog.Record, 2000)
	for i := range records {
		records[i] = big
	}
	eventually(t, "the stream is cut", func() bool {
		select {
		case p <- told{records: records}:
		default:
		}
		return c.Stats().Streams == 0
	})
}

func TestStreamsEndWhenTheConsoleStops(t *testing.T) {
	c := made(t, options())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- c.Run(ctx) }()
	_, body := dialTail(t, "http://"+c.Addr().String())
	if _, err := body.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run = %v", err)
	}
	if d := time.Since(began); d > c.limits.drain {
		t.Errorf("stopping took %v", d)
	}
	if _, err := io.Copy(io.Discard, body); err != nil {
		t.Errorf("the stream does not end in order: %v", err)
	}
}
