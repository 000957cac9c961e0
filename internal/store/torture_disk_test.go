package store

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A disk plays a book and knows, at every entry, what a power cut would leave
// for certain and what it might leave:
//
//   - what was written to a file before its last sync is there;
//   - of what was written later, every write and truncation is lost, done, or,
//     for a write, done for some of its sectors of 512 bytes, in any order;
//   - a file that is new, removed or renamed is so for certain only after the
//     directory was synced.
//
// No file system that keeps what it has synced does worse.
type disk struct {
	directory string
	names     map[string]*inode // as programs see the directory
	synced    map[string]*inode // as it was when it was last synced
	changes   []nameChange      // of names since then
	open      map[int32]*inode  // by descriptor
	root      *inode            // stands for the directory itself
	lies      bool              // sync does nothing, but says it has
}

// An inode is a file, whatever its name.
type inode struct {
	content []byte // as of the last sync
	pending []entry
}

// A nameChange is a change of the directory: names and what they stand for then,
// nil for nothing. It happens as a whole or not at all.
type nameChange map[string]*inode

// A fate decides what becomes of one thing that was not synced.
type fate func(size int) (done bool, sectors []bool)

// everything and nothing of what was not synced has reached the disk.
func everything(int) (bool, []bool) { return true, nil }
func nothing(int) (bool, []bool)    { return false, nil }

const sector = 512

// someOf lets each thing be done, lost or torn by chance.
func someOf(r *rand.Rand) fate {
	lost, torn := r.Float64(), r.Float64()/2
	return func(size int) (bool, []bool) {
		if r.Float64() < lost {
			return false, nil
		}
		if r.Float64() >= torn {
			return true, nil
		}
		sectors := make([]bool, (size+sector-1)/sector)
		for i := range sectors {
			sectors[i] = r.Float64() < 0.5
		}
		return true, sectors
	}
}

func newDisk(directory string) *disk {
	return &disk{directory: directory, names: make(map[string]*inode), synced: make(map[string]*inode),
		open: make(map[int32]*inode), root: &inode{}}
}

// do plays one entry.
func (d *disk) do(e entry) error {
	switch e.kind {
	case 'P':
		clear(d.open)
	case 'O':
		d.open[e.descriptor] = d.file(string(e.bytes))
	case 'W', 'T', 'S':
		file := d.open[e.descriptor]
		switch {
		case file == nil:
			return fmt.Errorf("%c of the file %d, which is not open", e.kind, e.descriptor)
		case e.kind != 'S':
			file.pending = append(file.pending, e)
		case d.lies:
		case file == d.root:
			d.synced, d.changes = maps.Clone(d.names), nil
		default:
			file.content, file.pending = file.after(file.content, everything), nil
		}
	case 'U':
		d.change(nameChange{filepath.Base(string(e.bytes)): nil})
	case 'R':
		old, to, _ := strings.Cut(string(e.bytes), "\x00")
		c := nameChange{filepath.Base(old): nil}
		if filepath.Dir(to) == d.directory {
			c[filepath.Base(to)] = d.names[filepath.Base(old)]
		}
		d.change(c)
	case 'A':
	default:
		return fmt.Errorf("an entry of kind %q", e.kind)
	}
	return nil
}

// file returns the file that was opened.
func (d *disk) file(path string) *inode {
	if path == d.directory {
		return d.root
	}
	name := filepath.Base(path)
	if d.names[name] == nil {
		d.change(nameChange{name: &inode{}})
	}
	return d.names[name]
}

func (d *disk) change(c nameChange) {
	d.changes = append(d.changes, c)
	c.apply(d.names)
}

func (c nameChange) apply(names map[string]*inode) {
	for name, file := range c {
		if file == nil {
			delete(names, name)
		} else {
			names[name] = file
		}
	}
}

// cut returns the files that a power cut leaves.
func (d *disk) cut(f fate) map[string][]byte {
	names := maps.Clone(d.synced)
	for _, c := range d.changes {
		if done, _ := f(0); done {
			c.apply(names)
		}
	}
	image := make(map[string][]byte, len(names))
	for _, name := range slices.Sorted(maps.Keys(names)) {
		image[name] = names[name].after(bytes.Clone(names[name].content), f)
	}
	return image
}

