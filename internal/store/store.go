// Package store keeps the messages: it writes them to one SQLite file per day,
// finds them again, and hands them on to those who follow.
//
// # Writing
//
// [Store.Run] takes batches of datagrams from a [Source], reads them with
// package syslog and commits them. The COMMIT is the moment a message counts
// as accepted: it survives kill -9 and, with sync "full", a power cut. What
// cannot be written at once is kept and tried again until its fate is known;
// files that are damaged are set aside under a new name, never deleted.
//
// Every device has a table per day. Where traffic is thin, a row for each of a
// thousand tables would cost a thousand pages a commit, so such rows are
// committed to the table inbox and filed into the tables of their devices once
// a minute. Whoever reads a day looks at both.
//
// # Reading
//
// An [Archive] reads the files, with a writer at work or without one.
//
// The files and tables are described in ARCHITECTURE.md, "What is stored".
package store

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/logboom/logboom/internal/syslog"
)

// Options say where and how messages are stored.
type Options struct {
	// Directory holds the day files. It is made if it is absent.
	Directory string

	// BatchSize is how many messages are gathered into one commit, 1 to
	// 10,000. 0 means 1,000. When messages come faster than such commits can
	// be made, the store gathers up to ten times as many.
	BatchSize int

	// BatchWait is how long a message waits for others before it is
	// committed. 0 means 100 ms.
	BatchWait time.Duration

	// Sync is "full" (or empty): a commit waits for the disk; or "normal": it
	// does not, and a power cut may take the last minutes.
	Sync string

	// Location is the zone whose midnight changes the file. nil means
	// time.Local.
	Location *time.Location

	// MaxDevices is how many tables a day may have. Messages of devices beyond
	// it go into one table for all. 0 means 10,000.
	MaxDevices int

	// Log is for what people should know. nil discards it.
	Log *slog.Logger

	// Zone tells the zone in which a device writes its times; nil, or a nil
	// result, means Location. It is called from the writer only.
	Zone func(netip.Addr) *time.Location

	// Charset tells how a device encodes text that is not UTF-8; nil, or a
	// nil result, leaves it as it is. It is called from the writer only.
	Charset func(netip.Addr) *syslog.Charset

	// Now is our clock, by which days end. nil means time.Now.
	Now func() time.Time

	// Event, if not nil, is told what a person should hear of. It must not
	// block: it is called from the writer.
	Event func(Event)

	// Committed, if not nil, is told of every commit: how many messages it
	// had and how long it took. It is called from the writer.
	Committed func(messages int, took time.Duration)

	// Sealed, if not nil, keeps the checksum of every file of a day that is
	// closed for good. It is called from a goroutine of its own, before the file
	// is made read-only; if it fails that is tried again. A message that comes
	// late for the day waits for it.
	Sealed func(Seal) error

	// IsSealed, if not nil, reports whether Sealed has kept a file. Those that
	// are closed but not kept are read for their checksums after the start.
	IsSealed func(day, part int) (bool, error)

	// Busy, if not nil, tells whether storing is falling behind, so that
	// searches should give way. It is called often, from several goroutines.
	Busy func() bool

	// Retention says which days are deleted. The zero value keeps all.
	Retention Retention
}

// A Store writes the messages and hands them to those who follow. It is made
// by [Open] and lives until [Store.Run] returns.
type Store struct {
	options Options
	feed    *feed
	archive *Archive
	writer  *writer

	retention atomic.Pointer[Retention]
	batching  atomic.Pointer[batching]
	relearn   atomic.Bool // what people have set for devices has changed

	mu      sync.Mutex
	stats   Stats
	told    []string     // kinds of the troubles that people were told of and that are not over
	writing map[int]bool // days that must not be deleted or sealed now
}

// Open prepares a Store in a directory, made if it is absent. What a crash has
// left unfinished is completed. The error says why nothing can be stored here;
// troubles that may pass, such as a full disk, are not errors.
func Open(o Options) (*Store, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	archive, err := OpenArchive(o.Directory, o.Location)
	if err != nil {
		return nil, err
	}
	if o.Busy != nil {
		archive.busy = o.Busy
	}
	s := &Store{options: o, feed: newFeed(feedBytes), archive: archive, writing: make(map[int]bool)}
	archive.stored = s.feed.next
	s.stats.State, s.stats.Since = stateOK, o.Now()
	s.stats.Errors = make(map[string]int64)
	s.retention.Store(&o.Retention)
	s.batching.Store(&batching{o.BatchSize, o.BatchWait})
	s.writer = newWriter(s)
	// On a full disk nothing can be completed or opened before there is room.
	if err := s.writer.keeper.enforce(); err != nil {
		s.options.Log.Warn("deleting old days", "error", err)
	}
	s.writer.recover()
	s.writer.readDevices()
	if err := s.writer.openToday(); err != nil {
		archive.Close() // nobody has used it
		return nil, err
	}
	return s, nil
}

// Archive returns the archive of the store's files, for all readers in this
// process. It can be read until [Store.Run] or [Store.Close]
// has returned.
func (s *Store) Archive() *Archive { return s.archive }

// Close ends reading. It is to be called after Run has returned, or instead of
// it.
func (s *Store) Close() error {
	s.feed.close()
	return s.archive.Close()
}

// withDefaults fills in what is absent and checks the rest.
func (o Options) withDefaults() (Options, error) {
	o.BatchSize = cmp.Or(o.BatchSize, 1000)
	o.BatchWait = cmp.Or(o.BatchWait, 100*time.Millisecond)
	o.MaxDevices = cmp.Or(o.MaxDevices, 10_000)
	o.Sync = cmp.Or(o.Sync, "full")
	if o.Location == nil {
		o.Location = time.Local
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Committed == nil {
		o.Committed = func(int, time.Duration) {}
	}
	if o.Sealed == nil {
		o.Sealed = func(Seal) error { return nil }
	}
	if o.IsSealed == nil {
		o.IsSealed = func(int, int) (bool, error) { return true, nil }
	}
	if o.Event == nil {
		o.Event = func(Event) {}
	}
	if o.Sync != "full" && o.Sync != "normal" {
		return o, fmt.Errorf("store sync is %q, must be \"full\" or \"normal\"", o.Sync)
	}
	if o.Directory == "" {
		return o, fmt.Errorf("the store has no directory")
	}
	if err := os.MkdirAll(o.Directory, 0o750); err != nil {
		return o, fmt.Errorf("making the directory for messages: %w", err)
	}
	return o, nil
}
