package alert

import (
	"bytes"
	"strings"
)

// Subscribers choose what they are called: "loid cleared", "ONU 0/2:9
// (recovered) dying-gasp", "ONU 0/2:9 Toko-cleared". A word in the place of a
// name says nothing about what happened, so that it does not make an alarm
// harmless. Where it stands tells: behind a label, in quotes, in brackets behind
// the number of a thing, or joined to a word that no alarm has.
//
// What cannot be told is a word of its own where no label says that a name is
// there: "dying gasp received, ONU 0/2:9, Toko cleared". It counts.

// A wordList has words in lower case by their length.
type wordList [16][]string

func listOf(words string) *wordList {
	var l wordList
	for _, w := range strings.Fields(words) {
		l[len(w)] = append(l[len(w)], w)
	}
	return &l
}

// has reports whether word is in l, in whatever case.
func (l *wordList) has(word []byte) bool {
	if len(word) == 0 || len(word) >= len(l) {
		return false
	}
	for _, w := range l[len(word)] {
		if w[0] == word[0]|' ' && strings.EqualFold(w, string(word)) {
			return true
		}
	}
	return false
}

var (
	// labels are words before a name of one word; it follows whatever is between
	// them.
	labels = listOf("sn password pw pwd loidpassword ontid onuid serial")

	// titles are labels of names that may have several words.
	titles = listOf(`loid name desc description descr ssid essid alias label customer subscriber
		remark comment contact location`)

	// alarming are words that say what is cleared, "name=Toko alarm cleared", and
	// names of fields, "Perceived-Severity: cleared": no part of a name.
	alarming = listOf("alarm alarms fault faults event trap warning condition severity state status gasp los signal failure")

	// keys are words that are labels where = or : is behind them.
	keys = listOf("user username account client host hostname sysname device id login profile site owner address")
)

// maxName is how far before a word the bracket or quote of a name is looked
// for, in bytes.
const maxName = 32

// named reports whether the word at s.found[i] stands in the place of a name.
func (s *scan) named(i int) bool {
	text, start, end := s.bytes, int(s.found[i].start), int(s.found[i].end)
	at := start
	open := opening(text, start)
	quoted := open >= 0 && (text[open] == '"' || text[open] == '\'')
	if open >= 0 {
		if !quoted && numbered(text, open) && (text[open] != '(' || goesOn(text, end)) {
			return true
		}
		at = open
	}
	word, key := before(text, at)
	if len(word) > 0 && (labels.has(word) || titles.has(word) || key && keys.has(word)) {
		return true
	}
	return quoted && !key || titled(text, at) || s.joined(i)
}

// before returns the word before text[at:], and whether = or : is between them.
// It is nil if more is between them.
func before(text []byte, at int) (word []byte, key bool) {
	i := at
	for ; i > 0 && at-i < 4; i-- {
		switch text[i-1] {
		case '=', ':':
			key = true
			continue
		case ' ', '\t', '-', '_', '"', '\'':
			continue
		}
		break
	}
	k := i
	for k > 0 && i-k < maxName && symbolOf[text[k-1]] != between {
		k--
	}
	return text[k:i], key
}

// titled reports whether text[at:] is further on in a name that begins behind a
// title: "name=Toko cleared", "name=\"Toko\" cleared". A place is no such name,
// "name Gi0/7 recovered", and a comma or a bracket ends it.
func titled(text []byte, at int) bool {
	place, first := false, true
	for i, n := at, 0; i > 0 && at-i <= maxName && n < 4; {
		c := text[i-1]
		switch {
		case symbolOf[c] != between:
			k := i
			for k > 0 && at-k <= maxName && symbolOf[text[k-1]] != between {
				k--
			}
			word := text[k:i]
			switch {
			case first && alarming.has(word):
				return false
			case !first && titles.has(word):
				return !place
			}
			i, first = k, false
			n++
		case c == ',' || c == ';' || c == '|' || c == '\n' || c == ')' || c == ']' || c == '}' || c == '>':
			return false
		default:
			place = place || c == '/'
			i--
		}
	}
	return false
}

// joins reports whether c joins words to one name.
func joins(c byte) bool {
	return c == '-' || c == '_' || c == '.' || c == '@' || c == '+' || symbolOf[c] != between
}

// joined reports whether the word at s.found[i] is joined to one that stands in
// no pattern: "Toko-cleared", but not "alarm-cleared". What begins with % is
// what Cisco and others begin their messages with; "Perceived-Severity: clear"
// is a field.
func (s *scan) joined(i int) bool {
	text, w := s.bytes, s.found[i]
	lo, hi := int(w.start), int(w.end)
	for lo > 0 && int(w.start)-lo < maxName && joins(text[lo-1]) {
		lo--
	}
	for hi < len(text) && hi-int(w.end) < maxName && joins(text[hi]) {
		hi++
	}
	if lo == int(w.start) && hi == int(w.end) || lo > 0 && text[lo-1] == '%' || alarming.has(text[w.start:w.end]) {
		return false
	}
	next := i
	for next > 0 && int(s.found[next-1].start) >= lo {
		next--
	}
	for lo < hi {
		if symbolOf[text[lo]] == between {
			lo++
			continue
		}
		from, letters := lo, false
		for ; lo < hi && symbolOf[text[lo]] != between; lo++ {
			letters = letters || text[lo] > '9'
		}
		if next < len(s.found) && int(s.found[next].start) == from {
			next++
		} else if letters {
			return true
		}
	}
	return false
}

// opening returns where the bracket or quote opens that text[at:] is in; -1 if
// it is in none.
func opening(text []byte, at int) int {
	for i := at - 1; i >= 0 && at-i <= maxName; i-- {
		switch text[i] {
		case '(', '[', '<', '{':
			return i
		case ')', ']', '>', '}', ',', ';', '\n':
			return -1
		case '"', '\'':
			if i == 0 || symbolOf[text[i-1]] == between {
				return i
			}
			return -1
		}
	}
	return -1
}

// numbered reports whether what stands before text[open] ends with a digit or
// with another bracket: "0/2:9 (name)", "0/2:9 [mac] [name]".
func numbered(text []byte, open int) bool {
	for open > 0 && (text[open-1] == ' ' || text[open-1] == '\t') {
		open--
	}
	if open == 0 {
		return false
	}
	c := text[open-1]
	return '0' <= c && c <= '9' || c == ')' || c == ']'
}

// goesOn reports whether there are words behind the bracket that closes after
// text[end].
func goesOn(text []byte, end int) bool {
	i := bytes.IndexAny(text[end:min(len(text), end+maxName)], ")]>}")
	if i < 0 {
		return false
	}
	return bytes.ContainsFunc(text[end+i:min(len(text), end+i+maxName)], func(r rune) bool { return r < 0x80 && symbolOf[r] != between })
}
