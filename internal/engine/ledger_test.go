package engine

import "testing"

func TestRefusedAndCutMessagesAreNotLost(t *testing.T) {
	a := account{dropped: map[string]int64{"kernel": 1, "queue": 2, "disk": 4, "refused": 8, "oversize": 16}}
	if a.lost() != 7 || a.sum() != 31 {
		t.Errorf("lost %d of %d dropped, want 7 of 31", a.lost(), a.sum())
	}
}
