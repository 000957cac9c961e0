package alert

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/logboom/logboom/internal/query"
)

// errKeyword is for a keyword without anything to look for.
var errKeyword = errors.New("a keyword cannot be empty: it would be found in every message")

// CheckKeywords tells what is wrong with keywords, or that there are too many.
// Each is one or more words:
//
//   - Words are whole ones, in any case and with their endings: "reset" finds
//     "Resetting" but not "preset".
//   - Several words must stand in their order and close together. Ports,
//     addresses and small words may be between them: "port down" finds "port
//     0/1 is down". What is joined in the keyword must be so in the message:
//     "0/1/2", "link-down".
//   - Words that are often said without meaning it are known: "reset" does not
//     find "connection reset by peer" or "password reset".
//   - A keyword with letters beyond ASCII is found wherever it stands, within
//     words too.
func CheckKeywords(words []string) error {
	rules, err := wordRules(nil, words)
	if err != nil {
		return err
	}
	_, err = newMatcher(rules)
	return err
}

// CheckKeyword tells what is wrong with one keyword, in little time. That there
// are too many, only [CheckKeywords] can tell.
func CheckKeyword(text string) error {
	_, err := keyword(text, &common{})
	return err
}

// keywordGap is how much may stand between two words of a keyword, in bytes.
const keywordGap = 30

// keyword returns the rule of a keyword.
func keyword(text string, common *common) (wordRule, error) {
	text = strings.Join(strings.Fields(text), " ")
	rule := wordRule{name: text, source: "keyword", severity: 7}
	if text == "" {
		return rule, errKeyword
	}
	words, joined := wordsOf(text)
	if len(words) == 0 || strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) >= 0 {
		var err error
		rule.phrase, err = query.ParseRule(`"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`)
		if err != nil {
			return rule, fmt.Errorf("the keyword %q cannot be used: %w", text, err)
		}
	}
	var p pattern
	for i, w := range words {
		s := step{words: endings(w)}
		if i > 0 && !joined[i] {
			s.gap = keywordGap
		}
		p = append(p, s)
	}
	if rule.phrase == nil {
		rule.any = []pattern{p}
		if len(words) == 2 && letters(words[0]+words[1]) {
			rule.any = append(rule.any, pattern{{words: endings(words[0] + words[1])}}) // LinkDown
		}
	}
	rule.except = common.exceptions(words)
	return rule, nil
}

// wordsOf cuts text into words of letters and digits, in lower case. A word is
// joined if no space is before it.
func wordsOf(text string) (words []string, joined []bool) {
	for field := range strings.FieldsSeq(strings.ToLower(text)) {
		for i, w := range strings.FieldsFunc(field, func(r rune) bool { return r >= utf8.RuneSelf || symbolOf[byte(r)] == between }) {
			words = append(words, w)
			joined = append(joined, i > 0)
		}
	}
	return words, joined
}

func letters(w string) bool { return strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") == "" }

// endings returns the word w with the endings that English gives it.
func endings(w string) []string {
	if len(w) < 3 || !letters(w) {
		return []string{w}
	}
	last := w[len(w)-1]
	all := []string{w, w + "s", w + "es", w + "ed", w + "ing"}
	switch {
	case last == 'e':
		all = append(all, w+"d", w[:len(w)-1]+"ing")
	case last == 'y':
		all = append(all, w[:len(w)-1]+"ied", w[:len(w)-1]+"ies")
	case !strings.ContainsRune("aiouy", rune(last)):
		all = append(all, w+string(last)+"ed", w+string(last)+"ing")
	}
	return all
}
