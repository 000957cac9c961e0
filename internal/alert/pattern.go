package alert

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A pattern is a few words that mean something together. It is written as
//
//	dying gasp                      next to each other, whatever is between them
//	(onu|ont) .. (offline|off-line) one of several, with up to gapBytes between
//	deregister*                     what begins so
//	fan#                            with or without a number: fan, fan2
//	power? supply                   the word before ? may be missing
//	port ..20 down                  with up to 20 bytes between
//
// A word is a run of letters and digits. Whatever else stands in a message ends
// it: "MAC_FLAP" is two words, "preset" is not "reset", "Loopback0" is not
// "loopback". Case does not matter.
type pattern []step

// A step is one word of a pattern.
type step struct {
	words []string // one of these; may end with * or #
	gap   int      // bytes that may stand before it; 0 = it follows the word before
}

// gapBytes is what ".." stands for. It spans the numbers and addresses that
// devices put between the words: a port, a MAC, a serial number.
const gapBytes = 60

// maxPatterns bounds what one text may mean.
const maxPatterns = 64

var (
	patternWord = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*[*#]?$`)
	patternGap  = regexp.MustCompile(`^\.\.([0-9]{0,3})$`)
)

// parsePattern returns the patterns that text stands for: several where words
// joined with - are among the choices, or where words may be missing.
func parsePattern(text string) ([]pattern, error) {
	all := []pattern{nil}
	gap := 0
	for _, field := range strings.Fields(strings.ToLower(text)) {
		if m := patternGap.FindStringSubmatch(field); m != nil {
			gap = gapBytes
			if m[1] != "" {
				gap, _ = strconv.Atoi(m[1])
			}
			continue
		}
		field, optional := strings.CutSuffix(field, "?")
		choices, err := parseChoices(field)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", text, err)
		}
		var longer []pattern
		for _, p := range all {
			if optional {
				longer = append(longer, p)
			}
			for _, c := range choices {
				c = slices.Clone(c)
				c[0].gap = gap
				longer = append(longer, append(slices.Clone(p), c...))
			}
		}
		if all = longer; len(all) > maxPatterns {
			return nil, fmt.Errorf("%q: stands for more than %d patterns", text, maxPatterns)
		}
		gap = 0
	}
	for _, p := range all {
		if len(p) == 0 {
			return nil, fmt.Errorf("%q: no word has to be there", text)
		}
		p[0].gap = 0
	}
	return all, nil
}

// parseChoices reads "word", "two-words" or "(a|b-c|d*)". Single words make one
// step together, each run of words makes steps of its own.
func parseChoices(field string) ([]pattern, error) {
	inner, ok := strings.CutPrefix(field, "(")
	if ok {
		if inner, ok = strings.CutSuffix(inner, ")"); !ok {
			return nil, fmt.Errorf("%q has no closing bracket", field)
		}
	} else {
		inner = field
	}
	var single []string
	var choices []pattern
	for choice := range strings.SplitSeq(inner, "|") {
		if !patternWord.MatchString(choice) {
			return nil, fmt.Errorf("%q is no word", choice)
		}
		words := strings.Split(choice, "-")
		if len(words) == 1 {
			single = append(single, choice)
			continue
		}
		var run pattern
		for _, w := range words {
			run = append(run, step{words: []string{w}})
		}
		choices = append(choices, run)
	}
	if single != nil {
		choices = append(choices, pattern{{words: single}})
	}
	return choices, nil
}
