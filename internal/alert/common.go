package alert

import (
	"slices"
	"strings"
)

// common is what several packs and the keywords use, see packs/shared.toml.
type common struct {
	groups map[string][]pattern // what excepts a message, by name
	words  map[string][]pattern // what excepts a message from a keyword with this word

	// What keywords are excepted by, and which words can be which of its steps.
	// There may be a thousand keywords, of many words.
	usual   []usual
	whole   map[string][]usualStep
	stemmed []stemmed
}

// keywordGroups are the groups that except messages from keywords.
var keywordGroups = []string{"over", "talk", "chosen"}

// usual is a pattern of one of these groups.
type usual struct {
	pattern pattern
	over    bool // of the group "over"
}

// A usualStep is a step of a usual pattern.
type usualStep struct{ usual, step int }

// stemmed is a word of a step that ends with * or #.
type stemmed struct {
	stem string
	at   usualStep
}

func readCommon() (*common, error) {
	f, err := readPack(shared)
	if err != nil {
		return nil, err
	}
	c := &common{groups: map[string][]pattern{}, words: map[string][]pattern{}, whole: map[string][]usualStep{}}
	for name, texts := range f.Group {
		if c.groups[name], err = parsePatterns(texts); err != nil {
			return nil, err
		}
	}
	for word, texts := range f.Word {
		if c.words[word], err = parsePatterns(texts); err != nil {
			return nil, err
		}
	}
	for _, name := range keywordGroups {
		for _, p := range c.groups[name] {
			for i, s := range p {
				at := usualStep{len(c.usual), i}
				for _, w := range s.words {
					c.whole[w] = append(c.whole[w], at)
					if stem := strings.TrimRight(w, "*#"); stem != w {
						c.stemmed = append(c.stemmed, stemmed{stem, at})
					}
				}
			}
			c.usual = append(c.usual, usual{p, name == "over"})
		}
	}
	return c, nil
}

// exceptions returns what makes a message with the keyword of words harmless.
// What the keyword itself asks for is not: "alarm cleared" is found in "alarm
// cleared", and "connection reset" in "connection reset by peer".
func (c *common) exceptions(words []string) []pattern {
	words = slices.Compact(slices.Sorted(slices.Values(words)))
	asked := map[usualStep]bool{}
	for _, w := range words {
		for _, form := range forms(w) {
			for _, at := range c.whole[form] {
				asked[at] = true
			}
		}
		for _, s := range c.stemmed {
			if strings.HasPrefix(w, s.stem) {
				asked[s.at] = true
			}
		}
	}
	var all []pattern
	for i, u := range c.usual {
		n := 0
		for step := range u.pattern {
			if asked[usualStep{i, step}] {
				n++
			}
		}
		// Of settings and names, only what is all of it asked for.
		if n == 0 || !u.over && n < len(u.pattern) {
			all = append(all, u.pattern)
		}
	}
	for i, w := range words {
		others := slices.Concat(words[:i], words[i+1:])
		if !slices.ContainsFunc(c.words[w], func(p pattern) bool { return p.mentions(w) && slices.ContainsFunc(others, p.mentions) }) {
			all = append(all, c.words[w]...)
		}
	}
	return all
}

// mentions reports whether the word w can be one of p.
func (p pattern) mentions(w string) bool {
	all := forms(w)
	for _, s := range p {
		for _, have := range s.words {
			stem := strings.TrimRight(have, "*#")
			if len(stem) < len(have) && strings.HasPrefix(w, stem) || slices.Contains(all, have) {
				return true
			}
		}
	}
	return false
}

// forms returns w as it may stand in a pattern.
func forms(w string) []string { return append(endings(w), w) }
