package alert

import (
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

	b := builder{sets: map[string]uint16{}, lexicon: &lexicon{members: map[string][]uint16{}}}
	b.lexicon.class = []uint16{0}
	b.lexicon.next = make([]uint32, symbols)
	b.lexicon.classes = 1
	if len(words) == 0 {
		words = []string{"*"} // a class of all words, in no pattern
	}
	b.state(words, 0)
	if len(b.lexicon.class) > maxStates {
		return nil, fmt.Errorf("there are too many words: %d", len(words))
	}
	for i := range b.lexicon.next {
		b.lexicon.next[i] *= symbols
	}
	return b.lexicon, nil
}

// builder makes the automaton of a lexicon, state after state, by what is left
// of the words.
type builder struct {
	lexicon *lexicon
	sets    map[string]uint16 // words that are left, with depth -> state
}

// state returns the state behind depth bytes in which the words of live can
// still become whole. It makes those that follow too.
func (b *builder) state(live []string, depth int) uint16 {
	if len(live) == 0 {
		return lost
	}
	name := fmt.Sprint(depth, live)
	if s, ok := b.sets[name]; ok {
		return s
	}
	l := b.lexicon
	id := len(l.class)
	if id > maxStates {
		l.class = append(l.class, 0) // reported by newLexicon
		return lost
	}
	b.sets[name] = uint16(id)
	l.class = append(l.class, 0)
	l.next = append(l.next, make([]uint32, symbols)...)

	var ends []string
	for _, w := range live {
		if stem := strings.TrimRight(w, "*#"); len(stem) <= depth && depth > 0 {
			ends = append(ends, w)
		}
	}
	l.class[id] = b.classOf(ends)
	for sym := 1; sym < symbols; sym++ {
		var left []string
		for _, w := range live {
			if goesOn(w, depth, sym) {
				left = append(left, w)
			}
		}
		// Behind the end of every word, depth no longer matters.
		to := b.state(left, min(depth+1, longest(left)+1))
		l.next[id*symbols+sym] = uint32(to)
	}
	return uint16(id)
}

// goesOn reports whether the word w can have sym at depth.
func goesOn(w string, depth, sym int) bool {
	stem := strings.TrimRight(w, "*#")
	if depth < len(stem) {
		return int(symbolOf[stem[depth]]) == sym
	}
	switch w[len(w)-1] {
	case '*':
		return true
	case '#':
		return sym >= 27 && sym < other
	}
	return false
}

func longest(words []string) int {
	n := 0
	for _, w := range words {
		n = max(n, len(strings.TrimRight(w, "*#")))
	}
	return n
}

// classOf returns the class of a word that is all of words.
func (b *builder) classOf(words []string) uint16 {
	if len(words) == 0 {
		return 0
	}
	name := "class " + strings.Join(words, " ")
	if c, ok := b.sets[name]; ok {
		return c
	}
	c := uint16(b.lexicon.classes)
	b.lexicon.classes++
	b.sets[name] = c
	for _, w := range words {
		b.lexicon.members[w] = append(b.lexicon.members[w], c)
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
