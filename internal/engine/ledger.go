package engine

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/state"
	"github.com/logboom/logboom/internal/store"
)

// ledgerWait is how often the ledger is written down; a kill -9 forgets what
// was counted since.
const ledgerWait = 10 * time.Second

// account is what happened to the messages of one listener.
type account struct {
	received, stored int64
	dropped          map[string]int64 // by reason
}

// A ledger writes down, per listener and hour, what was received, stored and
// dropped, and sums up the day.
type ledger struct {
	engine *Engine
	state  *state.State
	log    *slog.Logger
	ill    bool // the last write failed
	losses losses

	mu      sync.Mutex
	written map[string]account // counters as they were when they were written last
	day     int                // the day that today sums up
	today   account            // written so far of this day
	rate    rate
	pace    pace
}

// rate is how fast messages came over the last tick.
type rate struct {
	at                                        time.Time
	received, stored, dropped, lost           int64 // counters then
	perSecond, storedPer, droppedPer, lostPer float64
}

func newLedger(e *Engine) (*ledger, error) {
	l := &ledger{engine: e, state: e.state, log: e.log, written: map[string]account{}, losses: losses{}}
	if err := l.turn(time.Now()); err != nil {
		return nil, fmt.Errorf("reading the ledger of today: %w", err)
	}
	return l, nil
}

func startOfDay(t time.Time, zone *time.Location) time.Time {
	t = t.In(zone)
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, zone)
}

func (a *account) add(b account) {
	a.received += b.received
	a.stored += b.stored
	for reason, n := range b.dropped {
		a.dropped[reason] += n
	}
}

// since returns a - b.
func (a account) since(b account) account {
	d := account{received: a.received - b.received, stored: a.stored - b.stored, dropped: map[string]int64{}}
	for reason, n := range a.dropped {
		if n -= b.dropped[reason]; n != 0 {
			d.dropped[reason] = n
		}
	}
	return d
}

func (a account) sum() (n int64) {
	for _, d := range a.dropped {
		n += d
	}
	return n
}

// lost returns the messages dropped but for those that are not wanted: of
// senders that were refused, and the ends of messages that are too long.
func (a account) lost() int64 { return a.sum() - a.dropped["refused"] - a.dropped["oversize"] }

func (a account) empty() bool { return a.received == 0 && a.stored == 0 && len(a.dropped) == 0 }

// accounts reads the counters of now, by listener. The store is read first, so
// that no account shows more stored than received.
func (e *Engine) accounts() map[string]account {
	st := e.store.Stats()
	out := map[string]account{}
	for i, l := range e.collector.Listeners() {
		a := account{received: l.Received, stored: at(st.StoredBy, i), dropped: map[string]int64{"disk": at(st.DroppedBy, i)}}
		l.Dropped.Each(func(reason string, n int64) { a.dropped[reason] = n })
		if e.ended.Load() { // nobody will store what is left
			a.dropped["disk"] += max(0, a.received-a.stored-a.sum())
		}
		out[l.Name] = a
	}
	return out
}

// run writes the ledger down until ctx is done, and once more then: network and
// store have ended.
func (l *ledger) run(ctx context.Context) error {
	second := time.NewTicker(time.Second)
	defer second.Stop()
	written, last := time.Now(), time.Now()
	for {
		select {
		case <-ctx.Done():
			l.engine.ended.Store(true)
			l.write(context.WithoutCancel(ctx), time.Now())
			return nil
		case now := <-second.C:
			l.measure(now)
			switch {
			case state.HourOf(now) != state.HourOf(last): // what was counted belongs to the hour that has ended
				written = now
				l.write(ctx, last)
			case now.Sub(written) >= ledgerWait:
				written = now
				l.write(ctx, now)
			}
			last = now
		}
	}
}

// measure notes the rate of the last second.
func (l *ledger) measure(now time.Time) {
	var sum account
	sum.dropped = map[string]int64{}
	for _, a := range l.engine.accounts() {
		sum.add(a)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	r := rate{at: now, received: sum.received, stored: sum.stored, dropped: sum.sum(), lost: sum.lost()}
	if r.lost > l.rate.lost && !l.rate.at.IsZero() {
		l.engine.watcher.lostAt.Store(now.UnixMicro())
	}
	if s := now.Sub(l.rate.at).Seconds(); !l.rate.at.IsZero() && s > 0 {
		r.perSecond = float64(r.received-l.rate.received) / s
		r.storedPer = float64(r.stored-l.rate.stored) / s
		r.droppedPer = float64(r.dropped-l.rate.dropped) / s
		r.lostPer = float64(r.lost-l.rate.lost) / s
	}
	l.rate = r
	l.pace.note(now, r.received)
}

// past returns how fast messages came in the last minutes, oldest first.
func (l *ledger) past() []console.Past {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.pace.points)
}

// write adds what happened since the last time to the hour of now. Messages
// that are in flight are entered when it is known what became of them: a kill
// -9 takes them along, and they would be in flight for ever.
func (l *ledger) write(ctx context.Context, now time.Time) {
	accounts := l.engine.accounts()
	l.mu.Lock()
	defer l.mu.Unlock()
	var rows []state.LedgerRow
	lost := map[string]map[string]int64{}
	for name, a := range accounts {
		a.received = a.stored + a.sum()
		accounts[name] = a
		d := a.since(l.written[name])
		lost[name] = d.dropped
		if !d.empty() {
			rows = append(rows, state.LedgerRow{
				Listener: name, Hour: state.HourOf(now), Received: d.received, Stored: d.stored, Dropped: d.dropped,
			})
		}
	}
	if len(rows) == 0 {
		l.tellLosses(lost, now)
		return
	}
	if err := l.state.AddLedger(ctx, rows); err != nil {
		if !l.ill {
			l.log.Warn("the ledger of losses cannot be stored, counting on", "error", err)
		}
		l.ill = true
		return // the counters stay, so nothing is lost but the hour it belongs to
	}
	l.ill = false
	if store.DayOf(now.UnixMicro(), l.engine.config().Location()) != l.day {
		if err := l.turn(now); err != nil { // reads what was just added, too
			l.log.Warn("the ledger of today cannot be read, its sums begin now", "error", err)
		}
		rows = nil
	}
	for _, r := range rows {
		l.today.add(account{received: r.Received, stored: r.Stored, dropped: r.Dropped})
	}
	l.written = accounts
	l.tellLosses(lost, now)
}

// turn goes on with the sum of another day, as far as that is written down, if
// the day has changed. Days come again when the clock is set back.
func (l *ledger) turn(now time.Time) error {
	zone := l.engine.config().Location()
	day := store.DayOf(now.UnixMicro(), zone)
	if day == l.day {
		return nil
	}
	rows, err := l.state.Ledger(context.Background(), startOfDay(now, zone).UnixMicro(), now.Add(time.Hour).UnixMicro())
	l.day, l.today = day, account{dropped: map[string]int64{}}
	for _, r := range rows {
		l.today.add(account{received: r.Received, stored: r.Stored, dropped: r.Dropped})
	}
	return err
}

// sumOfDay returns the account of today, to the message, and the rate.
func (l *ledger) sumOfDay() (day int, a account, r rate) {
	accounts := l.engine.accounts()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.turn(time.Now()); err != nil {
		l.log.Warn("the ledger of today cannot be read, its sums begin now", "error", err)
	}
	a = account{received: l.today.received, stored: l.today.stored, dropped: maps.Clone(l.today.dropped)}
	for name, now := range accounts {
		a.add(now.since(l.written[name]))
	}
	return l.day, a, l.rate
}
