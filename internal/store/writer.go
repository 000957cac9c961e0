package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/logboom/logboom/internal/sqlite"
)

const (
	// drainTime bounds how long the store goes on storing after it was told
	// to stop. Whoever waits for Run should wait some seconds longer: the files
	// are closed after it. Windows gives a service ten seconds for all of it.
	drainTime = 5 * time.Second
	tickEvery = 250 * time.Millisecond
	// steady is how long storing must go well before trouble counts as over.
	steady = 5 * time.Second
	// busyTime is how long a statement of the writer waits for a lock. It is
	// tried again; with a longer time a stop would wait longer, too.
	busyTime = time.Second
)

// A writer is what [Store.Run] works with. Only its goroutine may touch it.
type writer struct {
	*Store
	days      map[int]*openDay
	today     int
	may       allowance
	busy      time.Duration   // how long a statement waits for a lock
	stopping  context.Context // done: the store was told to stop
	abandon   context.Context // done: give up what cannot be stored
	lastError time.Time
	fatal     error // after which the store cannot go on, see giveUp
	sealer    *sealer
	keeper    *keeper
	crowded   int                         // the day whose limit of devices was told of
	devices   map[int]map[string]struct{} // by day, of the latest ones: addresses; see devicesOf
	populated bool                        // there are some
	drain     time.Duration
	checks    atomic.Int64 // looks at files that were found well

	// hook is called at the named points, may fail and stand for what the disk
	// and the system do; nil but in tests.
	hook atomic.Pointer[func(point string) error]
}

func newWriter(s *Store) *writer {
	w := &writer{Store: s, days: make(map[int]*openDay), devices: make(map[int]map[string]struct{}), busy: busyTime, stopping: context.Background(), abandon: context.Background(), drain: drainTime}
	w.sealer = newSealer(s)
	w.keeper = newKeeper(s)
	w.today = w.dayNow()
	w.protect()
	return w
}

func (w *writer) dayNow() int { return DayOf(w.options.Now().UnixMicro(), w.options.Location) }

// Run stores what comes from src until it has ended, then completes and closes
// the files and returns nil. When ctx is done src is expected to end; what has
// not been stored 5 s later is given up, counted in [Stats] and told in the
// error. Run also returns an error when it cannot go on: the disk fails again
// and again, or SQLite reports a fault in this program. It may be called once.
func (s *Store) Run(ctx context.Context, src Source) error {
	w := s.writer
	abandon, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	w.stopping, w.abandon = ctx, abandon
	defer context.AfterFunc(ctx, func() { time.AfterFunc(w.drain, cancel) })()

	// These end with Run, which waits for them.
	var others sync.WaitGroup
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	others.Go(func() { w.sealer.run(background) })
	others.Go(func() { w.keeper.run(background) })
	taking, stopTaking := context.WithCancel(ctx)
	defer stopTaking()
	deliveries := make(chan *delivery)
	failed := make(chan error, 1)
	in := newIntake(s.options)
	in.store = s
	others.Go(func() { failed <- in.run(taking, src, deliveries) })

	err := w.loop(deliveries, src)
	if err != nil && !errors.Is(err, errNoTime) {
		w.options.Event(Event{Kind: EventStopped, Text: fmt.Sprintf("messages cannot be stored, the server ends: %v", err)})
	}
	stopTaking()
	for d := range deliveries { // there are some only after an error
		w.lose(d)
		src.Done(d.batches)
	}
	err = errors.Join(err, <-failed)
	w.closeDays()
	err = errors.Join(err, w.fatal)
	stop()
	others.Wait()
	s.feed.close()
	return errors.Join(err, s.archive.Close())
}

// lose counts the messages of a delivery that was not tried.
func (w *writer) lose(d *delivery) {
	w.note(func(s *Stats) {
		for _, p := range d.parts {
			s.Dropped += int64(len(p.records))
			_, s.DroppedBy = p.tally(0, nil, s.DroppedBy)
		}
	})
}

// loop stores deliveries until there will be no more, and does what is due in
// between, piece by piece, so that messages do not wait long.
func (w *writer) loop(deliveries <-chan *delivery, src Source) error {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	idle := make(chan struct{})
	close(idle)
	var lost error
	for {
		var due <-chan struct{}
		if w.filingDay(time.Now()) != nil {
			due = idle // do not wait for messages
		}
		select {
		case d, more := <-deliveries:
			if !more {
				return lost
			}
			err := w.take(d)
			src.Done(d.batches)
			if err != nil && !errors.Is(err, errNoTime) {
				return errors.Join(lost, err)
			}
			lost = errors.Join(lost, err)
		case <-tick.C:
			if err := w.tick(); err != nil {
				return errors.Join(lost, err)
			}
		case <-due:
		}
		for w.fileSome() && w.overflowing() {
		}
		if err := w.fatal; err != nil {
			w.fatal = nil
			lost = errors.Join(lost, err)
			if !errors.Is(err, errNoTime) {
				return lost
			}
		}
	}
}

// giveUp enters an error, if it is one, after which the store cannot go on,
// where it turns up while something else is done. The loop ends with it.
func (w *writer) giveUp(err error) {
	if err != nil {
		w.fatal = errors.Join(w.fatal, err)
	}
}

// overflowing reports whether an inbox has become so full that it has to be
// filed before anything else.
func (w *writer) overflowing() bool {
	for _, d := range w.days {
		if d.file != nil && d.file.overflows() {
			return true
		}
	}
	return false
}

