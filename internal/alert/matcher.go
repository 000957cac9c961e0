package alert

import (
	"fmt"
	"slices"
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
// text once, whatever the number of rules.
type matcher struct {
	rules   []wordRule
	lexicon *lexicon
	from    [][]int      // class of a word -> places in alarms of patterns that begin with it
	alarms  []alarm      // patterns of rules, in the order of the rules
	except  [][]compiled // of each rule
	phrases []int        // places of rules with a phrase
}

// An alarm is a pattern of the rule at a place.
type alarm struct {
	rule    int
	pattern compiled
}

// compiled is a pattern in terms of classes.
type compiled []compiledStep

type compiledStep struct {
	gap int32
	set []uint64 // bit set of classes
}

func (s *compiledStep) has(class uint16) bool { return s.set[class/64]&(1<<(class%64)) != 0 }

// scan is what a matcher writes on while it reads; one for each goroutine.
type scan struct {
	found  []found
	record syslog.Record
}

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
	m.from = make([][]int, m.lexicon.classes)
	for i, r := range rules {
		var except []compiled
		for _, p := range r.except {
			except = append(except, m.compile(p))
		}
		m.except = append(m.except, except)
		for _, p := range r.any {
			c := m.compile(p)
			for class := range m.from {
				if c[0].has(uint16(class)) {
					m.from[class] = append(m.from[class], len(m.alarms))
				}
			}
			m.alarms = append(m.alarms, alarm{i, c})
		}
		if r.phrase != nil {
			m.phrases = append(m.phrases, i)
		}
	}
	return m, nil
}

func (m *matcher) compile(p pattern) compiled {
	var c compiled
	for _, s := range p {
		set := make([]uint64, (m.lexicon.classes+63)/64)
		for _, w := range s.words {
			for _, class := range m.lexicon.members[w] {
				set[class/64] |= 1 << (class % 64)
			}
		}
		c = append(c, compiledStep{int32(s.gap), set})
	}
	return c
}

// find returns the place of the first rule that holds for text.
func (m *matcher) find(s *scan, text []byte) (rule int, ok bool) {
	s.found = m.lexicon.read(s.found[:0], text)
	rule = len(m.rules)
	for i := range s.found {
		for _, k := range m.from[s.found[i].class] {
			a := &m.alarms[k]
			if a.rule < rule && follows(a.pattern, 1, s.found, i) && !m.harmless(a.rule, s.found) {
				rule = a.rule
			}
		}
	}
	s.record.Raw = text
	for _, i := range m.phrases {
		if i < rule && m.rules[i].phrase.Match(&s.record, nil) && !m.harmless(i, s.found) {
			rule = i
		}
	}
	return rule, rule < len(m.rules)
}

// harmless reports whether a pattern that excepts the rule stands in the text.
func (m *matcher) harmless(rule int, all []found) bool {
	for _, c := range m.except[rule] {
		for i := range all {
			if c[0].has(all[i].class) && follows(c, 1, all, i) {
				return true
			}
		}
	}
	return false
}

// follows reports whether the steps of c from n on stand behind all[i].
func follows(c compiled, n int, all []found, i int) bool {
	if n == len(c) {
		return true
	}
	for j := i + 1; j < len(all); j++ {
		if c[n].gap == 0 && all[j].word != all[i].word+1 || c[n].gap > 0 && all[j].start-all[i].end > c[n].gap {
			return false
		}
		if c[n].has(all[j].class) && follows(c, n+1, all, j) {
			return true
		}
	}
	return false
}
