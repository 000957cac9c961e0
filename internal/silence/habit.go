// Package silence notices devices that have gone quiet. It learns from each
// device for how long it says nothing as a rule, at which time of day, and
// names those that are quiet for much longer, or for longer than people allow.
// It does no I/O and reads no clock: times come in as arguments, in µs since
// 1970 UTC.
//
// A false alarm costs more than a late one: nobody looks at the tenth. So a
// device is judged only after a day of listening, one that is quiet for hours at
// times after eight, for the sake of nights and weekends; and only if it speaks
// in at least 24 different ten minutes a day. Of messages that come at random
// so often, the longest gap of two weeks is some four times the mean one; that
// the next is three times as long happens once in years.
package silence

import (
	"net/netip"
	"slices"
	"time"
)

// How a habit is learned and judged.
const (
	// Least is the shortest silence that is one: routers and OLTs take up to
	// ten minutes to start.
	Least = 15 * time.Minute
	// most is the longest: who waits a week waits for nothing.
	most = 7 * 24 * time.Hour

	day     = 24 * time.Hour
	learned = day      // listened to a device before it is judged
	grown   = 8 * day  // listened until weekends are known, too
	stretch = 14 * day // gaps are remembered for one to two of these
	longGap = 4 * time.Hour
	slot    = 10 * time.Minute
	talkDay = 24 // slots a day in which a device with a habit speaks

	factor      = 3 // of the longest gap
	youngFactor = 6 // likewise, before a device is grown
	// lesson bounds what a silence that people were told of teaches, in the
	// silences that were allowed before: an outage of a day must not make a
	// device blind for a week, but a habit that changed has to be learned.
	lesson = 4
	around = 2 // hours before and after, whose gaps count too
)

// A Habit is what is known of how often a device speaks.
type Habit struct {
	Device netip.Addr `json:"-"`
	LastAt int64      `json:"last"`           // newest message
	Told   bool       `json:"told,omitempty"` // it was named as silent since LastAt
	Slot   int64      `json:"slot"`           // newest ten minutes in which it spoke, since 1970
	Now    Stretch    `json:"now"`
	Before Stretch    `json:"before"` // the one before

	rest int64 // listened beyond the whole seconds in Now, in µs
}

// A Stretch is two weeks of listening to a device, or what there is of them.
type Stretch struct {
	Heard int64      `json:"heard"` // listened, in s
	Talks int        `json:"talks"` // ten minutes in which it spoke
	Gaps  [24]uint32 `json:"gaps"`  // longest gap in s, by the hour UTC in which it began
}

// Allowed returns for how long the device may be quiet since its newest
// message; ok is false if it has no habit.
func (h *Habit) Allowed() (d time.Duration, ok bool) {
	heard := time.Duration(h.Now.Heard+h.Before.Heard) * time.Second
	if heard < learned || float64(h.Now.Talks+h.Before.Talks) < talkDay*heard.Hours()/24 {
		return 0, false
	}
	times := time.Duration(factor)
	if heard < grown {
		if longest := max(slices.Max(h.Now.Gaps[:]), slices.Max(h.Before.Gaps[:])); seconds(longest) >= longGap {
			return 0, false
		}
		times = youngFactor
	}
	hour := hourOf(h.LastAt)
	var longest uint32
	for k := hour - around; k <= hour+around; k++ {
		i := (k + 24) % 24
		longest = max(longest, h.Now.Gaps[i], h.Before.Gaps[i])
	}
	return min(max(times*seconds(longest), Least), most), true
}

// learn takes note of a message at the time at. whole says that everything
// since the last one would have been heard.
func (h *Habit) learn(at int64, whole bool) {
	if whole && at > h.LastAt && h.LastAt != 0 {
		gap := at - h.LastAt
		if gap >= 1e6 { // shorter ones are none, but listened to
			if allowed, ok := h.Allowed(); ok {
				gap = min(gap, (lesson * allowed).Microseconds())
			}
			longest := &h.Now.Gaps[hourOf(h.LastAt)]
			*longest = max(*longest, uint32(min(gap, most.Microseconds())/1e6))
		}
		h.rest += gap
		h.Now.Heard += h.rest / 1e6
		h.rest %= 1e6
	}
	if s := at / slot.Microseconds(); s != h.Slot {
		h.Slot = s
		h.Now.Talks++
		if h.Now.Heard >= int64(stretch.Seconds()) {
			h.Before, h.Now = h.Now, Stretch{}
		}
	}
	h.LastAt = at
}

func seconds(s uint32) time.Duration { return time.Duration(s) * time.Second }

// hourOf returns the hour of the day in UTC, 0 to 23.
func hourOf(at int64) int { return int(at / time.Hour.Microseconds() % 24) }
