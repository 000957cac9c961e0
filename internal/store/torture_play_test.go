package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/logboom/logboom/internal/syslog"
)

// A play is one run of a store over the script: it opens the store, goes on
// behind the last message that is there, crosses midnight, and closes. What was
// accepted it enters in a book. Filing and checkpoints, which else come once a
// minute, come every few commits.
type play struct {
	Directory string
	Book      string // file of entries, see [entry]; "" = none
	Sync      string // "full", "normal", or "off": SQLite never waits for the disk
	Midnight  int64  // number of the first message after midnight
	Days      int    // midnights before this one
	Until     int64  // end before this number, at the earliest
	Die       int64  // the process kills itself when this message was accepted; 0 = not

	// Plan is what fails, once message PlanAt was accepted; 0 = from the start.
	Plan   *faultPlan
	PlanAt int64

	// Seal ends the play only after the day before midnight was sealed, while
	// messages went on, and then sends some late ones into that day. A seal that
	// does not come soon is not waited for.
	Seal bool

	// For plays in the process of the test.
	prepare  func(*Store)     // before Run
	accepted func(acceptance) // called by the writer
	event    func(Event)
	log      *slog.Logger

	sent int64 // after the play: number of the first message that was not sent
}

// clock returns when message n is sent.
func (p *play) clock(n int64) time.Time {
	return tortureMidnight.AddDate(0, 0, p.Days).Add(time.Duration(n-p.Midnight) * time.Millisecond)
}

const (
	playCheckpoint = 17                   // commits from one checkpoint to the next
	playFiling     = 11                   // and from one filing of the inbox
	playLate       = 7                    // deliveries after the seal, some of them late
	playPace       = 3 * time.Millisecond // between deliveries before it
	playPatience   = 15 * time.Second     // with the seal: one that is put off comes a minute later
)

