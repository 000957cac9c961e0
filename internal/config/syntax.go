package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

// maxSyntax bounds how many broken lines of one file are told.
const maxSyntax = 20

// decode reads text as TOML. The parser stops at the first mistake; to tell all
// of them at once, a broken line that stands for itself, "key = value", is told,
// taken out, and the rest is read again. tree is nil if that does not help.
func decode(file, text string) (tree map[string]any, problems Problems) {
	for range maxSyntax {
		if line := tooDeep(text, maxDepth); line > 0 {
			return nil, append(problems, Problem{File: file, Line: line, Want: fmt.Sprintf("brackets and dots are nested more than %d deep", maxDepth)})
		}
		tree = map[string]any{}
		_, err := toml.Decode(text, &tree)
		if err == nil {
			return tree, problems
		}
		var bad toml.ParseError
		if !errors.As(err, &bad) {
			return nil, append(problems, Problem{File: file, Want: err.Error()})
		}
		p, start, end := syntaxProblem(file, text, bad)
		alone := aloneOnLine.MatchString(text[start:end])
		if len(problems) > 0 && !alone {
			return nil, problems // likely a consequence of what was taken out
		}
		problems = append(problems, p)
		if !alone {
			return nil, problems
		}
		text = text[:start] + "#" + strings.Repeat(" ", max(0, end-start-1)) + text[end:]
	}
	return nil, problems
}

// aloneOnLine matches a line whose value neither begins nor ends on another, or
// which was meant as a comment.
var aloneOnLine = regexp.MustCompile(`^\s*(?:;|//|[A-Za-z0-9_.-]+\s*=\s*(?:$|[^\s\["'{]|"(?:[^"]|$)|'(?:[^']|$)|""[^"]|''[^']))`)

// syntaxProblem turns what the parser says into words, and returns where the
// line begins and ends in text.
func syntaxProblem(file, text string, bad toml.ParseError) (p Problem, start, end int) {
	at := min(max(bad.Position.Start, 0), len(text))
	// A missing quote or bracket is found at the line break or the end behind it.
	for at > 0 && (at == len(text) || text[at] == '\n' || text[at] == '\r') && text[at-1] == '\r' {
		at--
	}
	if at == len(text) && at > 0 && text[at-1] == '\n' {
		at--
	}
	start = strings.LastIndexByte(text[:at], '\n') + 1
	end = len(text)
	if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
		end = at + i
	}
	source := strings.TrimRight(text[start:end], "\r\n")
	before := min(at-start, len(source))
	p = Problem{
		File:   file,
		Line:   1 + strings.Count(text[:start], "\n"),
		Column: 1 + utf8.RuneCountInString(source[:before]),
		Source: source,
		Want:   strings.ReplaceAll(bad.Message, "\n", `\n`),
	}
	shows, hidden := masked(source)
	if hidden {
		p.Source, p.Column = shows, min(p.Column, 1+utf8.RuneCountInString(strings.TrimSuffix(shows, mask)))
		p.Want = quoted.ReplaceAllString(p.Want, mask)
	}
	if before <= len(source)-len(strings.TrimLeft(source, " \t")) && strings.HasPrefix(bad.Message, "expected value but found") {
		p.Want, p.Hint = "a list that begins above is not closed", `look for a missing ] in the lines above`
		p.Source, p.Column = window(printable(p.Source), p.Column)
		return p, start, end
	}
	for _, s := range slips {
		if m := s.line.FindStringSubmatch(source); m != nil && (s.message == "" || strings.Contains(bad.Message, s.message)) {
			if hidden && len(m) > 1 { // names of keys stay
				for i := 1; i < len(m); i++ {
					if !strings.Contains(shows, m[i]) {
						m[i] = mask
					}
				}
			}
			if s.want != "" {
				p.Want = expand(s.want, m)
			}
			p.Hint = expand(s.hint, m)
			break
		}
	}
	p.Want = shown(p.Want)
	p.Source, p.Column = window(printable(p.Source), p.Column)
	return p, start, end
}

// shown makes the parser's words fit ours and a terminal.
func shown(message string) string {
	return strings.TrimSuffix(cut(printable(message)), ".")
}

// window cuts a long line down to what stands around column.
func window(line string, column int) (string, int) {
	const before, all = 60, 100
	r := []rune(line)
	if len(r) <= all {
		return line, column
	}
	from := max(0, min(column-1-before, len(r)-all))
	line, column = string(r[from:min(len(r), from+all)]), column-from
	if from > 0 {
		line, column = "…"+line, column+1
	}
	return line, column
}

