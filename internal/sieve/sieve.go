// Package sieve tells which of many rules a message may match, in one pass over
// its text, by literals that each rule needs. It does no I/O and knows nothing
// of what the rules are.
//
// Source: Aho and Corasick, "Efficient string matching: an aid to bibliographic
// search", Communications of the ACM 18 (1975).
package sieve

import "strings"

// A Sieve knows the literals of items, which are numbered from 0. It does not
// change, so that several goroutines may use it.
type Sieve struct {
	automaton *automaton // nil if no item needs a text
	setsOf    [][]int32  // text -> the sets that it is in
	needs     [][]int32  // item -> sets of which each must have a text in the message
	first     [][]int32  // set -> items that are looked at where it is there
	sets      int
}

// New returns the sieve of items that need texts: of each of an item's sets, one
// text must be there, in any case of ASCII. Texts are in lower case and not
// empty. The best set, the one that is rarest, comes first. An item without
// sets may match whatever is there.
func New(needs [][][]string) *Sieve {
	s := &Sieve{}
	texts, numbers, same := []string{}, map[string]int{}, map[string]int32{}
	for i, item := range needs {
		var mine []int32
		for _, set := range item {
			name := strings.Join(set, "\x00")
			n, ok := same[name]
			if !ok {
				n = int32(s.sets)
				same[name] = n
				s.sets++
				s.first = append(s.first, nil)
				for _, text := range set {
					if _, ok := numbers[text]; !ok {
						numbers[text] = len(texts)
						texts = append(texts, text)
						s.setsOf = append(s.setsOf, nil)
					}
					t := numbers[text]
					s.setsOf[t] = append(s.setsOf[t], n)
				}
			}
			mine = append(mine, n)
		}
		if len(mine) > 0 {
			s.first[mine[0]] = append(s.first[mine[0]], int32(i))
		}
		s.needs = append(s.needs, mine)
	}
	if len(texts) > 0 {
		s.automaton = newAutomaton(texts)
	}
	return s
}

// Read notes in there, a bit set that it overwrites and returns, which sets
// may have a text in b: of long ones the beginning is looked for.
func (s *Sieve) Read(there []uint64, b []byte) []uint64 {
	there = s.clear(there)
	if s.automaton != nil {
		s.automaton.read(b, func(text int32) {
			for _, set := range s.setsOf[text] {
				there[set/64] |= 1 << (set % 64)
			}
		})
	}
	return there
}

// May reports whether item i may match what [Sieve.Read] noted in there.
func (s *Sieve) May(there []uint64, i int) bool {
	for _, set := range s.needs[i] {
		if there[set/64]&(1<<(set%64)) == 0 {
			return false
		}
	}
	return true
}

// Find appends to found the items with sets that may match b, in no order, each
// once. there is as for [Sieve.Read].
func (s *Sieve) Find(found []int32, there []uint64, b []byte) ([]int32, []uint64) {
	there = s.clear(there)
	from := len(found)
	if s.automaton == nil {
		return found, there
	}
	s.automaton.read(b, func(text int32) {
		for _, set := range s.setsOf[text] {
			if word, bit := &there[set/64], uint64(1)<<(set%64); *word&bit == 0 {
				*word |= bit
				found = append(found, s.first[set]...)
			}
		}
	})
	kept := from
	for _, i := range found[from:] {
		if s.May(there, int(i)) {
			found[kept] = i
			kept++
		}
	}
	return found[:kept], there
}

func (s *Sieve) clear(there []uint64) []uint64 {
	there = there[:0]
	for range (s.sets + 63) / 64 {
		there = append(there, 0)
	}
	return there
}
