package collect

import (
	"testing"
	"time"
)

func TestDatagramsGatherOnlyWhereManyCome(t *testing.T) {
	tests := []struct {
		name    string
		granted int // bytes of receive buffer
		rate    int // datagrams a second, one read after each
		more    bool
		want    time.Duration
	}{
		{"thin", 16 << 20, 200, false, 0},
		{"a datagram every millisecond", 16 << 20, 1000, false, 4 * time.Millisecond},
		{"dense", 16 << 20, 20_000, false, 4 * time.Millisecond},
		{"more are there already", 16 << 20, 20_000, true, 0},
		{"the buffer that Linux grants without being asked to", 212_992, 20_000, false, 0},
		{"what the shipped settings get where net.core.rmem_max is 4 MB", 4 << 20, 20_000, false, 1638 * time.Microsecond},
		{"a buffer that is nearly too small", 2 << 20, 20_000, false, 818 * time.Microsecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLull(tt.granted)
			at, got := time.Unix(1, 0), time.Duration(0)
			for range tt.rate / 10 {
				at = at.Add(time.Second / time.Duration(tt.rate))
				got = l.after(1, tt.more, at)
			}
			if got.Truncate(time.Microsecond) != tt.want {
				t.Errorf("waits %v, want %v", got, tt.want)
			}
			if got := l.after(1, false, at.Add(time.Minute)); got != 0 {
				t.Errorf("the first datagram after a minute of silence is followed by a wait of %v", got)
			}
		})
	}
}
