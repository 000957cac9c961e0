package sieve

import "slices"

// mostLooked is how many bytes of a text an automaton looks for. The longest of
// its texts says how far what is read in pieces has to overlap.
const mostLooked = 12

// An automaton finds the beginnings of many texts in one pass, in any case of
// ASCII.
type automaton struct {
	longest int // bytes that are looked for, at most mostLooked

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
	texts = slices.Clone(texts)
	for n, s := range texts {
		texts[n] = s[:min(len(s), mostLooked)]
		a.longest = max(a.longest, len(texts[n]))
	}
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

// lanes are the pieces that are read side by side. A step waits for that before
// it, so that a processor that does one at a time has nothing to do.
const lanes = 4

// read calls found for each text whose beginning stands in b, at least once.
func (a *automaton) read(b []byte, found func(text int32)) {
	if len(b) < lanes*(a.longest+lanes) {
		a.finish(0, b, found) // pieces would be little but overlaps
		return
	}
	piece := (len(b) - a.longest + lanes) / lanes
	// What begins in a piece ends at most longest-1 bytes behind it.
	long := piece + a.longest - 1
	b0, b1, b2, b3 := b[:long], b[piece:piece+long], b[2*piece:2*piece+long], b[3*piece:]
	b0, b1, b2 = b0[:len(b3)], b1[:len(b3)], b2[:len(b3)]
	var s0, s1, s2, s3 uint32
	next := a.next
	for i, c := range b3 {
		s0 = next[s0+uint32(a.symbol[b0[i]])]
		s1 = next[s1+uint32(a.symbol[b1[i]])]
		s2 = next[s2+uint32(a.symbol[b2[i]])]
		s3 = next[s3+uint32(a.symbol[c])]
		if (s0|s1|s2|s3)&ending != 0 {
			s0, s1, s2, s3 = a.end(s0, found), a.end(s1, found), a.end(s2, found), a.end(s3, found)
		}
	}
	// The last piece may be shorter than the others by fewer bytes than lanes.
	a.finish(s0, b[len(b3):long], found)
	a.finish(s1, b[piece+len(b3):piece+long], found)
	a.finish(s2, b[2*piece+len(b3):2*piece+long], found)
}

// finish reads b from a state on.
func (a *automaton) finish(state uint32, b []byte, found func(text int32)) {
	for _, c := range b {
		if state = a.next[state+uint32(a.symbol[c])]; state&ending != 0 {
			state = a.end(state, found)
		}
	}
}

// end calls found for the texts that end at a state, and returns it without the
// bit that says so.
func (a *automaton) end(state uint32, found func(text int32)) uint32 {
	if state&ending == 0 {
		return state
	}
	state &^= ending
	for _, n := range a.ends[state/a.width] {
		found(n)
	}
	return state
}
