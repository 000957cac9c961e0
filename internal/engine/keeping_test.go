package engine

import (
	"testing"

	"github.com/logboom/logboom/internal/store"
)

func TestEveryFileOfADayKeepsItsChecksum(t *testing.T) {
	s := start(t, testConfig(t, ""))
	for part, sum := range []string{"aaaa", "bbbb"} {
		if err := s.e.sealed(store.Seal{Day: 20250613, Part: part, SHA256: sum, Messages: 5}); err != nil {
			t.Fatal(err)
		}
	}
	days, err := s.e.state.Days(t.Context())
	if err != nil || len(days) != 2 || days[0].SHA256 != "aaaa" || days[1].SHA256 != "bbbb" {
		t.Errorf("kept are %+v, %v", days, err)
	}
	if kept, err := s.e.isSealed(20250613, 1); err != nil || !kept {
		t.Errorf("the second file is known: %v, %v", kept, err)
	}
}
