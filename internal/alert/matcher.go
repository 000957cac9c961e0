package alert

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/logboom/logboom/internal/query"
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
	rules    []wordRule
	lexicon  *lexicon
	steps    [][]int32  // class of a word -> the steps that it can be
	numbered int        // steps
	patterns []compiled // of all rules, each once
	alarms   []alarm    // what rules find, in their order
	from     [][]int32  // class of a word -> places in alarms of patterns that are tried where it is
	excepts  [][]int32  // sets of patterns, each once: many rules have the same
	except   []int32    // rule -> place in excepts of what makes it harmless
	phrases  []int      // places of rules with a phrase
}

// An alarm is a pattern of the rule at a place.
type alarm struct {
	rule    int
	pattern int32 // place in patterns
}

// compiled is a pattern whose steps are numbered: patterns share many.
type compiled []compiledStep

type compiledStep struct {
	step, gap int32
}

func newMatcher(rules []wordRule) (*matcher, error) {
	c := compiler{matcher: &matcher{rules: rules}, steps: map[string]int32{}, patterns: map[string]int32{}, same: map[*step]int32{}}
	m := c.matcher
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
	m.steps, m.from = make([][]int32, m.lexicon.classes), make([][]int32, m.lexicon.classes)
	sets := map[string]int32{}
	for i, r := range rules {
		var set []int32
		for _, p := range r.except {
			set = append(set, c.pattern(p))
		}
		name := fmt.Sprint(set)
		if _, ok := sets[name]; !ok {
			sets[name] = int32(len(m.excepts))
			m.excepts = append(m.excepts, set)
		}
		m.except = append(m.except, sets[name])
		for _, p := range r.any {
			place := int32(len(m.alarms))
			m.alarms = append(m.alarms, alarm{i, c.pattern(p)})
			for _, class := range c.classes[c.rare(p)] {
				m.from[class] = append(m.from[class], place)
			}
		}
		if r.phrase != nil {
			m.phrases = append(m.phrases, i)
		}
	}
	m.numbered = len(c.classes)
	return m, nil
}

// compiler numbers the steps and patterns of a matcher.
type compiler struct {
	matcher  *matcher
	steps    map[string]int32 // words of a step -> its number
	patterns map[string]int32 // steps of a pattern -> its place
	same     map[*step]int32  // first step of a pattern that several rules share -> its place
	classes  [][]uint16       // step -> classes of words that it can be
}

func (c *compiler) step(s step) int32 {
	name := strings.Join(s.words, " ")
	n, ok := c.steps[name]
	if ok {
		return n
	}
	n = int32(len(c.classes))
	c.steps[name] = n
	var classes []uint16
	for _, word := range s.words {
		classes = append(classes, c.matcher.lexicon.members[word]...)
	}
	slices.Sort(classes)
	classes = slices.Compact(classes)
	c.classes = append(c.classes, classes)
	for _, class := range classes {
		c.matcher.steps[class] = append(c.matcher.steps[class], n)
	}
	return n
}

func (c *compiler) pattern(p pattern) int32 {
	if n, ok := c.same[&p[0]]; ok {
		return n
	}
	var steps compiled
	for _, s := range p {
		steps = append(steps, compiledStep{c.step(s), int32(s.gap)})
	}
	name := fmt.Sprint(steps)
	n, ok := c.patterns[name]
	if !ok {
		n = int32(len(c.matcher.patterns))
		c.patterns[name] = n
		c.matcher.patterns = append(c.matcher.patterns, steps)
	}
	c.same[&p[0]] = n
	return n
}

// rare returns the step of p that says most.
func (c *compiler) rare(p pattern) int32 {
	for _, s := range p {
		if !slices.ContainsFunc(s.words, isUsual) {
			return c.step(s)
		}
	}
	return c.step(p[0])
}

// usualWords stand in messages of all kinds: a pattern is better tried where
// its other words are.
var usualWords = strings.Fields(`a an and by for from has in interface is it link line of on or port protocol
	state status system device host user address power memory session the to up vlan was with if ip mac
	process server login password log error cpu load no onu ont pon epon gpon module slot alarm event tcp`)

func isUsual(w string) bool { return slices.Contains(usualWords, strings.TrimRight(w, "*#")) }

// find returns the place of the first rule that holds for text.
func (m *matcher) find(s *scan, text []byte) (rule int, ok bool) {
	text = text[:min(len(text), maxLooked)]
	s.begin(m, text)
	rule = s.known.verdict(m, s)
	s.record.Raw = text
	for _, i := range m.phrases {
		if i < rule && m.rules[i].phrase.Match(&s.record, nil) && m.talk(s, i).empty() {
			rule = i
		}
	}
	return rule, rule < len(m.rules)
}

// talk returns where something begins that makes rule i harmless.
func (m *matcher) talk(s *scan, i int) *places {
	s.note(m)
	return m.harmless(s, i)
}
