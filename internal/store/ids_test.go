package store

import (
	"os"
	"testing"
	"time"
)

// What a file that was set aside has used cannot be known; ids must not be used
// again.
func TestIDsGoOnBehindADamagedFile(t *testing.T) {
	for _, name := range []string{FileName(20250613, 0), FileName(20250613, 1)} {
		b := newBench(t, nil)
		if id := b.writer.firstID(&openDay{number: 20250613}); id != 1 {
			t.Errorf("ids begin at %d", id)
		}
		if err := os.WriteFile(b.path(name+".damaged-101112"), []byte("x"), 0o640); err != nil {
			t.Fatal(err)
		}
		if id, noon := b.writer.firstID(&openDay{number: 20250613}), (12 * time.Hour).Microseconds(); id < noon {
			t.Errorf("with a damaged %s ids begin at %d", name, id)
		}
		b.run().end()
	}
}

// A day that is written again goes on behind all its files, and leaves those
// alone that are sealed.
func TestIDsGoOnBehindASealedFile(t *testing.T) {
	l := newLibrary(t)
	l.part(20250612, 1, note("10.0.0.1", midday, "<13>a"), note("10.0.0.2", midday, "<13>b"))
	l.close()
	path := l.path(20250612, 1)
	if err := os.Chmod(path, 0o440); err != nil {
		t.Fatal(err)
	}
	b := newBench(t, func(o *Options) { o.Directory = l.dir })
	if id := b.writer.firstID(&openDay{number: 20250612}); id != 3 {
		t.Errorf("ids begin at %d, want 3", id)
	}
	if !isSealed(path) {
		t.Error("the file can be written")
	}
	b.run().end()
}
