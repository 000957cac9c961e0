package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/logboom/logboom/internal/sqlite"
)

const (
	// maxOpenFiles is how many day files an Archive keeps open for the next
	// reader; more are open only while more are being read. A file of 10,000
	// tables takes some 10 MB a connection and 0.2 s to open.
	maxOpenFiles = 4
	// openIdle is how long a file stays open after its last reader.
	openIdle = time.Minute
	// releasePause is how long a released day is not opened again, so that
	// whoever asked can rename or delete its files. Windows refuses both while
	// a file is open.
	releasePause = time.Second

	maxSearches = 4 // at once; others wait
	maxExports  = 2
	maxReplays  = 1
	maxCounts   = 2
)

// ErrClosed is returned by all methods of a closed [Archive].
var ErrClosed = errors.New("the archive is closed")

// errGone reports that a file was asked back by Release while it was read.
var errGone = errors.New("the day is being closed")

// An Archive reads the day files of a directory, whether a [Store] writes them
// at the same time, in this process or another, or not. Files may appear,
// change and go while it is in use. It may be used by several goroutines.
type Archive struct {
	directory string
	zone      *time.Location

	searches, exports chan struct{} // one value for each that runs
	replays, counts   chan struct{} // likewise
	windows           chan struct{} // one value for each window being read; see giveWay
	busy              func() bool   // storing needs the machine; never nil
	stored            func() int64  // messages so far; never nil
	pace              pace
	held              *descriptors

	mu       sync.Mutex
	files    map[string]*openFile // open ones by path
	released map[int]time.Time    // days not to be opened before
	clock    uint64               // counts takings of files
	changed  chan struct{}        // closed when a file loses a user
	idle     *time.Timer          // closes files that nobody wants
	closed   bool
}

// OpenArchive returns an Archive of the day files in a directory, whose days
// are those of zone; nil means time.Local. It opens no file yet. The error
// says that the directory cannot be read.
func OpenArchive(directory string, zone *time.Location) (*Archive, error) {
	if _, err := os.ReadDir(directory); err != nil {
		return nil, fmt.Errorf("reading the directory of messages: %w", err)
	}
	if zone == nil {
		zone = time.Local
	}
	return &Archive{
		directory: directory,
		zone:      zone,
		searches:  make(chan struct{}, maxSearches),
		exports:   make(chan struct{}, maxExports),
		replays:   make(chan struct{}, maxReplays),
		counts:    make(chan struct{}, maxCounts),
		windows:   make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
		busy:      func() bool { return false },
		stored:    func() int64 { return 0 },
		held:      newDescriptors(),
		files:     make(map[string]*openFile),
		released:  make(map[int]time.Time),
		changed:   make(chan struct{}),
	}, nil
}

// Close closes all files, waiting for those who read them; their calls end
// with [ErrClosed].
func (a *Archive) Close() error {
	a.mu.Lock()
	a.closed = true
	if a.idle != nil {
		a.idle.Stop()
	}
	a.mu.Unlock()
	return a.drop(func(*openFile) bool { return true })
}

// Release closes the files of a day, waiting for those who read them, and
// opens them again at the earliest a second later. Whoever deletes or renames
// the files of a day calls it before.
func (a *Archive) Release(day int) {
	a.mu.Lock()
	a.released[day] = time.Now().Add(releasePause)
	a.mu.Unlock()
	a.drop(func(f *openFile) bool { return f.Day == day })
}

// drop closes the files for which which holds, after their last reader.
func (a *Archive) drop(which func(*openFile) bool) error {
	a.mu.Lock()
	var drop []*openFile
	for path, f := range a.files {
		if which(f) {
			delete(a.files, path)
			close(f.gone)
			drop = append(drop, f)
		}
	}
	for _, f := range drop {
		for f.users > 0 {
			changed := a.changed
			a.mu.Unlock()
			<-changed
			a.mu.Lock()
		}
	}
	a.mu.Unlock()
	var errs []error
	for _, f := range drop {
		errs = append(errs, f.close())
	}
	return errors.Join(errs...)
}

// damagedName is the name of a day file that was set aside.
var damagedName = regexp.MustCompile(`^(syslog_[0-9]{8}(?:\.[0-9]+)?\.db)\.damaged-[0-9-]+$`)

