package console

import (
	"net/http"
	"strings"
	"sync"

	"github.com/logboom/logboom/docs"
)

// Equipment is what has to be typed so that a kind of device sends here.
type Equipment struct {
	Name  string `json:"name"`
	Steps []Step `json:"steps"` // in order
}

// A Step is a sentence, or lines to be typed. SERVER and PORT in both stand for
// where this server listens; `marks` of Markdown are left in.
type Step struct {
	Text  string `json:"text,omitempty"`
	Lines string `json:"lines,omitempty"`
}

// Where the part of docs/devices.md ends that the console shows.
const endOfEquipment = "<!-- end of what the console shows -->"

// equipment reads the kinds that are in docs/devices.md, once: each "### name",
// then paragraphs, and lines between fences.
var equipment = sync.OnceValue(func() []Equipment {
	page, _, _ := strings.Cut(docs.Devices, endOfEquipment)
	var all []Equipment
	for i, part := range strings.Split(page, "\n### ") {
		if i == 0 {
			continue // what comes before the first
		}
		name, rest, _ := strings.Cut(part, "\n")
		all = append(all, Equipment{Name: strings.TrimSpace(name), Steps: steps(rest)})
	}
	return all
})

func steps(text string) (out []Step) {
	for i, part := range strings.Split(text, "```") {
		part = strings.TrimSpace(strings.TrimPrefix(part, "text\n"))
		switch {
		case part == "":
		case i%2 == 1:
			out = append(out, Step{Lines: part})
		default:
			out = append(out, Step{Text: strings.ReplaceAll(part, "\n", " ")})
		}
	}
	return out
}

// getSetup answers GET devices/setup: where this server listens, and what to type
// on equipment.
func (c *Console) getSetup(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, setup{list(c.opts.Targets()), equipment()})
}

// setup answers GET devices/setup.
type setup struct {
	Targets   []Target    `json:"targets"` // where devices may send to
	Equipment []Equipment `json:"equipment"`
}
