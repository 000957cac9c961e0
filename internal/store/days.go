package store

import (
	"fmt"
	"math"
	"path/filepath"
	"time"
)

// How the files of several days are kept open: more than one is needed around
// midnight and when the clock is set back.
const (
	maxOpenDays = 4 // today and three others
	idleDay     = 2 * time.Minute
	checkEvery  = time.Second
	recentBytes = 16 << 20 // messages kept until the file was checked
)

// An openDay is a day that the writer writes.
type openDay struct {
	number int
	part   int      // of its files, the one that is written
	file   *dayFile // nil while it cannot be opened
	nextID int64    // 0 before the files were looked at

	// recent are the parts committed since the file was last found to be
	// where it should be. If it is not, they are written again.
	recent []*part
	size   int // bytes of recent

	checked time.Time // when the file was last looked at
	used    time.Time // when the day was last written
	resume  time.Time // when filing may go on after an error
}

// assign gives the records of p their positions, unless they have them.
func (d *openDay) assign(p *part) {
	if p.records[0].ID != 0 {
		return
	}
	for i := range p.records {
		p.records[i].Day = d.number
		p.records[i].ID = d.nextID
		d.nextID++
	}
}

// keep remembers a part that was committed.
func (d *openDay) keep(p *part) {
	d.recent = append(d.recent, p)
	d.size += p.size()
}

// forget is called when the file was found to be in its place.
func (d *openDay) forget(now time.Time) {
	clear(d.recent)
	d.recent, d.size = d.recent[:0], 0
	d.checked = now
}

// day returns an open day, opened if need be.
func (w *writer) day(number int, now time.Time) (*openDay, error) {
	d := w.days[number]
	if d == nil {
		w.makeRoom()
		d = &openDay{number: number, used: now}
		w.days[number] = d
		w.protect()
	}
	if d.file != nil {
		return d, nil
	}
	w.unseal(number)
	if err := w.point("open"); err != nil {
		return d, err
	}
	path := filepath.Join(w.options.Directory, FileName(number, d.part))
	o := w.fileOptions()
	o.devices = w.devicesOf(number)
	f, highest, err := openDayFile(path, number, d.part, o)
	if err != nil {
		return d, err
	}
	if d.nextID == 0 {
		d.nextID = w.firstID(d)
	}
	d.nextID = max(d.nextID, highest+1)
	f.before = w.devicesBefore(number)
	d.file, d.checked = f, now
	w.options.Log.Info("day file opened", "path", path, "devices", len(f.tables), "inbox", f.waiting)
	return d, nil
}

// fileOptions says how day files are opened.
func (w *writer) fileOptions() fileOptions {
	return fileOptions{fast: w.options.Sync == "normal", busy: w.busy, maxDevice: w.options.MaxDevices, point: w.point, held: w.archive.held}
}

// makeRoom closes the day that was not written for longest, if there are too
// many open ones.
func (w *writer) makeRoom() {
	if len(w.days) < maxOpenDays {
		return
	}
	var oldest *openDay
	for _, d := range w.days {
		if d.number != w.today && (oldest == nil || d.used.Before(oldest.used)) {
			oldest = d
		}
	}
	if oldest != nil {
		w.finish(oldest)
	}
}

// finish empties the inbox of a day, moves its write-ahead log into its file
// and closes it.
func (w *writer) finish(d *openDay) {
	w.giveUp(w.verify(d, time.Now()))
	others := d.file == nil || d.part > 0
	if d.file != nil {
		if err := w.settle(d.file); err != nil {
			w.failed(err)
			w.options.Log.Warn("closing a day file, will be completed later", "path", d.file.path, "error", err)
		}
		w.shut(d)
	}
	if others {
		w.settleParts(d.number)
	}
	delete(w.days, d.number)
	w.protect()
	if d.number != w.today {
		w.sealer.add(d.number)
	}
}

// settle empties the inbox of a file, and its write-ahead log as far as nobody
// reads it: who writes waits for no reader. The rest is for the sealer.
func (w *writer) settle(f *dayFile) error {
	may := allowance{commit: tablesAtEnd * heavyTable, minute: tablesAtEnd}
	if err := f.recount(); err != nil {
		return err
	}
	before := int64(math.MaxInt64) // waiting at the begin of the last round
	for f.waiting > 0 || f.round.active {
		if !f.round.active && f.waiting >= before {
			return fmt.Errorf("filing the inbox of %s: %d messages stay in it", f.path, f.waiting)
		} else if !f.round.active {
			before = f.waiting
		}
		if err := f.fileSlice(&may, true, time.Now()); err != nil {
			return err
		}
		if w.abandon.Err() != nil {
			return fmt.Errorf("filing the inbox of %s: no time left", f.path)
		}
	}
	return w.moveLog(f, true)
}

// settleParts settles all files of a day, none of which is open, and reports
// whether that went well.
func (w *writer) settleParts(day int) bool {
	files, err := dayFiles(w.options.Directory)
	well := err == nil
	for _, p := range files {
		if p.Day == day && !w.settleFile(p) {
			well = false
		}
	}
	return well
}

// settleUnfiled settles a day that the sealer could not seal, as it has found
// something in an inbox.
func (w *writer) settleUnfiled() {
	day, failed := w.sealer.takeUnfiled()
	if day == 0 || w.days[day] != nil {
		return // there is none, or it will be finished
	}
	w.unseal(day)
	w.mu.Lock()
	w.writing[day] = true // retention must wait
	w.mu.Unlock()
	next := attempt{failed: failed}
	if !w.settleParts(day) {
		next = later(failed)
	}
	w.protect()
	w.sealer.plan(day, next)
}

// settleFile settles a file that is not open. One that was sealed is left as it
// is, for its checksum; unless it has got a write-ahead log. Locks are not
// waited for: the sealer comes upon what is left in an inbox.
func (w *writer) settleFile(p dayPath) bool {
	if isSealed(p.Path) && !hasLog(p.Path) {
		return true
	}
	o := w.fileOptions()
	o.busy = -1
	f, _, err := openDayFile(p.Path, p.Day, p.Part, o)
	if err == nil {
		if f.waiting > 0 {
			w.options.Log.Info("filing what was left in an inbox", "path", p.Path, "messages", f.waiting)
		}
		err = w.settle(f)
		if e := f.close(); err == nil {
			err = e
		}
	}
	if err != nil {
		w.failed(err)
		w.options.Log.Warn("day file cannot be completed, will be tried again", "path", p.Path, "error", err)
	}
	return err == nil
}

// protect tells retention and sealing which days are being written.
func (w *writer) protect() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.writing)
	w.writing[w.today] = true
	for n := range w.days {
		w.writing[n] = true
	}
}
