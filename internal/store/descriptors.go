package store

import (
	"os"
	"sync"
)

// descriptors are those of day files that are not SQLite's.
//
// In POSIX, closing any descriptor of a file lets go of all locks that the
// process has on it. SQLite does not see that: it goes on believing in locks
// that another program may have taken meanwhile, which then deletes a
// write-ahead log that is in use. So a descriptor is closed only when nobody in
// this process has the file open; until then it is kept, for the next one who
// wants it. See https://sqlite.org/howtocorrupt.html section 2.2.
type descriptors struct {
	mu   sync.Mutex
	open map[int]int        // by day: how often SQLite has, or is about to have, a file of it open
	kept map[int][]*os.File // by day; of each file one
}

func newDescriptors() *descriptors {
	return &descriptors{open: make(map[int]int), kept: make(map[int][]*os.File)}
}

// enter is called before SQLite opens a file of a day.
func (d *descriptors) enter(day int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open[day]++
}

// leave is called after SQLite has closed it.
func (d *descriptors) leave(day int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open[day]--; d.open[day] > 0 {
		return
	}
	delete(d.open, day)
	for _, f := range d.kept[day] {
		f.Close() // was only read
	}
	delete(d.kept, day)
}

// get returns a descriptor for reading a file of a day, to be given back.
func (d *descriptors) get(day int, path string) (*os.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	for i, f := range d.kept[day] {
		if have, err := f.Stat(); err == nil && os.SameFile(info, have) {
			d.kept[day] = append(d.kept[day][:i], d.kept[day][i+1:]...)
			_, err := f.Seek(0, 0)
			return f, err
		}
	}
	return os.Open(path)
}

// put takes back what get has returned.
func (d *descriptors) put(day int, f *os.File) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open[day] == 0 {
		f.Close() // was only read
		return
	}
	d.kept[day] = append(d.kept[day], f)
}
