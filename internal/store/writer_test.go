package store

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/sqlite"
	"github.com/logboom/logboom/internal/syslog"
)

// A pipe is a Source that a test writes to.
type pipe struct {
	mu      sync.Mutex
	queue   []*syslog.Batch
	given   int // messages taken and not yet done
	done    int // messages done
	closed  bool
	changed chan struct{}
}

func newPipe() *pipe { return &pipe{changed: make(chan struct{})} }

func (p *pipe) wake() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// send hands messages over, as one batch.
func (p *pipe) send(messages ...message) {
	b := &syslog.Batch{}
	for _, m := range messages {
		b.Datagrams = append(b.Datagrams, syslog.Datagram{
			Off: uint32(len(b.Buf)), Len: uint32(len(m.raw)), ReceivedAt: m.at.UnixMicro(), Source: m.from,
		})
		b.Buf = append(b.Buf, m.raw...)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue = append(p.queue, b)
	p.wake()
}

func (p *pipe) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.wake()
}

func (p *pipe) Next(ctx context.Context, most int, _ time.Duration) ([]*syslog.Batch, error) {
	for {
		p.mu.Lock()
		if len(p.queue) > 0 {
			n := 0
			var out []*syslog.Batch
			for len(p.queue) > 0 && n < most {
				out = append(out, p.queue[0])
				n += len(p.queue[0].Datagrams)
				p.queue = p.queue[1:]
			}
			p.given += n
			p.wake()
			p.mu.Unlock()
			return out, nil
		}
		if p.closed || ctx.Err() != nil {
			p.mu.Unlock()
			return nil, io.EOF
		}
		changed := p.changed
		p.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

func (p *pipe) Done(batches []*syslog.Batch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range batches {
		p.given -= len(b.Datagrams)
		p.done += len(b.Datagrams)
		clear(b.Buf) // who still needs it has not copied it
		clear(b.Datagrams)
	}
	p.wake()
}

// waitTaken waits until all that was sent has been taken.
func (p *pipe) waitTaken() {
	for {
		p.mu.Lock()
		left, changed := len(p.queue), p.changed
		p.mu.Unlock()
		if left == 0 {
			return
		}
		<-changed
	}
}

// waitDone waits until so many messages were given back.
func (p *pipe) waitDone(t testing.TB, n int) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		p.mu.Lock()
		done, changed := p.done, p.changed
		p.mu.Unlock()
		if done >= n {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("%d of %d messages were given back after 30 s", done, n)
		}
	}
}

type message struct {
	from netip.Addr
	at   time.Time
	raw  string
}

var (
	deviceA = netip.MustParseAddr("192.168.1.1")
	deviceB = netip.MustParseAddr("2001:db8::1")
	midday  = time.Date(2025, 6, 13, 12, 0, 0, 0, time.UTC)
)

// A bench is a store under test.
type bench struct {
	*Store
	t       testing.TB
	pipe    *pipe
	options Options
	stop    context.CancelFunc
	result  chan error

	mu     sync.Mutex
	events []Event
	now    time.Time
}

// newBench returns a store that does not run yet. Its clock shows noon.
func newBench(t testing.TB, change func(*Options)) *bench {
	t.Helper()
	b := &bench{t: t, pipe: newPipe(), now: midday, result: make(chan error, 1)}
	b.options = Options{Directory: t.TempDir(), Location: time.UTC,
		Now: func() time.Time { b.mu.Lock(); defer b.mu.Unlock(); return b.now },
		Event: func(e Event) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.events = append(b.events, e)
		}}
	if change != nil {
		change(&b.options)
	}
	b.open()
	return b
}

func (b *bench) open() {
	b.t.Helper()
	s, err := Open(b.options)
	if err != nil {
		b.t.Fatal(err)
	}
	b.Store = s
}

// run runs the store.
func (b *bench) run() *bench {
	ctx, stop := context.WithCancel(context.Background())
	b.stop = stop
	go func() { b.result <- b.Run(ctx, b.pipe) }()
	return b
}

// end ends the messages and waits for the store.
func (b *bench) end() {
	b.t.Helper()
	b.pipe.close()
	defer b.stop()
	select {
	case err := <-b.result:
		if err != nil {
			b.t.Errorf("Run: %v", err)
		}
	case <-time.After(30 * time.Second):
		b.t.Fatal("the store has not ended 30 s after its messages did")
	}
}

// restart ends the store and runs it again.
func (b *bench) restart() {
	b.t.Helper()
	b.end()
	done := b.pipe.done
	b.pipe = newPipe()
	b.pipe.done = done
	b.open()
	b.run()
}

