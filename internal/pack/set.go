package pack

import (
	"cmp"
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/logboom/logboom/internal/sieve"
)

// shippedFiles are the shipped packs.
//
//go:embed packs/*.toml
var shippedFiles embed.FS

// shipped are the names of the shipped packs, in the order in which they are
// asked: OLTs first, since no other line may be taken for one of theirs.
var shipped = []string{
	"huawei-olt", "bdcom", "hsgq", "hioso", "hisfocus", "vsol", "zte", "calix", "nokia",
	"cisco", "juniper", "huawei-vrp", "comware", "dlink", "mikrotik",
	"zyxel", "extreme", "ros", "edgecore", "ubiquiti", "aruba", "apc", "fortigate", "others",
}

// Names returns the names of the shipped packs, in a fixed order.
func Names() []string { return slices.Clone(shipped) }

// Describe tells of the shipped pack of that name. ok is false if there is none.
func Describe(name string) (d Description, ok bool) {
	if !slices.Contains(shipped, name) {
		return Description{}, false
	}
	doc, err := readShipped(name)
	if err != nil {
		return Description{}, false
	}
	return Description{name, doc.Title, doc.Coverage, doc.Notes, len(doc.Rule)}, true
}

// Examples returns a message for each of the first rules of a shipped pack, as
// they come, most of them at most.
func Examples(name string, most int) (lines []string) {
	if !slices.Contains(shipped, name) {
		return nil
	}
	doc, err := readShipped(name)
	if err != nil {
		return nil
	}
	for _, r := range doc.Rule {
		if len(lines) < most && len(r.Hit) > 0 {
			lines = append(lines, r.Hit[0].line)
		}
	}
	return lines
}

func readShipped(name string) (*document, error) {
	file := name + ".toml"
	text, err := shippedFiles.ReadFile(path.Join("packs", file))
	if err != nil {
		return nil, fmt.Errorf("reading the pack %s: %w", file, err)
	}
	return parse(file, text, true)
}

// Options say which packs a [Set] has.
type Options struct {
	Names []string // shipped packs that are on; "all" = all of them

	// Files are packs from beside the configuration. They are on, whatever Names
	// says. One with the name of a shipped pack stands in its place, or before
	// its rules if it says extends = true.
	Files []File
}

// A Set is a number of packs, ready to read messages. It does not change.
type Set struct {
	packs []Description
	rules []*compiled
	sieve *sieve.Sieve
}

// New compiles packs and tries each rule on its own examples. Its error is for
// people: it names the file, the rule, the example and what happened.
func New(o Options) (*Set, error) {
	documents, err := o.documents()
	if err != nil {
		return nil, err
	}
	s := &Set{}
	var needs [][][]string
	for _, d := range documents {
		for i := range d.doc.Rule {
			c, n, err := d.doc.Rule[i].compile(d.name)
			if err != nil {
				return nil, err
			}
			s.rules = append(s.rules, c)
			needs = append(needs, n)
		}
		s.packs = append(s.packs, Description{d.name, d.doc.Title, d.doc.Coverage, d.doc.Notes, len(d.doc.Rule)})
	}
	s.sieve = sieve.New(needs)
	return s, s.prove()
}

// Packs tells of the packs of s, in the order in which they are asked.
func (s *Set) Packs() []Description { return slices.Clone(s.packs) }

// named is a document with the name of its pack.
type named struct {
	name string
	doc  *document
}

func (o *Options) documents() ([]named, error) {
	if len(o.Files) > MaxFiles {
		return nil, fmt.Errorf("there are %d files with packs; there may be %d", len(o.Files), MaxFiles)
	}
	for _, name := range o.Names {
		if name != "all" && !slices.Contains(shipped, name) {
			return nil, fmt.Errorf("there is no pack %q; there are all, %s", name, strings.Join(shipped, ", "))
		}
	}
	own := map[string]*document{}
	var names []string // of own packs that are not shipped
	for _, f := range o.Files {
		name := strings.TrimSuffix(path.Base(f.Name), ".toml")
		if name == "" || own[name] != nil {
			return nil, fmt.Errorf("two files, or one without a name, are the pack %q", name)
		}
		d, err := parse(f.Name, f.Text, false)
		if err != nil {
			return nil, err
		}
		own[name] = d
		if !slices.Contains(shipped, name) {
			if d.Extends {
				return nil, fmt.Errorf("pack %s extends a pack that is not there; there are %s", f.Name, strings.Join(shipped, ", "))
			}
			names = append(names, name)
		}
	}
	var all []named
	for _, name := range names {
		all = append(all, named{name, own[name]})
	}
	for _, name := range shipped {
		mine := own[name]
		if mine != nil && !mine.Extends {
			all = append(all, named{name, mine})
			continue
		}
		if mine == nil && !slices.Contains(o.Names, name) && !slices.Contains(o.Names, "all") {
			continue
		}
		d, err := readShipped(name)
		if err != nil {
			return nil, err
		}
		if mine != nil {
			d.Rule = append(mine.Rule, d.Rule...)
			d.Title, d.Notes = cmp.Or(mine.Title, d.Title), cmp.Or(mine.Notes, d.Notes)
		}
		all = append(all, named{name, d})
	}
	return all, nil
}
