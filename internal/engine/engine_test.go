package engine

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/query"
	"github.com/logboom/logboom/internal/sqlite"
	"github.com/logboom/logboom/internal/store"
	"github.com/logboom/logboom/internal/syslog"
)

// botAPI is the world outside: it takes what the server tells Telegram.
type botAPI struct {
	*httptest.Server
	mu     sync.Mutex
	sent   []string // bodies of sendMessage
	down   bool
	change chan struct{} // closed at every message
}

func newBotAPI(t *testing.T) *botAPI {
	t.Helper()
	b := &botAPI{change: make(chan struct{})}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.down {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		if strings.HasSuffix(r.URL.Path, "/sendMessage") {
			b.sent = append(b.sent, string(body))
			close(b.change)
			b.change = make(chan struct{})
		}
		fmt.Fprint(w, `{"ok":true,"result":{"message_id":1,"date":0,"chat":{"id":1,"type":"group"}}}`)
	}))
	t.Cleanup(b.Close)
	return b
}

func (b *botAPI) setDown(down bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down = down
}

// await returns the first message that contains text.
func (b *botAPI) await(t *testing.T, text string) string {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		b.mu.Lock()
		change := b.change
		for _, s := range b.sent {
			if strings.Contains(s, text) {
				b.mu.Unlock()
				return s
			}
		}
		b.mu.Unlock()
		select {
		case <-change:
		case <-deadline:
			t.Fatalf("no Telegram message with %q within 20 s; there were %q", text, b.sent)
		}
	}
}

// server is a running engine in a directory of its own.
type server struct {
	t    *testing.T
	cfg  *config.Config
	e    *Engine
	stop func() error
}

func testConfig(t *testing.T, extra string) *config.Config {
	t.Helper()
	text := "[listen]\nudp = ['127.0.0.1:514']\n[store]\ndirectory = '" + t.TempDir() + "'\n" + extra
	cfg, err := config.Parse("config.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	// Port 0 is for tests only, so the configuration does not accept it.
	cfg.Console.Listen = "127.0.0.1:0"
	cfg.Listen.UDP = []string{"127.0.0.1:0", "127.0.0.9:0"}
	cfg.Listen.TCP = []string{"127.0.0.1:0"}
	return cfg
}

func start(t *testing.T, cfg *config.Config) *server {
	t.Helper()
	return startWith(t, cfg, Options{Version: "test"})
}

func startWith(t *testing.T, cfg *config.Config, o Options) *server {
	t.Helper()
	o.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	e, err := New(cfg, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }() // ends with stop
	s := &server{t: t, cfg: cfg, e: e}
	s.stop = sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() { _ = s.stop() })
	select {
	case <-e.Ready():
	case err := <-done:
		t.Fatalf("the engine ended at once: %v", err)
	}
	return s
}

// send sends a datagram to UDP listener i from a loopback address.
func (s *server) send(i int, source, text string) {
	s.t.Helper()
	to, err := net.ResolveUDPAddr("udp", s.e.Listeners()[i].Address)
	if err != nil {
		s.t.Fatal(err)
	}
	c, err := net.DialUDP("udp", &net.UDPAddr{IP: net.ParseIP(source)}, to)
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte(text)); err != nil {
		s.t.Fatal(err)
	}
}

// awaitStored waits until n messages are committed.
func (s *server) awaitStored(n int64) {
	s.t.Helper()
	tail := s.e.store.Tail()
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	for s.e.store.Stats().Stored < n {
		// A message may have been committed before the tail began: look again soon.
		wait, done := context.WithTimeout(ctx, 50*time.Millisecond)
		_, _, err := tail.Next(wait)
		done()
		if err != nil && ctx.Err() != nil {
			s.t.Fatalf("only %d of %d messages stored after 30 s", s.e.store.Stats().Stored, n)
		}
	}
}

func (s *server) get(path string) string {
	s.t.Helper()
	return s.getFrom(s.e.ConsoleAddr(), path)
}

func (s *server) getFrom(console, path string) string {
	s.t.Helper()
	r, err := http.Get("http://" + console + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		s.t.Fatalf("GET %s: %s %v %s", path, r.Status, err, body)
	}
	return string(body)
}