// expand puts what a slip's pattern found into its words.
func expand(words string, found []string) string {
	pairs := make([]string, 0, 2*len(found))
	for i, s := range found {
		pairs = append(pairs, "$"+string(rune('0'+i)), cut(printable(s)))
	}
	return strings.NewReplacer(pairs...).Replace(words)
}

// slips are the mistakes that people make most, recognised by what stands in
// the line and, if message is not empty, by what the parser says. The first
// that fits is told.
var slips = []struct {
	line    *regexp.Regexp
	message string
	want    string // empty = what the parser says
	hint    string
}{
	{
		line: regexp.MustCompile(`[“”„‘’«»]`),
		want: "the quotes are typographic ones",
		hint: `use straight quotes: "…" or '…'; texts copied from web pages and word processors have the others`,
	}, {
		line: regexp.MustCompile(`^\s*[\w.-]+\s*=\s*"?([A-Za-z]:\\[^"#]*?)\s*"?\s*(?:#.*)?$`),
		want: `a Windows path cannot stand like this: in double quotes \ begins an escape`,
		hint: `use '$1' with single quotes`,
	}, {
		line: regexp.MustCompile(`^\s*[\w.-]+\s*=\s*"?(\\\\[^"#]*?)\s*"?\s*(?:#.*)?$`),
		want: `a network path cannot stand like this: in double quotes \ begins an escape`,
		hint: `use '$1' with single quotes`,
	}, {
		line:    regexp.MustCompile(`"([A-Za-z]:\\[^"]*)"`),
		want:    `a Windows path cannot stand like this: in double quotes \ begins an escape`,
		message: "escape", hint: `use '$1' with single quotes`,
	}, {
		line:    regexp.MustCompile(`^\s*[\w.-]+\s*=\s*"([^"']*\\[^"']*)"\s*(?:#.*)?$`),
		message: "escape", hint: `use single quotes, in double ones \ begins an escape: '$1'`,
	}, {
		line:    regexp.MustCompile(`\\`),
		message: "escape", hint: `use single quotes around the text: in double quotes \ begins an escape`,
	}, {
		line:    regexp.MustCompile(`\\`),
		message: "hexadecimal", hint: `use single quotes around the text: in double quotes \ begins an escape`,
	}, {
		line: regexp.MustCompile(`^\s*(?:;|//)\s*(.*)$`),
		want: "this is not a comment", hint: "a comment begins with #: # $1",
	}, {
		line: regexp.MustCompile(`^\s*([\w-]+)\s*:\s*$`), message: "expected '.' or '='",
		want: "this is how YAML is written", hint: "write [$1]",
	}, {
		line: regexp.MustCompile(`^\s*([\w-]+)\s*:\s*(.*?)\s*$`), message: "expected '.' or '='",
		hint: "write $1 = $2",
	}, {
		line: regexp.MustCompile(`^\s*\[\[?\s*([\w.-]+)\s*\]`), message: "already been defined",
		want: "[$1] is there a second time", hint: "put all keys of it under one [$1]; only [[device]] and [[alerts.rule]] may be repeated, with two brackets",
	}, {
		line: regexp.MustCompile(`^\s*([\w.-]+)\s*=`), message: "already been defined",
		want: "$1 is there a second time", hint: "keep one of the two",
	}, {
		line: regexp.MustCompile(`^\s*([\w.-]+)\s*=`), message: "out of range",
		want: "the number is too large", hint: `"logboom config show" prints what $1 is now`,
	}, {
		line: regexp.MustCompile(`^\s*([\w.-]+)\s*=\s*(?:#.*)?$`),
		want: "there is no value", hint: `write $1 = "" for an empty text, or put # before the line to have the default`,
	}, {
		line: regexp.MustCompile(`^\s*([\w.-]+)\s*=\s*([^\s"'\[{#][^"'#]*?)\s*(?:#.*)?$`), message: "",
		want: "the value needs quotes", hint: `write $1 = "$2"`,
	}, {
		line: regexp.MustCompile(``), message: "strings cannot contain newlines",
		want: "a quote is opened and not closed", hint: "close it at the end of the text, with the same kind of quote",
	}, {
		line: regexp.MustCompile(`^\s*\[[^\[\]]*$`), message: "end table name",
		want: "the bracket is opened and not closed", hint: "write [name]",
	}, {
		line: regexp.MustCompile(``), message: "array terminator",
		want: "a comma or ] is missing here", hint: `a list is written ["one", "two"]`,
	}, {
		line: regexp.MustCompile(`^\s*[^#=]*$`), message: "expected '.' or '='",
		want: "this is neither [section] nor key = value", hint: "put # before it if it is a comment",
	},
}
