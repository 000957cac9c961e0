package pack

import "testing"

func TestShippedPacksHoldTheirExamples(t *testing.T) {
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			if _, err := New(Options{Names: []string{name}}); err != nil {
				t.Fatal(err)
			}
		})
	}
}
