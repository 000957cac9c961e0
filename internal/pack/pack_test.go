package pack

import (
	"sync"
	"testing"
)

var everything = sync.OnceValues(func() (*Set, error) { return New(Options{Names: []string{"all"}}) })

func allPacks(t testing.TB) *Set {
	t.Helper()
	s, err := everything()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestShippedPacksHoldTheirExamples(t *testing.T) {
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			if _, err := New(Options{Names: []string{name}}); err != nil {
				t.Fatal(err)
			}
		})
	}
}
