package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/logboom/logboom/internal/syslog"
)

// An entry is one line of the book that testdata/record/record.c keeps, which
// says what the kinds mean. Kind A is ours: messages were accepted.
type entry struct {
	kind       byte
	descriptor int32
	place      int64
	bytes      []byte
}

const entryHead = 24 // bytes

// readBook reads a book. A last entry that is not whole is left out: its
// writer was killed.
func readBook(path string) ([]entry, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var book []entry
	for len(text) >= entryHead {
		e := entry{
			kind:       byte(binary.NativeEndian.Uint32(text)),
			descriptor: int32(binary.NativeEndian.Uint32(text[4:])),
			place:      int64(binary.NativeEndian.Uint64(text[8:])),
		}
		length := int64(binary.NativeEndian.Uint64(text[16:]))
		if length > int64(len(text)-entryHead) {
			break
		}
		e.bytes = text[entryHead : entryHead+length]
		text = text[entryHead+length:]
		book = append(book, e)
	}
	return book, nil
}

// An acceptance says that Count messages of the script, from Number on, were
// accepted with the ids from ID on of a day.
type acceptance struct {
	Day, Count int32
	ID, Number int64
}

// enter appends a to a book, in one write.
func (a acceptance) enter(w io.Writer) error {
	e := make([]byte, entryHead, entryHead+16)
	binary.NativeEndian.PutUint32(e, 'A')
	binary.NativeEndian.PutUint32(e[4:], uint32(a.Day))
	binary.NativeEndian.PutUint64(e[8:], uint64(a.Number))
	binary.NativeEndian.PutUint64(e[16:], 16)
	e = binary.NativeEndian.AppendUint64(e, uint64(a.ID))
	e = binary.NativeEndian.AppendUint64(e, uint64(a.Count))
	_, err := w.Write(e)
	return err
}

// acceptance returns what an entry of kind A says.
func (e entry) acceptance() acceptance {
	return acceptance{
		Day: e.descriptor, Number: e.place,
		ID:    int64(binary.NativeEndian.Uint64(e.bytes)),
		Count: int32(binary.NativeEndian.Uint64(e.bytes[8:])),
	}
}

// accepted is the place of every accepted message, by its number; zero for one
// of which it was not said.
type accepted []syslog.Position

func (l accepted) with(a acceptance) accepted {
	for int64(len(l)) < a.Number+int64(a.Count) {
		l = append(l, syslog.Position{})
	}
	for i := range int64(a.Count) {
		l[a.Number+i] = syslog.Position{Day: int(a.Day), ID: a.ID + i}
	}
	return l
}

// acceptedIn returns what the entries say was accepted.
func acceptedIn(book []entry) accepted {
	var l accepted
	for _, e := range book {
		if e.kind == 'A' {
			l = l.with(e.acceptance())
		}
	}
	return l
}

// recorded lets a play be given, by as many processes as it has parts, and
// returns the directory it was given in and the book of all that was done.
func recorded(t *testing.T, parts ...play) (dir string, book []entry) {
	t.Helper()
	library := preload(t, "record")
	dir, path := filepath.Join(scratch(t), "data"), filepath.Join(t.TempDir(), "book")
	if keep := os.Getenv(envKeep); keep != "" {
		keep = filepath.Join(keep, t.Name())
		if err := os.MkdirAll(keep, 0o750); err != nil {
			t.Fatal(err)
		}
		dir, path = filepath.Join(keep, "data"), filepath.Join(keep, "book")
	}
	if !exists(path) {
		if err := os.Mkdir(dir, 0o750); err != nil {
			t.Fatal(err)
		}
		for _, p := range parts {
			p.Directory, p.Book = dir, path
			out, err := child(t, p, "LD_PRELOAD="+library, "RECORD_DIRECTORY="+dir, "RECORD_BOOK="+path).CombinedOutput()
			if (err != nil) != (p.Die > 0) {
				t.Fatalf("the process under test ended with %v\n%s", err, out)
			}
		}
	}
	book, err := readBook(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := isWhole(dir, book); err != nil {
		t.Fatalf("the book is not what was done: %v", err)
	}
	return dir, book
}

// isWhole plays the book to its end and compares what comes out with the
// directory. Something that the library did not see would show here.
func isWhole(dir string, book []entry) error {
	d := newDisk(dir)
	for _, e := range book {
		if err := d.do(e); err != nil {
			return err
		}
	}
	image := d.cut(everything)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, f := range entries {
		if filepath.Ext(f.Name()) == ".db-shm" {
			continue
		}
		is, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			return err
		}
		want, known := image[f.Name()]
		if !known || string(is) != string(want) {
			errs = append(errs, fmt.Errorf("%s has %d bytes, the book has %d (%v) or others", f.Name(), len(is), len(want), known))
		}
		delete(image, f.Name())
	}
	for name := range image {
		errs = append(errs, fmt.Errorf("%s is in the book only", name))
	}
	return errors.Join(errs...)
}
