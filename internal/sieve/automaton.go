package sieve

import "slices"

// An automaton finds all of many texts in one pass, in any case of ASCII.
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
	// Texts go in by their lengths, a byte at a time, so that the states near the
	// beginning, where nearly all of a message is read, lie close together.
	grow := func() uint32 {
		a.next = append(a.next, make([]uint32, a.width)...)
		a.ends = append(a.ends, nil)
		return uint32(len(a.ends) - 1)
	}
	grow()
	states := make([]uint32, len(texts))
	for i, more := 0, true; more; i++ {
		more = false
		for n, s := range texts {
			if i >= len(s) {
				continue
			}
			more = true
			edge := states[n]*a.width + uint32(a.symbol[s[i]])
			if a.next[edge] == 0 {
				to := grow()
				a.next[edge] = to
			}
			states[n] = a.next[edge]
		}
	}
	for n, state := range states {
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