// give gives the play. It returns what Open or Run has said.
func (p *play) give(ctx context.Context) (err error) {
	var book *os.File
	if p.Book != "" {
		if book, err = os.OpenFile(p.Book, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, book.Close()) }()
	}
	source := &playSource{play: p, sealed: make(chan struct{})}
	source.now.Store(p.clock(0).UnixMicro())
	var sealedOnce sync.Once
	var writer playWriter
	if err := p.arm(p.PlanAt == 0); err != nil {
		return err
	}
	s, err := Open(Options{
		Directory: p.Directory, Location: time.UTC, Sync: p.sync(), Now: source.time,
		Event: p.event, Log: p.log,
		Committed: func(int, time.Duration) {
			writer.committed(book)
		},
		Sealed: func(seal Seal) error {
			if seal.Day == DayOf(p.clock(p.Midnight-1).UnixMicro(), time.UTC) {
				sealedOnce.Do(func() { close(source.sealed) })
			}
			return nil
		},
	})
	if err != nil {
		return fmt.Errorf("opening: %w", err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if source.next, err = resume(ctx, s.Archive()); err != nil {
		return err
	}
	source.now.Store(p.clock(source.next).UnixMicro())
	writer = playWriter{play: p, writer: s.writer, next: s.feed.next()}
	writer.keepSync()
	if p.prepare != nil {
		p.prepare(s)
	}
	err = s.Run(ctx, source)
	p.sent = source.next
	return err
}

// arm puts the plan into force, if now is when.
func (p *play) arm(now bool) error {
	if p.Plan == nil || !now {
		return nil
	}
	f, err := openFaults()
	if err != nil {
		return err
	}
	return errors.Join(f.arm(filepath.Base(p.Directory), *p.Plan), f.Close())
}

// sync returns what stands in the options; "off" is no choice there.
func (p *play) sync() string {
	if p.Sync == "off" {
		return "normal"
	}
	return p.Sync
}

// resume returns the number of the first message that is not there.
func resume(ctx context.Context, a *Archive) (int64, error) {
	next := int64(0)
	err := a.Each(ctx, Search{}, func(r *syslog.Record) error {
		if n, _, ok := scriptNumber(r.Raw); ok {
			next = max(next, n+1)
		}
		return nil
	})
	if isDamageError(err) {
		err = nil // it is what was to be done
	}
	return next, err
}

// A playWriter is what happens in the goroutine of the writer.
type playWriter struct {
	*play
	*writer
	next    int64 // running number of the record that will be accepted next
	commits int
	lying   []*dayFile // files with synchronous=OFF
}

// committed enters what was just accepted, before anything else is done to the
// files, and arranges what is due next.
func (w *playWriter) committed(book *os.File) {
	blocks, lost := w.feed.after(w.next)
	if lost || len(blocks) == 0 {
		panic("the feed has lost what was just published")
	}
	for _, b := range blocks {
		first, _, ok := scriptNumber(b.records[0].Raw)
		last, _, ok2 := scriptNumber(b.records[len(b.records)-1].Raw)
		n := int64(len(b.records))
		if !ok || !ok2 || last-first != n-1 {
			panic("a commit is not a stretch of the script")
		}
		a := acceptance{Day: int32(b.records[0].Day), ID: b.records[0].ID, Number: first, Count: int32(n)}
		if book != nil {
			if err := a.enter(book); err != nil {
				panic(err)
			}
		}
		if w.play.accepted != nil {
			w.play.accepted(a)
		}
		if err := w.arm(first <= w.PlanAt && w.PlanAt <= last && w.PlanAt > 0); err != nil {
			panic(err)
		}
		w.next = b.last() + 1
		if w.Die > 0 && last >= w.Die {
			killMyself()
		}
	}
	w.keepSync()
	w.commits++
	for _, d := range w.days {
		if d.file == nil {
			continue
		}
		if w.commits%playCheckpoint == 0 {
			d.file.checkpoint.pages = checkpointPages
		}
		if w.commits%playFiling == 0 {
			d.file.quiet = time.Time{}
		}
		if d.number != w.today && w.commits%playFiling == 1 {
			d.used = time.Time{} // it will be closed and sealed
		}
	}
}

// keepSync lets SQLite write without waiting, if the play wants that. The
// product has no such choice.
func (w *playWriter) keepSync() {
	if w.Sync != "off" {
		return
	}
	for _, d := range w.days {
		if d.file == nil || slices.Contains(w.lying, d.file) {
			continue
		}
		if err := d.file.db.Exec("PRAGMA synchronous=OFF"); err != nil {
			panic(err)
		}
		w.lying = append(w.lying, d.file)
	}
}

// killMyself ends the process as kill -9 does.
func killMyself() {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {}
}

// A playSource hands out the script. Every delivery is a commit.
type playSource struct {
	*play
	next   int64
	now    atomic.Int64 // µs
	sealed chan struct{}
	late   int

	waiting time.Time // since when all was sent but for what comes until the seal
}

func (s *playSource) time() time.Time { return time.UnixMicro(s.now.Load()).UTC() }

func (s *playSource) Next(ctx context.Context, _ int, _ time.Duration) ([]*syslog.Batch, error) {
	if ctx.Err() != nil {
		return nil, io.EOF
	}
	n := scriptDelivery(s.next)
	at := s.clock(s.next)
	if s.next >= s.Until {
		if s.waiting.IsZero() {
			s.waiting = time.Now()
		}
		if !s.Seal || s.late == playLate || time.Since(s.waiting) > playPatience {
			return nil, io.EOF
		}
		n = min(n, 2) // it takes a while until the writer looks at the clock
		select {
		case <-s.sealed:
			s.late++
			if s.late%2 == 1 {
				n, at = 1, s.clock(s.Midnight).Add(-time.Minute)
			}
		case <-time.After(playPace):
		case <-ctx.Done():
			return nil, io.EOF
		}
	}
	b := scriptBatch(s.next, n, at)
	s.next += n
	s.now.Store(s.clock(s.next).UnixMicro())
	return []*syslog.Batch{b}, nil
}

func (s *playSource) Done([]*syslog.Batch) {}