func (b *bench) setNow(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = now
}

// eventually waits until holds does. It is for what only time or another
// process brings.
func (b *bench) eventually(what string, holds func() bool) {
	b.t.Helper()
	for range 3000 {
		if holds() {
			return
		}
		<-time.After(10 * time.Millisecond)
	}
	b.t.Fatalf("not within 30 s: %s", what)
}

// told reports whether people were told of a kind of event.
func (b *bench) told(kind string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.ContainsFunc(b.events, func(e Event) bool { return e.Kind == kind })
}

// all returns the rows of a query over a file as lines.
func (b *bench) all(file, query string, args ...any) []string {
	b.t.Helper()
	return rowsOf(b.t, filepath.Join(b.options.Directory, file), query, args...)
}

func rowsOf(t testing.TB, path, query string, args ...any) []string {
	t.Helper()
	db := reader(t, path)
	defer db.Close()
	return linesOf(t, db, query, args...)
}

func reader(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sqlite.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func linesOf(t testing.TB, db *sql.DB, query string, args ...any) []string {
	t.Helper()
	rows, err := db.Query(query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	var lines []string
	columns, _ := rows.Columns()
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		var line []string
		for _, v := range values {
			switch v := (*v.(*any)).(type) {
			case nil:
				line = append(line, "NULL")
			case []byte:
				line = append(line, fmt.Sprintf("x%q", v))
			default:
				line = append(line, fmt.Sprint(v))
			}
		}
		lines = append(lines, strings.Join(line, "|"))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

func want(t testing.TB, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\ngot  %s\nwant %s", what, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

func TestP06RowsAreRightBitByBit(t *testing.T) {
	gbk, err := syslog.LookupCharset("gbk")
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, func(o *Options) {
		o.Charset = func(a netip.Addr) *syslog.Charset {
			if a == deviceB {
				return gbk
			}
			return nil
		}
	}).run()
	at := func(i int) time.Time { return midday.Add(time.Duration(i) * time.Microsecond) }
	b.pipe.send(
		message{deviceA, at(1), "<165>1 2025-06-13T11:59:58.000003Z host app 12 ID47 [a b=\"c\"] text of it\n"},
		message{deviceA, at(2), ""},
		message{deviceA, at(3), "no header, two\r\nlines\x00\r\n"},
		message{deviceA, at(4), "<188>a\x00b"},
		message{deviceA, at(5), "<188>\xff\xfe"},
		message{deviceB, at(6), "<188>\xc4\xe3\xba\xc3"},
		message{deviceB, at(7), "<188>already utf-8: 你好"},
	)
	b.end()
	got := b.all("syslog_20250613.db", "SELECT id,received_at-?,sent_at-?,facility,severity,hostname,app_name,proc_id,msg_id,structured_data,typeof(raw),raw,typeof(message),message FROM logs_192_168_1_1_20250613 ORDER BY id", midday.UnixMicro(), midday.UnixMicro())
	want(t, "device A", got, []string{
		`1|1|-1999997|20|5|host|app|12|ID47|[a b="c"]|text|<165>1 2025-06-13T11:59:58.000003Z host app 12 ID47 [a b="c"] text of it|text|text of it`,
		`2|2|NULL|1|5|NULL|NULL|NULL|NULL|NULL|text||text|`,
		"3|3|NULL|1|5|NULL|NULL|NULL|NULL|NULL|text|no header, two\r\nlines|text|no header, two\r\nlines",
		`4|4|NULL|23|4|NULL|NULL|NULL|NULL|NULL|blob|x"<188>a\x00b"|blob|x"a\x00b"`,
		`5|5|NULL|23|4|NULL|NULL|NULL|NULL|NULL|blob|x"<188>\xff\xfe"|blob|x"\xff\xfe"`,
	})
	want(t, "device B", b.all("syslog_20250613.db", "SELECT id,typeof(raw),raw,message FROM logs_2001_db8__1_20250613"), []string{
		"6|text|<188>你好|你好",
		"7|text|<188>already utf-8: 你好|already utf-8: 你好",
	})
	want(t, "devices", b.all("syslog_20250613.db", "SELECT address,table_name,first_at-?,last_at-?,messages FROM devices ORDER BY 1", midday.UnixMicro(), midday.UnixMicro()), []string{
		"192.168.1.1|logs_192_168_1_1_20250613|1|5|5",
		"2001:db8::1|logs_2001_db8__1_20250613|6|7|2",
	})
	if s := b.Stats(); s.Stored != 7 || s.State != "ok" || s.Day != 20250613 || s.Devices != 2 {
		t.Errorf("stats %+v", s)
	}
}
