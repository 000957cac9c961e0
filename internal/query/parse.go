package query

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// parser reads a query by recursive descent:
//
//	or   = and { "OR" and }
//	and  = term { [ "AND" ] term }
//	term = "-" term | "(" or ")" | word | phrase | regex | field
type parser struct {
	lexer
	tok    token // the one to be looked at
	rule   bool  // words look at the text of the message only
	depth  int
	terms  int
	parts  int // of regular expressions
	folded int // characters in their classes
}

func parse(text string, rule bool) (*Query, error) {
	p := &parser{lexer: lexer{text: text}, rule: rule}
	if err := p.check(); err != nil {
		return nil, err
	}
	root, err := p.query()
	if err != nil {
		return nil, err
	}
	return &Query{text: text, root: root}, nil
}

// check refuses what no query may hold.
func (p *parser) check() *Error {
	if n := len(p.text); n > MaxText {
		return p.fail(MaxText, n-MaxText, "", "the query has %d bytes; at most %d are accepted", n, MaxText)
	}
	for i, r := range p.text {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(p.text[i:]); n == 1 {
				return p.fail(i, 1, "", "the byte 0x%02x is not UTF-8", p.text[i])
			}
		}
		if r == 0 {
			return p.fail(i, 1, `write /\x00/ to search for it`, "a query cannot hold a NUL")
		}
	}
	return nil
}

func (p *parser) query() (node, *Error) {
	if err := p.advance(); err != nil || p.tok.kind == isEnd {
		return nil, err
	}
	n, err := p.or()
	if err == nil && p.tok.kind == isClose {
		err = p.fail(p.tok.off, 1, `write ")" to search for it`, "this bracket closes nothing")
	}
	return n, err
}

func (p *parser) advance() (err *Error) {
	p.tok, err = p.next()
	return err
}

func (p *parser) or() (node, *Error) {
	var kids []node
	for {
		kid, err := p.and()
		if err != nil {
			return nil, err
		}
		kids = append(kids, kid)
		if p.tok.kind != isOr {
			return newOr(kids), nil
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
}

func (p *parser) and() (node, *Error) {
	var kids []node
	for {
		kid, err := p.term()
		if err != nil {
			return nil, err
		}
		kids = append(kids, kid)
		if p.tok.kind == isAnd {
			if err := p.advance(); err != nil {
				return nil, err
			}
			continue
		}
		if k := p.tok.kind; k == isEnd || k == isOr || k == isClose {
			return newAnd(kids), nil
		}
	}
}

// term reads one term and moves behind it.
func (p *parser) term() (node, *Error) {
	t := p.tok
	switch t.kind {
	case isMinus, isOpen:
		p.depth++
		defer func() { p.depth-- }()
		if p.depth > MaxDepth {
			return nil, p.fail(t.off, 1, "", "brackets and minus signs are more than %d within each other", MaxDepth)
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
		if t.kind == isMinus {
			n, err := p.term()
			return not{n}, err
		}
		return p.group(t)
	case isEnd, isOr, isAnd, isClose:
		return nil, p.nothing(t)
	}
	if p.terms++; p.terms > MaxTerms {
		return nil, p.fail(t.off, t.len, "", "a query has at most %d words and fields", MaxTerms)
	}
	n, err := p.leaf(t)
	if err != nil {
		return nil, err
	}
	return n, p.advance()
}

// group reads what follows the bracket t.
func (p *parser) group(t token) (node, *Error) {
	if p.tok.kind == isClose {
		return nil, p.fail(t.off, p.tok.off+1-t.off, `write "()" to search for them`, "there is nothing between the brackets")
	}
	if p.tok.kind == isEnd {
		return nil, p.fail(t.off, 1, `write ")" at the end, or "(" to search for the bracket itself`, "this bracket is not closed")
	}
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.tok.kind != isClose {
		return nil, p.fail(t.off, 1, `write ")" at the end, or "(" to search for the bracket itself`, "this bracket is not closed")
	}
	return n, p.advance()
}

// nothing is the error for t in the place of a term.
func (p *parser) nothing(t token) *Error {
	if t.kind == isEnd {
		before := strings.TrimRight(p.text, " \t\r\n")
		for _, word := range []string{"OR", "AND"} {
			if strings.HasSuffix(before, word) {
				return p.fail(len(before)-len(word), len(word), fmt.Sprintf("write %q in quotes to search for the word", word), "%s needs something on both sides", word)
			}
		}
	}
	if t.kind == isOr || t.kind == isAnd {
		word := p.text[t.off : t.off+t.len]
		return p.fail(t.off, t.len, fmt.Sprintf("write %q in quotes to search for the word", word), "%s needs something on both sides", word)
	}
	return p.fail(t.off, t.len, "", "expected a word here")
}

// leaf makes the node of a word, phrase, regular expression or field.
func (p *parser) leaf(t token) (node, *Error) {
	switch t.kind {
	case isWord:
		value := t.value
		if s := strings.TrimRight(value, "*"); s != "" || value == "*" {
			value = s // a word is looked for within words anyway
		}
		return newWord(t.value, value, p.rule, false), nil
	case isPhrase:
		return newWord(t.value, t.value, p.rule, true), nil
	case isRegex:
		return p.regex(t)
	}
	return p.field(t)
}
