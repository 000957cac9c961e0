package pack

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// Limits of a pack. All rules of all packs are looked for in each message.
const (
	MaxFile  = 256 << 10 // bytes
	MaxFiles = 64
	MaxRules = 300  // in a file
	MaxMatch = 2048 // bytes of a regular expression with its parts written out
	maxHits  = 40   // examples of a rule, and as many counterexamples
)

// A File is a pack that lies beside the configuration.
type File struct {
	Name string // "bdcom.toml" or "bdcom": replaces the shipped pack of that name, if there is one
	Text []byte // TOML, at most [MaxFile] bytes
}

// A document is a file of a pack, as packs/README.md says.
type document struct {
	Title    string
	Coverage Coverage
	Notes    string
	Extends  bool              // stands before the rules of the shipped pack of its name
	Spaces   string            // "any": a space in a match is any white space
	Define   map[string]string // what {{name}} in a match stands for
	Rule     []rule
}

// A rule is a [[rule]] of a pack.
type rule struct {
	Kind, State            string
	Match                  string
	PON, ONU, Serial, Port string // templates; "" = the group of that name, "-" = none
	Clears                 []string
	Cause                  string
	Severity               string
	Proves, Generic        bool
	Note                   string
	Hit, Miss              []example
	file                   string
	number                 int
	ours                   bool // shipped
}

// An example is a message of a rule, as it comes or without its header, with
// what is to be read from it.
type example struct {
	line string
	want map[string]string // nil = do not look
}

// UnmarshalTOML takes a text or a table with a "line".
func (e *example) UnmarshalTOML(v any) error {
	switch v := v.(type) {
	case string:
		e.line = v
		return nil
	case map[string]any:
		e.want = map[string]string{}
		for key, value := range v {
			s, ok := value.(string)
			switch {
			case !ok:
				return fmt.Errorf("%s of an example must be a text in quotes", key)
			case key == "line":
				e.line = s
			case slices.Contains(wanted, key):
				e.want[key] = s
			default:
				return fmt.Errorf("an example has no %q; it has line and %s", key, strings.Join(wanted, ", "))
			}
		}
		if e.line != "" {
			return nil
		}
	}
	return errors.New(`an example is a message in quotes, or { line = "...", port = "..." }`)
}

// wanted are the keys of an example beside its line.
var wanted = []string{"kind", "state", "pon", "onu", "serial", "port", "cause", "severity"}

// parse reads the text of a file. Errors are for people and name the place.
func parse(name string, text []byte, ours bool) (*document, error) {
	if len(text) > MaxFile {
		return nil, fmt.Errorf("pack %s has %d bytes; it may have %d", name, len(text), MaxFile)
	}
	var d document
	meta, err := toml.Decode(string(text), &d)
	if err != nil {
		var pe toml.ParseError
		if errors.As(err, &pe) {
			return nil, fmt.Errorf("pack %s, line %d: %s", name, pe.Position.Line, cmpMessage(pe))
		}
		return nil, fmt.Errorf("pack %s: %w", name, err)
	}
	for _, key := range meta.Undecoded() {
		if !slices.Contains(key, "hit") && !slices.Contains(key, "miss") {
			return nil, fmt.Errorf("pack %s: there is no key %q; packs/README.md has all keys", name, key.String())
		}
	}
	switch {
	case len(d.Rule) == 0:
		return nil, fmt.Errorf("pack %s has no [[rule]]", name)
	case len(d.Rule) > MaxRules:
		return nil, fmt.Errorf("pack %s has %d rules; a file may have %d", name, len(d.Rule), MaxRules)
	case d.Spaces != "" && d.Spaces != "any":
		return nil, fmt.Errorf(`pack %s: spaces = %q; only "any" is known, or leave it out`, name, d.Spaces)
	case !d.Extends && !slices.Contains([]Coverage{Full, Partly, Words}, d.Coverage):
		return nil, fmt.Errorf("pack %s: coverage = %q; it is full, partly or words", name, string(d.Coverage))
	case !d.Extends && d.Title == "":
		return nil, fmt.Errorf("pack %s needs a title", name)
	}
	for i := range d.Rule {
		r := &d.Rule[i]
		r.file, r.number, r.ours = name, i+1, ours
		if r.Match, err = d.expand(r.Match); err != nil {
			return nil, r.fail("%w", err)
		}
	}
	return &d, nil
}

func cmpMessage(pe toml.ParseError) string {
	if pe.Message != "" {
		return pe.Message
	}
	return pe.Error()
}

var inserted = regexp.MustCompile(`\{\{(\w+)\}\}`)

// maxInserted is how deep parts may stand in parts.
const maxInserted = 4

// expand returns match with its {{parts}} written out.
func (d *document) expand(match string) (string, error) {
	for range maxInserted + 1 {
		if len(match) > MaxMatch {
			return "", fmt.Errorf("its match has more than %d bytes", MaxMatch)
		}
		var unknown string
		next := inserted.ReplaceAllStringFunc(match, func(s string) string {
			name := s[2 : len(s)-2]
			part, ok := d.Define[name]
			if !ok {
				unknown = name
			}
			return part
		})
		if unknown != "" {
			return "", fmt.Errorf("there is no {{%s}}; [define] has %s", unknown, strings.Join(slices.Sorted(maps.Keys(d.Define)), ", "))
		}
		if next == match {
			if d.Spaces == "any" {
				match = strings.ReplaceAll(match, " ", `\s+`)
			}
			if len(match) > MaxMatch {
				return "", fmt.Errorf("its match has more than %d bytes", MaxMatch)
			}
			return match, nil
		}
		match = next
	}
	return "", fmt.Errorf("[define] goes more than %d deep", maxInserted)
}

// fail returns an error that names the rule.
func (r *rule) fail(format string, args ...any) error {
	return fmt.Errorf("pack %s, rule %d (%s %s): %w", r.file, r.number, r.Kind, r.State, fmt.Errorf(format, args...))
}