// after does to content what fate has decided about all that is pending.
func (n *inode) after(content []byte, f fate) []byte {
	for _, e := range n.pending {
		done, sectors := f(len(e.bytes))
		switch {
		case !done:
		case e.kind == 'T':
			content = resize(content, e.place)
		case sectors == nil:
			content = overlay(content, e.place, e.bytes)
		default:
			for i, done := range sectors {
				if done {
					from := i * sector
					content = overlay(content, e.place+int64(from), e.bytes[from:min(from+sector, len(e.bytes))])
				}
			}
		}
	}
	return content
}

func resize(content []byte, size int64) []byte {
	if size <= int64(len(content)) {
		return content[:size:size]
	}
	return append(content, make([]byte, size-int64(len(content)))...)
}

func overlay(content []byte, at int64, part []byte) []byte {
	if end := at + int64(len(part)); end > int64(len(content)) {
		content = resize(content, end)
	}
	copy(content[at:], part)
	return content
}

// writeImage makes the files of an image in an empty directory.
func writeImage(dir string, image map[string][]byte) error {
	for name, content := range image {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// The judge is judged: what a disk may keep and may lose.
func TestTortureDiskKeepsWhatWasSynced(t *testing.T) {
	const creates, fd, folder = 0o100, 3, 4
	write := func(at int64, text string) entry {
		return entry{kind: 'W', descriptor: fd, place: at, bytes: []byte(text)}
	}
	book := []entry{
		{kind: 'P'},
		{kind: 'O', descriptor: folder, bytes: []byte("/d")},
		{kind: 'O', descriptor: fd, place: creates, bytes: []byte("/d/a")},
		write(0, "first"),
	}
	sync, syncFolder := entry{kind: 'S', descriptor: fd}, entry{kind: 'S', descriptor: folder}
	cut, remove := entry{kind: 'T', descriptor: fd, place: 2}, entry{kind: 'U', bytes: []byte("/d/a")}
	rename := entry{kind: 'R', bytes: []byte("/d/a\x00/d/b")}
	for _, tt := range []struct {
		name        string
		then        []entry
		least, most string // "name=content ..."
	}{
		{"a new file", nil, "", "a=first"},
		{"a new file whose content is synced", []entry{sync}, "", "a=first"},
		{"a new file whose name is synced", []entry{syncFolder}, "a=", "a=first"},
		{"both", []entry{sync, syncFolder}, "a=first", "a=first"},
		{"written on", []entry{sync, syncFolder, write(5, " second"), write(14, "third")}, "a=first", "a=first second\x00\x00third"},
		{"cut", []entry{sync, syncFolder, cut}, "a=first", "a=fi"},
		{"cut for good", []entry{sync, syncFolder, cut, sync}, "a=fi", "a=fi"},
		{"removed", []entry{sync, syncFolder, remove}, "a=first", ""},
		{"removed for good", []entry{sync, syncFolder, remove, syncFolder}, "", ""},
		{"renamed", []entry{sync, syncFolder, rename}, "a=first", "b=first"},
		{"renamed for good", []entry{sync, rename, syncFolder}, "b=first", "b=first"},
		{"written by a name that is gone", []entry{sync, syncFolder, rename, write(0, "F"), sync}, "a=First", "b=First"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			honest, liar := newDisk("/d"), newDisk("/d")
			liar.lies = true
			for _, e := range append(slices.Clone(book), tt.then...) {
				if err := honest.do(e); err != nil {
					t.Fatal(err)
				}
				if err := liar.do(e); err != nil {
					t.Fatal(err)
				}
			}
			show := func(image map[string][]byte) string {
				var list []string
				for _, name := range slices.Sorted(maps.Keys(image)) {
					list = append(list, name+"="+string(image[name]))
				}
				return strings.Join(list, " ")
			}
			if got := show(honest.cut(nothing)); got != tt.least {
				t.Errorf("keeps %q, want %q", got, tt.least)
			}
			if got := show(honest.cut(everything)); got != tt.most {
				t.Errorf("keeps at most %q, want %q", got, tt.most)
			}
			if got := show(liar.cut(nothing)); got != "" {
				t.Errorf("a disk that lies keeps %q, want nothing", got)
			}
		})
	}
}
