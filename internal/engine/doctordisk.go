package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/logboom/logboom/internal/store"
)

// Disk looks at the folder of the messages and at what is free there.
func (d *Doctor) Disk() {
	directory := d.Config.Store.Directory
	info, err := os.Stat(directory)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		parent := filepath.Dir(directory)
		for !readableDir(parent) && parent != filepath.Dir(parent) {
			parent = filepath.Dir(parent)
		}
		switch err := writable(parent); {
		case err == nil:
			d.Say(Worth, "messages", directory+" does not exist yet", "it is made at the first start")
		case errors.Is(err, fs.ErrPermission):
			d.Say(Worth, "messages", directory+" does not exist yet; this user may not make it, the service may", "it is made at the first start")
		default:
			d.Say(Bad, "messages", directory+" does not exist and cannot be made: "+err.Error(), "set store.directory to a folder that the service may write")
			return
		}
		directory = parent
	case err != nil:
		d.Say(Bad, "messages", err.Error(), "set store.directory to a folder that the service may read and write")
		return
	case !info.IsDir():
		d.Say(Bad, "messages", directory+" is a file", "set store.directory to a folder")
		return
	default:
		d.space(directory)
	}
	d.room(store.DiskSpace(directory))
}

// room says whether there is enough free on the disk.
func (d *Doctor) room(free, total int64, known bool) {
	least := int64(d.Config.Retention.MinFree)
	low := LowSpace(least, total)
	fact := Size(free) + " are free"
	switch {
	case !known:
	case free < low && least > 0:
		d.Say(Bad, "disk", fmt.Sprintf("%s, less than retention.min_free %s: the oldest days are deleted", fact, Size(least)), "make room, or set retention.days lower")
	case free < low:
		d.Say(Bad, "disk", fact+" and retention.min_free is not set: soon nothing more is stored", "make room, set retention.days lower, or set retention.min_free, and the oldest days go instead")
	case free < 2*low && least > 0:
		d.Say(Worth, "disk", fact, "soon the oldest days will be deleted (retention.min_free)")
	case free < 2*low:
		d.Say(Worth, "disk", fact, "make room, or set retention.min_free, and the oldest days go when it is needed")
	default:
		d.Say(Good, "disk", fact, "")
	}
}

// space says what the directory holds and whether we may write there.
func (d *Doctor) space(directory string) {
	files, err := filepath.Glob(filepath.Join(directory, "syslog_*.db"))
	if err != nil {
		files = nil // the pattern is ours; a folder with brackets in its name
	}
	days, bytes := map[int]bool{}, int64(0)
	for _, f := range files {
		day, _, ok := store.ParseFileName(filepath.Base(f))
		if !ok {
			continue
		}
		days[day] = true
		for _, part := range []string{f, f + "-wal"} {
			if info, err := os.Stat(part); err == nil {
				bytes += info.Size()
			}
		}
	}
	number := "1 day"
	if len(days) != 1 {
		number = Thousands(int64(len(days))) + " days"
	}
	fact := fmt.Sprintf("%s, %s in %s", number, Size(bytes), directory)
	switch err := writable(directory); {
	case err == nil:
		d.Say(Good, "messages", fact, "")
	case errors.Is(err, fs.ErrPermission):
		d.Say(Worth, "messages", fact+"; this user may not write there, the service may", "")
	default:
		d.Say(Bad, "messages", fact+"; nothing can be written there: "+err.Error(), "check the disk")
	}
	if damaged, err := filepath.Glob(filepath.Join(directory, "syslog_*.damaged-*")); err == nil && len(damaged) > 0 {
		d.Say(Worth, "messages", fmt.Sprintf("%d damaged files were set aside, the first is %s", len(damaged), filepath.Base(damaged[0])), "docs/reliability.md says how to get at what is in them")
	}
}

func readableDir(directory string) bool {
	info, err := os.Stat(directory)
	return err == nil && info.IsDir()
}

// writable reports whether files can be made in a directory, without leaving
// one.
func writable(directory string) error {
	f, err := os.CreateTemp(directory, ".doctor-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
