package alert

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/logboom/logboom/internal/syslog"
)

// packFiles are the shipped word rules. packs/README.md says how to write them.
//
//go:embed packs/*.toml
var packFiles embed.FS

// packNames are the shipped packs, in the order in which they are asked.
var packNames = []string{"pon", "switch", "system"}

// shared is the file with what several packs and the keywords use.
const shared = "shared"

// A packFile is one file of packs/.
type packFile struct {
	Group map[string][]string // shared only: patterns that except a message, by name
	Word  map[string][]string // shared only: what excepts a message from a keyword with this word
	Rule  []packRule
}

// A packRule is a [[rule]] of a pack.
type packRule struct {
	Name      string
	Severity  string // shown at least; "" = that of the message
	Threshold int    // 0 = 1
	Within    time.Duration
	Any       []string // patterns
	Except    []string // patterns, or @group
	Hit, Miss []string // texts of messages that do and do not alarm
}

// Packs returns the names of the shipped packs.
func Packs() []string { return slices.Clone(packNames) }

// packTitles say what the shipped packs are about.
var packTitles = map[string]string{
	"pon":    "OLTs: ONUs, PON ports and their light",
	"switch": "Switches and routers: loops, ports, neighbours, attacks",
	"system": "The equipment itself: power, fans, temperature, disks, restarts",
}

// DescribePack returns what a shipped pack is about and how many rules it has.
func DescribePack(name string) (title string, rules int) {
	f, err := readPack(name)
	if err != nil {
		return name, 0
	}
	return packTitles[name], len(f.Rule)
}

// PackExamples returns a message for each of the first rules of a shipped pack,
// most of them at most.
func PackExamples(name string, most int) (examples []string) {
	f, err := readPack(name)
	if err != nil {
		return nil
	}
	for _, r := range f.Rule {
		if len(examples) < most && len(r.Hit) > 0 {
			examples = append(examples, r.Hit[0])
		}
	}
	return examples
}

// DefaultKeywords returns the keywords of a fresh configuration. The packs know
// more ways to say the same; these are here to be added to.
func DefaultKeywords() []string {
	return []string{"pon deregister", "onu deregister", "dying gasp", "rogue onu", "olt power up", "olt power down", "mac flapping", "loop detected"}
}

func readPack(name string) (*packFile, error) {
	text, err := packFiles.ReadFile(path.Join("packs", name+".toml"))
	if err != nil {
		return nil, fmt.Errorf("reading the pack %q: %w", name, err)
	}
	var f packFile
	meta, err := toml.Decode(string(text), &f)
	if err != nil {
		return nil, fmt.Errorf("reading the pack %q: %w", name, err)
	}
	if keys := meta.Undecoded(); len(keys) > 0 {
		return nil, fmt.Errorf("reading the pack %q: there is no key %q", name, keys[0])
	}
	return &f, nil
}

// wordRules returns the rules of packs, then those of keywords.
func wordRules(packs, keywords []string) ([]wordRule, error) {
	common, err := readCommon()
	if err != nil {
		return nil, err
	}
	var rules []wordRule
	for _, name := range packNames {
		if !slices.Contains(packs, name) {
			continue
		}
		f, err := readPack(name)
		if err != nil {
			return nil, err
		}
		for _, r := range f.Rule {
			rule, err := r.compile(name, common)
			if err != nil {
				return nil, fmt.Errorf("pack %s, rule %q: %w", name, r.Name, err)
			}
			rules = append(rules, rule)
		}
	}
	for _, name := range packs {
		if !slices.Contains(packNames, name) {
			return nil, fmt.Errorf("there is no pack %q; there are %s", name, strings.Join(packNames, ", "))
		}
	}
	names := map[string]bool{}
	for _, r := range rules {
		names[r.name] = true
	}
	for _, text := range keywords {
		rule, err := keyword(text, common)
		if err != nil {
			return nil, err
		}
		if !names[rule.name] {
			names[rule.name] = true
			rules = append(rules, rule)
		}
	}
	return rules, nil
}

func (r *packRule) compile(pack string, common *common) (wordRule, error) {
	rule := wordRule{name: r.Name, source: "pack " + pack, severity: 7, threshold: r.Threshold, within: r.Within}
	if r.Severity != "" {
		n, ok := syslog.ParseSeverity(r.Severity)
		if !ok {
			return rule, fmt.Errorf("there is no severity %q", r.Severity)
		}
		rule.severity = n
	}
	var err error
	if rule.any, err = parsePatterns(r.Any); err != nil {
		return rule, err
	}
	for _, text := range r.Except {
		if name, ok := strings.CutPrefix(text, "@"); ok {
			group, ok := common.groups[name]
			if !ok {
				return rule, fmt.Errorf("there is no group %q", text)
			}
			rule.except = append(rule.except, group...)
			continue
		}
		all, err := parsePattern(text)
		if err != nil {
			return rule, err
		}
		rule.except = append(rule.except, all...)
	}
	return rule, nil
}

func parsePatterns(texts []string) ([]pattern, error) {
	var all []pattern
	for _, text := range texts {
		some, err := parsePattern(text)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}
