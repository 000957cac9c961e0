package alert

import (
	"cmp"
	"slices"
	"time"
)

// dayOf returns the day of a time in µs since 1970 UTC.
func (h *Rehearsal) dayOf(at int64) *RehearsedDay {
	if at < h.dayFrom || at >= h.dayTo || h.day == nil {
		y, m, d := time.UnixMicro(at).In(h.o.Location).Date()
		h.dayFrom = time.Date(y, m, d, 0, 0, 0, 0, h.o.Location).UnixMicro()
		h.dayTo = time.Date(y, m, d+1, 0, 0, 0, 0, h.o.Location).UnixMicro()
		h.day = h.dayNumber(y*10_000 + int(m)*100 + d)
	}
	return h.day
}

// call counts an alert in its hour, as clocks there show it: not everywhere do
// hours begin with those of UTC.
func (h *Rehearsal) call(now int64) {
	const hour = int64(time.Hour / time.Microsecond)
	_, east := time.UnixMicro(now).In(h.o.Location).Zone()
	begin := now - (now+int64(east)*1e6)%hour
	if begin != h.hour.At {
		h.hour = RehearsedHour{At: begin}
	}
	if h.hour.Alerts++; h.hour.Alerts > h.report.Busiest.Alerts {
		h.report.Busiest = h.hour
	}
}

// dayNumber returns a day; the last that there is room for stands for all
// others.
func (h *Rehearsal) dayNumber(day int) *RehearsedDay {
	d := h.days[day]
	if d == nil {
		if len(h.days) >= maxRehearsedDays && h.day != nil {
			return h.day
		}
		d = &RehearsedDay{Day: day}
		h.days[day] = d
	}
	return d
}

func (h *Rehearsal) daysInOrder() []RehearsedDay {
	days := make([]RehearsedDay, 0, len(h.days))
	for _, d := range h.days {
		days = append(days, *d)
	}
	slices.SortFunc(days, func(a, b RehearsedDay) int { return cmp.Compare(a.Day, b.Day) })
	return days
}

// A tally counts notices by what causes them. Beyond twice its most keys, it
// forgets those that were counted least: the noisiest stay.
type tally[K comparable] struct {
	most   int
	counts map[K]*counted
}

type counted struct{ notices, told int64 }

func newTally[K comparable](most int) tally[K] {
	return tally[K]{most, map[K]*counted{}}
}

func (t *tally[K]) add(key K, told int64) {
	c := t.counts[key]
	if c == nil {
		if len(t.counts) >= 2*t.most {
			t.shrink()
		}
		c = &counted{}
		t.counts[key] = c
	}
	c.notices++
	c.told += told
}

// shrink forgets the half that was counted least.
func (t *tally[K]) shrink() {
	all := make([]int64, 0, len(t.counts))
	for _, c := range t.counts {
		all = append(all, c.notices)
	}
	slices.Sort(all)
	most := all[len(all)-t.most] // keep what is above
	for k, c := range t.counts {
		if c.notices <= most {
			delete(t.counts, k)
		}
	}
}

// noisiest returns the keys that were counted most, as causes.
func (t *tally[K]) noisiest(cause func(K) Cause) []Cause {
	all := make([]Cause, 0, len(t.counts))
	for k, n := range t.counts {
		c := cause(k)
		c.Notices, c.Told = n.notices, n.told
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b Cause) int {
		return cmp.Or(cmp.Compare(b.Notices, a.Notices), cmp.Compare(b.Told, a.Told), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Device, b.Device), cmp.Compare(a.Text, b.Text))
	})
	return all[:min(len(all), maxNoisiest)]
}
