package engine

import (
	"testing"
	"time"
)

func TestPaceOfTheLastMinutes(t *testing.T) {
	var p pace
	begin := time.UnixMicro(1_700_000_000_000_000)
	for s := range 1000 { // a message in the first second, two in the next ...
		p.note(begin.Add(time.Duration(s)*time.Second), int64(s*(s+1)/2))
	}
	if len(p.points) != paceKept {
		t.Fatalf("%d points, want %d", len(p.points), paceKept)
	}
	first, last := p.points[0], p.points[paceKept-1]
	if got := last.At - first.At; got != int64(59*5*1e6) {
		t.Errorf("%d µs from the first point to the last", got)
	}
	if last.At != begin.Add(995*time.Second).UnixMicro() || last.Received != 993 { // those of the seconds 991 to 995
		t.Errorf("last %+v", last)
	}
}
