package alert

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/logboom/logboom/internal/query"
	"github.com/logboom/logboom/internal/syslog"
)

// A wordRule raises an alert where one of its patterns stands in a message and
// none of those that make it harmless.
type wordRule struct {
	name, source string
	any, except  []pattern
	severity     uint8 // messages are shown as at least this
	threshold    int   // 0 = 1
	within       time.Duration

	phrase *query.Query // of a keyword beyond ASCII, instead of any
}

// A matcher finds the first of its rules that holds for a text. It reads the
// text once, whatever the number of rules, and then looks only at patterns all
// of whose words are there.
type matcher struct {
	rules   []wordRule
	lexicon *lexicon
	masks   [][]uint64 // class of a word -> bit set of the steps it can be
	alarms  []alarm    // patterns of rules, in the order of the rules
	from    [][]int    // class of a word -> places in alarms of patterns that are tried where it is
	except  [][]compiled
	phrases []int // places of rules with a phrase
}

// An alarm is a pattern of the rule at a place.
type alarm struct {
	rule    int
	pattern compiled
}

// compiled is a pattern whose steps are numbered: patterns share many.
type compiled []compiledStep

type compiledStep struct {
	step, gap int32
}

// scan is what a matcher writes on while it reads; one for each goroutine.
type scan struct {
	found  []found
	there  []uint64 // bit set of the steps that are there
	known  verdicts
	record syslog.Record
}

func bit(set []uint64, i int32) bool { return set[i/64]&(1<<(i%64)) != 0 }

func newMatcher(rules []wordRule) (*matcher, error) {
	m := &matcher{rules: rules}
	var words []string
	for _, r := range rules {
		for _, p := range slices.Concat(r.any, r.except) {
			for _, s := range p {
				words = append(words, s.words...)
			}
		}
	}
	var err error
	if m.lexicon, err = newLexicon(words); err != nil {
		return nil, fmt.Errorf("compiling %d word rules: %w", len(rules), err)
	}
	steps := map[string]int32{}
	var usual []bool // whether a step has a word that says nothing
	compile := func(p pattern) compiled {
		var c compiled
		for _, s := range p {
			name := strings.Join(s.words, " ")
			if _, ok := steps[name]; !ok {
				steps[name] = int32(len(steps))
				usual = append(usual, slices.ContainsFunc(s.words, isUsual))
			}
			c = append(c, compiledStep{steps[name], int32(s.gap)})
		}
		return c
	}
	for i, r := range rules {
		var except []compiled
		for _, p := range r.except {
			except = append(except, compile(p))
		}
		m.except = append(m.except, except)
		for _, p := range r.any {
			m.alarms = append(m.alarms, alarm{i, compile(p)})
		}
		if r.phrase != nil {
			m.phrases = append(m.phrases, i)
		}
	}
	m.masks = make([][]uint64, m.lexicon.classes)
	for class := range m.masks {
		m.masks[class] = make([]uint64, (len(steps)+63)/64)
	}
	for name, step := range steps {
		for word := range strings.FieldsSeq(name) {
			for _, class := range m.lexicon.members[word] {
				m.masks[class][step/64] |= 1 << (step % 64)
			}
		}
	}
	m.from = make([][]int, m.lexicon.classes)
	for place, a := range m.alarms {
		rare := a.pattern[0].step
		for _, s := range a.pattern {
			if usual[rare] && !usual[s.step] {
				rare = s.step
			}
		}
		for class := range m.from {
			if bit(m.masks[class], rare) {
				m.from[class] = append(m.from[class], place)
			}
		}
	}
	return m, nil
}

// usualWords stand in messages of all kinds: a pattern is better tried where
// its other words are.
var usualWords = strings.Fields(`a an and by for from has in interface is it link line of on or port protocol
	state status system device host user address power memory session the to up vlan was with if ip mac
	process server login password log error cpu load no onu ont pon epon gpon module slot alarm event tcp`)

func isUsual(w string) bool { return slices.Contains(usualWords, strings.TrimRight(w, "*#")) }

// find returns the place of the first rule that holds for text.
func (m *matcher) find(s *scan, text []byte) (rule int, ok bool) {
	s.found = m.lexicon.read(s.found[:0], text)
	rule = s.known.verdict(s.found, func() int { return m.judge(s) })
	s.record.Raw = text
	for _, i := range m.phrases {
		if i < rule && m.rules[i].phrase.Match(&s.record, nil) && !m.talk(s, i, text) {
			rule = i
		}
	}
	return rule, rule < len(m.rules)
}

// talk reports whether something anywhere in text makes rule i harmless.
func (m *matcher) talk(s *scan, i int, text []byte) bool {
	m.note(s)
	return m.harmless(s, i, 0, int32(len(text)))
}

// judge returns the place of the first rule that the words found alarm by;
// len(m.rules) if none.
func (m *matcher) judge(s *scan) int {
	rule := len(m.rules)
	m.note(s)
	for i := range s.found {
		for _, place := range m.from[s.found[i].class] {
			if a := &m.alarms[place]; a.rule < rule && m.alarmed(s, a) {
				rule = a.rule
			}
		}
	}
	return rule
}

// note fills in the steps that are there.
func (m *matcher) note(s *scan) {
	s.there = s.there[:0]
	for range len(m.masks[0]) {
		s.there = append(s.there, 0)
	}
	for i := range s.found {
		for k, set := range m.masks[s.found[i].class] {
			s.there[k] |= set
		}
	}
}

// alarmed reports whether the pattern of a stands in the text, and nothing near
// it makes it harmless.
func (m *matcher) alarmed(s *scan, a *alarm) bool {
	if !s.has(a.pattern) {
		return false
	}
	for i := range s.found {
		last := m.stands(a.pattern, s.found, i)
		if last >= 0 && !m.harmless(s, a.rule, s.found[i].start, s.found[last].end) {
			return true
		}
	}
	return false
}

// has reports whether all steps of c are somewhere in the text.
func (s *scan) has(c compiled) bool {
	for i := range c {
		if !bit(s.there, c[i].step) {
			return false
		}
	}
	return true
}

// nearBytes is how far from the words of an alarm those may be that make it
// harmless. Long messages have fields of other things.
const nearBytes = 100

// harmless reports whether a pattern that excepts the rule stands near its
// words, which are those from the byte from to the byte to.
func (m *matcher) harmless(s *scan, rule int, from, to int32) bool {
	for _, c := range m.except[rule] {
		if !s.has(c) {
			continue
		}
		for i := range s.found {
			if s.found[i].end >= from-nearBytes && s.found[i].start <= to+nearBytes && m.stands(c, s.found, i) >= 0 {
				return true
			}
		}
	}
	return false
}

// stands returns the place in all of the last word of the pattern c, if its
// first is all[i]; -1 if it does not stand there.
func (m *matcher) stands(c compiled, all []found, i int) int {
	if !bit(m.masks[all[i].class], c[0].step) {
		return -1
	}
	if len(c) == 1 {
		return i
	}
	for j := i + 1; j < len(all); j++ {
		if c[1].gap == 0 && all[j].word != all[i].word+1 || c[1].gap > 0 && all[j].start-all[i].end > c[1].gap {
			return -1
		}
		if last := m.stands(c[1:], all, j); last >= 0 {
			return last
		}
	}
	return -1
}