// list returns the files of all days, by day, then damaged ones, then the
// day's own.
func (a *Archive) list() ([]dayPath, error) {
	files, err := dayFiles(a.directory)
	if err != nil {
		return nil, fmt.Errorf("reading the directory of messages: %w", err)
	}
	entries, err := os.ReadDir(a.directory)
	if err != nil {
		return nil, fmt.Errorf("reading the directory of messages: %w", err)
	}
	for _, e := range entries {
		if m := damagedName.FindStringSubmatch(e.Name()); m != nil && isFile(a.directory, e) {
			if day, _, ok := ParseFileName(m[1]); ok {
				files = append(files, dayPath{day, -1, filepath.Join(a.directory, e.Name())})
			}
		}
	}
	slices.SortStableFunc(files, func(x, y dayPath) int {
		return cmp.Or(cmp.Compare(x.Day, y.Day), cmp.Compare(x.Part, y.Part), cmp.Compare(x.Path, y.Path))
	})
	return files, nil
}

// filesOf returns the files of one day.
func (a *Archive) filesOf(day int) ([]dayPath, error) {
	files, err := a.list()
	return slices.DeleteFunc(files, func(p dayPath) bool { return p.Day != day }), err
}

// days returns the days of which there is a file, oldest first.
func (a *Archive) days() ([]int, error) {
	files, err := a.list()
	var days []int
	for _, f := range files {
		if n := len(days); n == 0 || days[n-1] != f.Day {
			days = append(days, f.Day)
		}
	}
	return days, err
}

// take opens a file, or finds it open, and counts the caller among its users
// until giveBack. A file that is no longer the one at its path is opened anew.
func (a *Archive) take(ctx context.Context, p dayPath) (*openFile, error) {
	if err := a.wait(ctx, p.Day); err != nil {
		return nil, err
	}
	info, err := os.Stat(p.Path)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", filepath.Base(p.Path), err)
	}
	a.mu.Lock()
	if a.closed {
		a.mu.Unlock()
		return nil, ErrClosed
	}
	f := a.files[p.Path]
	if f != nil && !os.SameFile(f.info, info) {
		delete(a.files, p.Path)
		a.retire(f)
		f = nil
	}
	if f != nil {
		a.use(f)
		a.mu.Unlock()
		return f, nil
	}
	a.mu.Unlock()

	os.SameFile(info, info) // on Windows this is when the file's identity is read
	a.held.enter(p.Day)
	db, err := sqlite.OpenReader(p.Path)
	if err != nil {
		a.held.leave(p.Day)
		return nil, err
	}
	db.SetMaxIdleConns(1)
	f = &openFile{dayPath: p, name: filepath.Base(p.Path), info: info, db: db, held: a.held, gone: make(chan struct{})}

	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		f.close()
		return nil, ErrClosed
	}
	if other := a.files[p.Path]; other != nil { // opened by two at once
		f.close()
		f = other
	} else {
		a.files[p.Path] = f
	}
	a.use(f)
	a.shrink()
	return f, nil
}

// wait waits until a released day may be opened.
func (a *Archive) wait(ctx context.Context, day int) error {
	a.mu.Lock()
	until, ok := a.released[day]
	wait := time.Until(until)
	if ok && wait <= 0 {
		delete(a.released, day)
	}
	a.mu.Unlock()
	if !ok || wait <= 0 {
		return nil
	}
	return pause(ctx, wait)
}

// use counts a user of f. a.mu is held.
func (a *Archive) use(f *openFile) {
	a.clock++
	f.used = a.clock
	f.users++
}

// retire closes a file that is no longer among a.files, now or after its last
// user. a.mu is held.
func (a *Archive) retire(f *openFile) {
	f.retired = true
	if f.users == 0 {
		f.close()
	}
}

// shrink closes the files used longest ago, if there are too many and nobody
// reads them. a.mu is held.
func (a *Archive) shrink() {
	for len(a.files) > maxOpenFiles {
		var oldest *openFile
		for _, f := range a.files {
			if f.users == 0 && (oldest == nil || f.used < oldest.used) {
				oldest = f
			}
		}
		if oldest == nil {
			return
		}
		delete(a.files, oldest.Path)
		oldest.close()
	}
}

// giveBack ends the caller's use of f.
func (a *Archive) giveBack(f *openFile) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f.users--
	if f.retired && f.users == 0 {
		f.close()
	}
	close(a.changed)
	a.changed = make(chan struct{})
	a.shrink()
	if a.closed {
		return
	}
	if a.idle == nil {
		a.idle = time.AfterFunc(openIdle, a.closeIdle)
	} else {
		a.idle.Reset(openIdle)
	}
}

// closeIdle closes the files that nobody reads.
func (a *Archive) closeIdle() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return
	}
	for path, f := range a.files {
		if f.users == 0 {
			delete(a.files, path)
			f.close()
		}
	}
}

// enter takes a place among those that run at the same time, a free one even if
// ctx is over; leave gives it back.
func enter(ctx context.Context, places chan struct{}) (leave func(), err error) {
	leave = func() { <-places }
	select {
	case places <- struct{}{}:
		return leave, nil
	default:
	}
	select {
	case places <- struct{}{}:
		return leave, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