func TestADatagramBecomesARowAndAnAlertOnAPhone(t *testing.T) {
	bot := newBotAPI(t)
	cfg := testConfig(t, "[telegram]\ntoken = '123:marker-secret'\nchat_id = '-100123'\napi_url = '"+bot.URL+"'\n[[device]]\naddress = '127.0.0.3'\nname = 'OLT South'\n")
	s := start(t, cfg)
	s.send(0, "127.0.0.2", "<134>Jun 13 10:00:00 OLT-1 EPON: ONU 0/1/1:4 registered")
	s.send(1, "127.0.0.3", "<131>Jun 13 10:00:01 OLT-2 EPON: PON deregister ONU 0/1/2:7")
	s.awaitStored(2)
	sent := bot.await(t, "PON deregister")
	for _, want := range []string{"-100123", "OLT South", "127.0.0.3"} {
		if !strings.Contains(sent, want) {
			t.Errorf("the alert %q lacks %q", sent, want)
		}
	}
	if got := s.get("/api/v1/messages?query=%22PON%20deregister%22"); !strings.Contains(got, "ONU 0/1/2:7") {
		t.Errorf("GET messages does not find the message: %s", got)
	}
	var st struct {
		Ledger struct{ Received, Stored, Dropped int64 }
	}
	if err := json.Unmarshal([]byte(s.get("/api/v1/status")), &st); err != nil {
		t.Fatal(err)
	}
	if st.Ledger.Received != 2 || st.Ledger.Stored != 2 || st.Ledger.Dropped != 0 {
		t.Errorf("ledger of the day = %+v, want 2 received, 2 stored", st.Ledger)
	}
	metrics := s.get("/metrics")
	for _, want := range []string{
		`(?m)^logboom_messages_stored_total 2$`,
		`(?m)^logboom_messages_received_total\{listener="udp 127\.0\.0\.1:0"\} 1$`,
		`(?m)^logboom_messages_dropped_total\{listener="udp 127\.0\.0\.1:0",reason="kernel"\} 0$`,
		`(?m)^logboom_queue_length 0$`, `(?m)^logboom_devices 2$`, `(?m)^logboom_follower_lag\{follower="alerts"\} 0$`,
		`(?m)^logboom_alerts_total\{rule="[^"]+"\} 1$`, `(?m)^logboom_notifications_total\{notifier="telegram",result="sent"\} [01]$`, // counted once the outbox knows it
		`(?m)^logboom_batch_seconds_count [1-9]`,
	} {
		if !regexp.MustCompile(want).MatchString(metrics) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	if strings.Contains(metrics, "marker-secret") {
		t.Error("/metrics shows the token")
	}
	if err := s.stop(); err != nil {
		t.Fatalf("stopping: %v", err)
	}
	wantTables(t, cfg, "127.0.0.2", "127.0.0.3")
}

// wantTables checks that nothing but plain SQL is needed to read the day.
func wantTables(t *testing.T, cfg *config.Config, devices ...string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(cfg.DataDirectory(), "syslog_????????.db"))
	if err != nil || len(files) != 1 {
		t.Fatalf("day files: %q, %v; want one", files, err)
	}
	db, err := sqlite.OpenReader(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, day, _ := strings.Cut(strings.TrimSuffix(files[0], ".db"), "syslog_")
	for _, d := range devices {
		var n int
		row := db.QueryRow(fmt.Sprintf("SELECT count(*) FROM logs_%s_%s", strings.ReplaceAll(d, ".", "_"), day))
		if err := row.Scan(&n); err != nil || n != 1 {
			t.Errorf("table of %s: %d rows, %v; want 1", d, n, err)
		}
	}
	var waiting int
	if err := db.QueryRow("SELECT count(*) FROM inbox").Scan(&waiting); err != nil && err != sql.ErrNoRows || waiting != 0 {
		t.Errorf("inbox after a clean stop: %d rows, %v; want none", waiting, err)
	}
}

func TestA01AnAlertWaitsForTelegramToComeBackEvenOverARestart(t *testing.T) {
	bot := newBotAPI(t)
	bot.setDown(true)
	cfg := testConfig(t, "[telegram]\ntoken = '123:marker-secret'\nchat_id = '-100123'\napi_url = '"+bot.URL+"'\n")
	s := start(t, cfg)
	s.send(0, "127.0.0.2", "<131>OLT-2 EPON: PON deregister ONU 0/1/2:7")
	s.awaitStored(1)
	if err := s.stop(); err != nil {
		t.Fatalf("stopping: %v", err)
	}
	bot.setDown(false)
	s = start(t, cfg)
	bot.await(t, "PON deregister")
	if err := s.stop(); err != nil {
		t.Fatalf("stopping again: %v", err)
	}
	bot.mu.Lock()
	defer bot.mu.Unlock()
	if len(bot.sent) != 1 {
		t.Errorf("%d messages were sent, want one: %q", len(bot.sent), bot.sent)
	}
}

func TestABurstIsStoredToTheLastMessageAndSearchAgreesWithMatch(t *testing.T) {
	cfg := testConfig(t, "")
	s := start(t, cfg)
	to, err := net.ResolveTCPAddr("tcp", s.e.Listeners()[2].Address)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.DialTCP("tcp", nil, to)
	if err != nil {
		t.Fatal(err)
	}
	const n = 20_000
	go func() {
		defer c.Close()
		var b []byte
		for i := range n {
			b = fmt.Appendf(b, "<134>Jun 13 10:00:00 sw-%d IFMGR: port %d changed state, seq=%06d\n", i%7, i%48, i)
			if len(b) > 1<<16 || i == n-1 {
				if _, err := c.Write(b); err != nil {
					t.Error(err)
					return
				}
				b = b[:0]
			}
		}
	}() // ends when all is written
	s.awaitStored(n)
	q, err := query.Parse("host:sw-3 seq=000")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	err = s.e.store.Archive().Each(t.Context(), store.Search{Query: q}, func(r *syslog.Record) error {
		if r.Source != netip.MustParseAddr("127.0.0.1") || !q.Match(r, nil) {
			return fmt.Errorf("found %q, which does not match", r.Raw)
		}
		found++
		return nil
	})
	want := 0
	for i := range 1000 {
		if i%7 == 3 {
			want++
		}
	}
	if err != nil || found != want {
		t.Errorf("found %d, %v; want %d", found, err, want)
	}
	if err := s.stop(); err != nil {
		t.Fatalf("stopping: %v", err)
	}
}

func TestATakenPortDoesNotStopTheOthers(t *testing.T) {
	taken, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	cfg := testConfig(t, "")
	cfg.Listen.UDP[1] = taken.LocalAddr().String()
	s := start(t, cfg)
	if l := s.e.Listeners()[1]; l.Open || !strings.Contains(l.Error, "engine.test") {
		t.Errorf("listener on a taken port: %+v, want its error to name this program", l)
	}
	s.send(0, "127.0.0.2", "still here")
	s.awaitStored(1)
	if got := s.get("/healthz"); !strings.Contains(got, "degraded") {
		t.Errorf("/healthz = %q, want degraded", got)
	}
}

func TestATakenPortOfTheConsoleNamesItsHolder(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	cfg := testConfig(t, "")
	cfg.Console.Listen = taken.Addr().String()
	s := start(t, cfg)
	if err := s.e.console.Err(); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("engine.test\" (pid %d)", os.Getpid())) {
		t.Errorf("console on a taken port: %v, want its error to name this program", err)
	}
	if got := s.e.consoleState(); got != "waits for "+cfg.Console.Listen {
		t.Errorf("the log says that the console is %q", got)
	}
}

func TestADirectoryThatCannotBeMadeIsSaidAtOnce(t *testing.T) {
	cfg := testConfig(t, "")
	cfg.Store.Directory = filepath.Join("/proc/logboom", "data")
	if _, err := New(cfg, Options{}); err == nil || !strings.Contains(err.Error(), "/proc/logboom") {
		t.Errorf("New = %v, want an error that names the directory", err)
	}
}
