package alert

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// A lexicon knows the words of all patterns. It is an automaton that reads a
// text once, byte by byte, and names the class of each word: the set of words
// of patterns that it is one of. Class 0 is of the words in no pattern.
type lexicon struct {
	next    []uint32 // state*symbols + symbol -> state*symbols
	class   []uint16 // state -> class of a word that ends there
	classes int
	members map[string][]uint16 // word of a pattern -> its classes
}

// Bytes are told apart as far as words need it: letters without case, digits,
// other letters (all beyond ASCII), and what stands between words.
const (
	between = 0
	other   = 37
	symbols = 38
)

// symbolOf maps bytes to symbols.
var symbolOf = func() (t [256]uint8) {
	for i := range t {
		switch c := byte(i); {
		case 'a' <= c && c <= 'z':
			t[i] = 1 + c - 'a'
		case 'A' <= c && c <= 'Z':
			t[i] = 1 + c - 'A'
		case '0' <= c && c <= '9':
			t[i] = 27 + c - '0'
		case c >= 0x80:
			t[i] = other
		}
	}
	return t
}()

// States with a meaning of their own.
const (
	lost  = 0 // in a word that is none of ours
	start = 1 // before a word
)

// maxStates is what fits the type of a state.
const maxStates = 1<<16 - 1

// newLexicon makes the lexicon of words in lower case, which may end with * or
// #.
func newLexicon(words []string) (*lexicon, error) {
	words = slices.Clone(words)
	slices.Sort(words)
	words = slices.Compact(words)

	b := builder{states: map[string]uint16{}, classes: map[string]uint16{}, lexicon: &lexicon{members: map[string][]uint16{}}}
	b.lexicon.class = []uint16{0}
	b.lexicon.next = make([]uint32, symbols)
	b.lexicon.classes = 1
	if len(words) == 0 {
		words = []string{"*"} // a class of all words, in no pattern
	}
	live := make([]int32, len(words))
	for i, w := range words {
		live[i] = int32(i)
		b.stems = append(b.stems, strings.TrimRight(w, "*#"))
	}
	b.words = words
	b.state(live, 0)
	if len(b.lexicon.class) > maxStates {
		return nil, fmt.Errorf("there are too many words: %d", len(words))
	}
	for i := range b.lexicon.next {
		b.lexicon.next[i] *= symbols
	}
	return b.lexicon, nil
}

// builder makes the automaton of a lexicon, state after state, by what is left
// of the words. Words are their places in words.
type builder struct {
	lexicon *lexicon
	words   []string
	stems   []string          // words without * and #
	states  map[string]uint16 // words that are left, with depth -> state
	classes map[string]uint16 // words -> class
}

// nameOf returns a key for words at depth.
func nameOf(depth int, words []int32) string {
	name := binary.AppendUvarint(make([]byte, 0, 3+3*len(words)), uint64(depth))
	for _, w := range words {
		name = binary.AppendUvarint(name, uint64(w))
	}
	return string(name)
}

// state returns the state behind depth bytes in which the words of live can
// still become whole. It makes those that follow too.
func (b *builder) state(live []int32, depth int) uint16 {
	if len(live) == 0 {
		return lost
	}
	l := b.lexicon
	id := len(l.class)
	if id > maxStates {
		return lost // reported by newLexicon
	}
	name := nameOf(depth, live)
	if s, ok := b.states[name]; ok {
		return s
	}
	b.states[name] = uint16(id)
	l.class = append(l.class, 0)
	l.next = append(l.next, make([]uint32, symbols)...)

	var ends []int32
	var left [symbols][]int32 // symbol -> words that can have it next
	for _, w := range live {
		if depth < len(b.stems[w]) {
			sym := symbolOf[b.stems[w][depth]]
			left[sym] = append(left[sym], w)
			continue
		}
		if depth > 0 {
			ends = append(ends, w)
		}
		from := symbols
		switch b.words[w][len(b.words[w])-1] {
		case '*':
			from = 1
		case '#':
			from = 27
		}
		for sym := from; sym < symbols && (from == 1 || sym < other); sym++ {
			left[sym] = append(left[sym], w)
		}
	}
	l.class[id] = b.classOf(ends)
	for sym := 1; sym < symbols; sym++ {
		if len(left[sym]) == 0 {
			continue
		}
		// Behind the end of every word, depth no longer matters.
		longest := 0
		for _, w := range left[sym] {
			longest = max(longest, len(b.stems[w]))
		}
		to := b.state(left[sym], min(depth+1, longest+1))
		l.next[id*symbols+sym] = uint32(to)
	}
	return uint16(id)
}

// classOf returns the class of a word that is all of words.
func (b *builder) classOf(words []int32) uint16 {
	if len(words) == 0 {
		return 0
	}
	name := nameOf(0, words)
	if c, ok := b.classes[name]; ok {
		return c
	}
	c := uint16(b.lexicon.classes)
	b.lexicon.classes++
	b.classes[name] = c
	for _, w := range words {
		b.lexicon.members[b.words[w]] = append(b.lexicon.members[b.words[w]], c)
	}
	return c
}

// A found is a word of a pattern in a text.
type found struct {
	class      uint16
	word       int32 // place among all words of the text, from 0
	start, end int32
}

// Limits of the part of a message in which words are looked for: alarms say
// what they are at once.
const (
	maxLooked = 8 << 10 // bytes
	maxFound  = 256     // words of patterns
)

// read appends the words of patterns in text to dst, which is returned.
func (l *lexicon) read(dst []found, text []byte) []found {
	text = text[:min(len(text), maxLooked)]
	next, class := l.next, l.class
	state, word, begin := uint32(start*symbols), int32(0), 0
	for i := 0; i < len(text); i++ {
		sym := symbolOf[text[i]]
		if sym != between {
			if state = next[state+uint32(sym)]; state != lost {
				continue
			}
			for i+1 < len(text) && symbolOf[text[i+1]] != between {
				i++
			}
			continue
		}
		if state > start*symbols {
			if c := class[state/symbols]; c != 0 && len(dst) < maxFound {
				dst = append(dst, found{c, word, int32(begin), int32(i)})
			}
		}
		if i > begin {
			word++
		}
		state, begin = start*symbols, i+1
	}
	if state > start*symbols && class[state/symbols] != 0 && len(dst) < maxFound {
		dst = append(dst, found{class[state/symbols], word, int32(begin), int32(len(text))})
	}
	return dst
}
