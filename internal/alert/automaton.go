package alert

import (
	"slices"

	"github.com/logboom/logboom/internal/query"
)

// An automaton finds all of many texts in one pass (Aho and Corasick, "Efficient
// string matching", 1975), in any case of ASCII.
type automaton struct {
	symbol [256]uint8 // bytes that are in no text are 0
	width  uint32     // symbols
	next   []uint32   // state*width + symbol -> state*width, with ending set if texts end there
	ends   [][]int32  // state -> numbers of the texts
}

// texts end at a state with this bit.
const ending = 1 << 31

// newAutomaton makes the automaton of texts in lower case, none of them empty.
func newAutomaton(texts []string) *automaton {
	a := &automaton{width: 1}
	for _, s := range texts {
		for i := range len(s) {
			if c := s[i]; a.symbol[c] == 0 {
				a.symbol[c] = uint8(a.width) // at most 95 of ASCII without capitals
				a.width++
			}
		}
	}
	for c := 'A'; c <= 'Z'; c++ {
		a.symbol[c] = a.symbol[c+'a'-'A']
	}
	grow := func() uint32 {
		a.next = append(a.next, make([]uint32, a.width)...)
		a.ends = append(a.ends, nil)
		return uint32(len(a.ends) - 1)
	}
	grow()
	for n, s := range texts {
		state := uint32(0)
		for i := range len(s) {
			edge := state*a.width + uint32(a.symbol[s[i]])
			if a.next[edge] == 0 {
				to := grow()
				a.next[edge] = to
			}
			state = a.next[edge]
		}
		a.ends[state] = append(a.ends[state], int32(n))
	}
	a.link()
	return a
}

// link fills in where a state goes on with a symbol that none of its texts has:
// where the longest end of what was read that begins a text goes on.
func (a *automaton) link() {
	fail := make([]uint32, len(a.ends))
	queue := []uint32{0}
	for len(queue) > 0 {
		state := queue[0]
		queue = queue[1:]
		for sym := range a.width {
			edge := state*a.width + sym
			to := a.next[edge]
			if to == 0 {
				if state != 0 {
					a.next[edge] = a.next[fail[state]*a.width+sym]
				}
				continue
			}
			if state != 0 {
				fail[to] = a.next[fail[state]*a.width+sym]
			}
			a.ends[to] = slices.Concat(a.ends[to], a.ends[fail[to]])
			queue = append(queue, to)
		}
	}
	for i, to := range a.next {
		a.next[i] = to * a.width
		if len(a.ends[to]) > 0 {
			a.next[i] |= ending
		}
	}
}

// read calls found for each text that stands in b, once for each place.
func (a *automaton) read(b []byte, found func(text int32)) {
	state := uint32(0)
	next := a.next
	for _, c := range b {
		state = next[state+uint32(a.symbol[c])]
		if state&ending != 0 {
			state &^= ending
			for _, n := range a.ends[state/a.width] {
				found(n)
			}
		}
	}
}

// A sieve tells which of many queries a message may match, by the texts that
// they need.
type sieve struct {
	automaton *automaton // nil if no query needs a text
	setsOf    [][]int32  // text -> the sets that it is in
	needs     [][]int32  // query -> sets of which each must have a text in the message
	sets      int
}

func newSieve(queries []*query.Query) *sieve {
	s := &sieve{}
	numbers := map[string]int{}
	var texts []string
	for _, q := range queries {
		var mine []int32
		if q != nil {
			for _, set := range q.Needs() {
				for _, text := range set {
					if _, ok := numbers[text]; !ok {
						numbers[text] = len(texts)
						texts = append(texts, text)
						s.setsOf = append(s.setsOf, nil)
					}
					n := numbers[text]
					s.setsOf[n] = append(s.setsOf[n], int32(s.sets))
				}
				mine = append(mine, int32(s.sets))
				s.sets++
			}
		}
		s.needs = append(s.needs, mine)
	}
	if len(texts) > 0 {
		s.automaton = newAutomaton(texts)
	}
	return s
}

// read notes in there, a bit set, which sets have a text in b.
func (s *sieve) read(there []uint64, b []byte) []uint64 {
	there = there[:0]
	for range (s.sets + 63) / 64 {
		there = append(there, 0)
	}
	if s.automaton != nil {
		s.automaton.read(b, func(text int32) {
			for _, set := range s.setsOf[text] {
				there[set/64] |= 1 << (set % 64)
			}
		})
	}
	return there
}

// may reports whether the query at place i may match.
func (s *sieve) may(there []uint64, i int) bool {
	for _, set := range s.needs[i] {
		if !bit(there, set) {
			return false
		}
	}
	return true
}

func bit(set []uint64, i int32) bool { return set[i/64]&(1<<(i%64)) != 0 }