// take stores the parts of a delivery.
func (w *writer) take(d *delivery) error {
	waiting := 0
	for _, p := range d.parts {
		waiting += len(p.records)
	}
	for i, p := range d.parts {
		w.note(func(s *Stats) { s.Waiting = waiting })
		if err := w.store(p, true); err != nil {
			lost := -p.stored
			for _, p := range d.parts[i:] {
				lost += len(p.records)
			}
			w.note(func(s *Stats) {
				s.Dropped += int64(lost)
				s.Waiting = 0
				for _, p := range d.parts[i:] {
					s.StoredBy, s.DroppedBy = p.tally(p.stored, s.StoredBy, s.DroppedBy)
				}
			})
			return fmt.Errorf("%d messages were lost: %w", lost, err)
		}
		waiting -= len(p.records)
		w.note(func(s *Stats) { s.StoredBy, _ = p.tally(len(p.records), s.StoredBy, nil) })
	}
	w.note(func(s *Stats) { s.Waiting = 0 })
	return nil
}

// store commits p, whatever it takes, and publishes it. The error is
// errNoTime or one after which the store cannot go on.
func (w *writer) store(p *part, publish bool) error {
	var t trial
	w.try()
	for {
		now := time.Now()
		d, err := w.day(p.day, now)
		if err == nil && t.unsure {
			var there bool
			if there, err = d.file.holds(p); there {
				w.stored(d, p, now, publish)
				return nil
			}
			t.unsure = err != nil
		}
		if err == nil {
			d.assign(p)
			w.begin(now)
			if err = w.point("write"); err == nil {
				err = d.file.write(p, &w.may, now)
			}
			if err == nil {
				err = w.point("written")
			}
		}
		if err == nil {
			w.stored(d, p, now, publish)
			return nil
		}
		w.failed(err)
		done, err := w.react(&t, d, p, err, publish)
		if err != nil || done {
			return err
		}
	}
}

// stored enters that p was committed.
func (w *writer) stored(d *openDay, p *part, begun time.Time, publish bool) {
	now := time.Now()
	took := now.Sub(begun)
	d.used = now
	f := d.file
	w.note(func(s *Stats) {
		if publish {
			s.Stored += int64(len(p.records))
		}
		s.Commits++
		s.Seconds += took.Seconds()
		s.Day, s.Devices, s.Inbox = d.number, len(f.tables), f.waiting
		s.Trying, s.Obstacle = time.Time{}, ""
	})
	if publish {
		p.stored = len(p.records)
		w.feed.publish(p.records, p.size())
		w.options.Committed(len(p.records), took)
	}
	if len(f.tables) >= f.maxDevice && f.others != nil {
		w.tooManyDevices(f)
	}
	d.keep(p)
	if d.size > recentBytes {
		w.giveUp(w.verify(d, now))
	}
	w.checkpointIfDue(d, now)
}

// tick does what time brings.
func (w *writer) tick() error {
	now := time.Now()
	if today := w.dayNow(); today != w.today {
		w.options.Log.Info("the day has changed", "from", w.today, "to", today)
		w.today = today
		w.protect()
		for _, d := range w.days {
			d.used = now // stragglers may come
		}
	}
	for _, d := range w.days {
		if now.Sub(d.checked) >= checkEvery {
			if err := w.verify(d, now); err != nil {
				return err
			}
		}
		w.checkpointIfDue(d, now)
		if d.number != w.today && now.Sub(d.used) >= idleDay {
			w.finish(d)
		}
	}
	w.settleUnfiled()
	if w.lastError.IsZero() || now.Sub(w.lastError) >= steady {
		w.recovered()
	}
	return nil
}

// filingDay returns the day whose inbox should be filed now, nil if none.
func (w *writer) filingDay(now time.Time) *openDay {
	for _, d := range w.days {
		if d.file != nil && !now.Before(d.resume) &&
			(d.file.filingDue(now) || d.number != w.today && d.file.waiting > 0 && d.file.round.left == 0) {
			return d
		}
	}
	return nil
}

// fileSome files a slice of an inbox, if one is due, and reports whether that
// went well.
func (w *writer) fileSome() bool {
	now := time.Now()
	d := w.filingDay(now)
	if d == nil {
		return false
	}
	w.begin(now)
	err := w.point("file")
	if err == nil {
		err = d.file.fileSlice(&w.may, false, now)
	}
	if err == nil {
		waiting := d.file.waiting
		w.note(func(s *Stats) {
			if s.Day == d.number {
				s.Inbox, s.Devices = waiting, len(d.file.tables)
			}
		})
		w.checkpointIfDue(d, now)
		return true
	}
	// The rows are safe where they are.
	w.failed(err)
	d.resume = now.Add(10 * time.Second)
	d.file.round.active = false
	w.options.Log.Warn("filing will be tried again", "error", err)
	if sqlite.Classify(err) == sqlite.Corrupt {
		w.giveUp(w.setAside(d, "damaged", err))
	} else if k := sqlite.Classify(err); k != sqlite.Full && k != sqlite.Busy {
		w.shut(d)
	}
	return false
}

// closeDays completes and closes all open days.
func (w *writer) closeDays() {
	for _, d := range w.days {
		w.finish(d)
	}
}

// point calls the hook, if there is one.
func (w *writer) point(name string) error {
	if hook := w.hook.Load(); hook != nil {
		return (*hook)(name)
	}
	return nil
}

// failed counts an attempt that failed.
func (w *writer) failed(err error) {
	w.lastError = time.Now()
	kind := sqlite.Classify(err).String()
	w.note(func(s *Stats) { s.Errors[kind]++ })
}
