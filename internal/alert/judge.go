package alert

import (
	"math/bits"
	"sync/atomic"

	"github.com/logboom/logboom/internal/syslog"
)

// scan is what a matcher writes on while it judges a text; one for each
// goroutine and matcher.
//
// Whoever sends messages chooses the words, so that what is done for a text is
// bounded: each pattern is looked for once, and each of its words once for each
// place where it is.
type scan struct {
	found  []found
	known  verdicts
	record syslog.Record

	bytes    []byte          // the text
	text     int64           // its number; what was noted of others does not count
	noted    bool            // whether steps is of this text
	asked    places          // words of which it was asked whether they are names
	names    places          // those that are
	steps    []noted         // step -> where the words are that it can be
	patterns []noted         // pattern -> where it begins
	excepts  []noted         // set of patterns -> where one of them begins
	classes  []int64         // class -> number of the last text in which it was tried
	alarms   []int64         // alarm -> number of the last text in which it was tried
	last     [maxFound]uint8 // where a pattern that begins at a word ends

	work    int          // done for this text
	overrun atomic.Int64 // texts that took more than maxWork; others read it
}

// noted are places in one text.
type noted struct {
	text int64
	at   places
}

// places are a set of places in scan.found.
type places [maxFound / 64]uint64

func (p *places) add(i int)   { p[i/64] |= 1 << (i % 64) }
func (p *places) empty() bool { return *p == places{} }
func (p *places) remove(q *places) {
	for k := range p {
		p[k] &^= q[k]
	}
}
func (p *places) join(q *places) {
	for k := range p {
		p[k] |= q[k]
	}
}

// next returns the first place of p that is not before i; maxFound if none.
func (p *places) next(i int) int {
	for k := i / 64; k < len(p); k++ {
		if rest := p[k] >> (i % 64) << (i % 64); rest != 0 {
			return k*64 + bits.TrailingZeros64(rest)
		}
		i = 0
	}
	return maxFound
}

// maxWork bounds what is done for one text: to look at a word in one place of a
// pattern is 1, some 8 ns. With the packs and the default keywords, the worst
// text that we could find takes 18,000; thousands of keywords can take more.
const maxWork = 50_000

// begin takes up a new text.
func (s *scan) begin(m *matcher, text []byte) {
	s.found = m.lexicon.read(s.found[:0], text)
	s.bytes = text
	s.text++
	s.noted, s.asked, s.names, s.work = false, places{}, places{}, 0
}

// note fills in where the words of steps are.
func (s *scan) note(m *matcher) {
	if s.noted {
		return
	}
	if s.steps == nil {
		s.steps, s.patterns, s.excepts = make([]noted, m.numbered), make([]noted, len(m.patterns)), make([]noted, len(m.excepts))
		s.classes, s.alarms = make([]int64, len(m.from)), make([]int64, len(m.alarms))
	}
	s.noted = true
	for i := range s.found {
		all := m.steps[s.found[i].class]
		s.work += len(all)
		for _, n := range all {
			step := &s.steps[n]
			if step.text != s.text {
				*step = noted{text: s.text}
			}
			step.at.add(i)
		}
	}
}

// judge returns the place of the first rule that the words found alarm by;
// len(m.rules) if none. A text that takes too much work alarms by what is not
// shown to be harmless by then: silence could be what its sender wants.
func (m *matcher) judge(s *scan) int {
	rule := len(m.rules)
	s.note(m)
	for i := range s.found {
		class := s.found[i].class
		if s.classes[class] == s.text {
			continue
		}
		s.classes[class] = s.text
		for _, place := range m.from[class] {
			a := &m.alarms[place]
			if a.rule >= rule || s.alarms[place] == s.text {
				continue
			}
			s.alarms[place] = s.text
			if m.alarmed(s, a) {
				rule = a.rule
			}
		}
	}
	if s.work > maxWork {
		s.overrun.Add(1)
	}
	return rule
}

// alarmed reports whether the pattern of a stands in the text, and nothing near
// it makes it harmless.
func (m *matcher) alarmed(s *scan, a *alarm) bool {
	c := m.patterns[a.pattern]
	if s.work++; !s.has(c) {
		return false
	}
	if s.work > maxWork {
		return true
	}
	starts := s.stand(c, true)
	if starts.empty() {
		return false
	}
	harmless := m.harmless(s, a.rule)
	if harmless.empty() {
		return true
	}
	near := 0
	for i := starts.next(0); i < maxFound; i = starts.next(i + 1) {
		s.work++
		for s.found[near].end < s.found[i].start-nearBytes {
			near++
		}
		if k := harmless.next(near); k == maxFound || s.found[k].start > s.found[s.last[i]].end+nearBytes {
			return true
		}
	}
	return false
}

// has reports whether all steps of c are somewhere in the text.
func (s *scan) has(c compiled) bool {
	for i := range c {
		if s.steps[c[i].step].text != s.text {
			return false
		}
	}
	return true
}

// nearBytes is how far from the words of an alarm those may be that make it
// harmless. Long messages have fields of other things.
const nearBytes = 100

// harmless returns where patterns begin that make rule harmless.
func (m *matcher) harmless(s *scan, rule int) *places {
	set := &s.excepts[m.except[rule]]
	if set.text == s.text {
		return &set.at
	}
	*set = noted{text: s.text}
	for _, n := range m.excepts[m.except[rule]] {
		if s.work++; s.work > maxWork {
			break
		}
		c := m.patterns[n]
		if !s.has(c) {
			continue
		}
		p := &s.patterns[n]
		if p.text != s.text {
			*p = noted{s.text, s.stand(c, false)}
		}
		set.at.join(&p.at)
	}
	s.ask(&set.at)
	set.at.remove(&s.names)
	return &set.at
}

// ask finds out which of words are names.
func (s *scan) ask(words *places) {
	for i := words.next(0); i < len(s.found); i = words.next(i + 1) {
		if s.asked.next(i) == i {
			continue
		}
		s.asked.add(i)
		if s.named(i) {
			s.names.add(i)
		}
	}
}

// stand returns where the pattern c begins. All its steps are in the text.
// With ends, s.last is set for these places.
func (s *scan) stand(c compiled, ends bool) places {
	starts := s.steps[c[len(c)-1].step].at
	if len(c) == 1 && !ends {
		return starts
	}
	if ends {
		for i := starts.next(0); i < maxFound; i = starts.next(i + 1) {
			s.work++
			s.last[i] = uint8(i)
		}
	}
	// From behind, so that each place is looked at once: where the rest of the
	// pattern begins first behind a word is all that counts.
	for k := len(c) - 2; k >= 0; k-- {
		rest, gap := starts, c[k+1].gap
		starts = places{}
		here := &s.steps[c[k].step].at
		for i := here.next(0); i < maxFound; i = here.next(i + 1) {
			s.work++
			j := rest.next(i + 1)
			switch {
			case j == maxFound:
			case gap == 0 && s.found[j].word != s.found[i].word+1:
			case gap > 0 && s.found[j].start-s.found[i].end > gap:
			default:
				starts.add(i)
				s.last[i] = s.last[j]
			}
		}
	}
	return starts
}
