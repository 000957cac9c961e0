package alert

import (
	"maps"
	"slices"
)

// Succeed returns an engine that looks for what is in another set and goes on
// where e is: with its clock, its troubles and incidents, and what it learned of
// devices. Troubles of rules that the set has not are over, as by
// [Engine.Restore]. What e decided must have been taken before, and e must not
// be used any more.
func (e *Engine) Succeed(set *Set) *Engine {
	n := NewEngine(set)
	n.now, n.lostAt = e.now, e.lostAt
	n.vendors, n.shown = maps.Clone(e.vendors), slices.Clone(e.shown)
	n.evicted = e.evicted
	n.scan.overrun.Store(e.scan.overrun.Load())
	n.Resume(e.next)
	names := make(map[int]string, len(e.set.byName))
	for name, i := range e.set.byName {
		names[i] = name
	}
	for p, until := range e.intended {
		if i, ok := set.byName[names[p.rule]]; ok {
			p.rule = i
			n.intended[p] = until
		}
	}
	n.Restore(e.States())
	return n
}
