package engine

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	cdp "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// axe is what finds barriers for people with screen readers, without a mouse or
// with weak eyes; npm gets it for the tests only.
var axe = sync.OnceValues(func() ([]byte, error) {
	return os.ReadFile(filepath.Join("..", "console", "web", "node_modules", "axe-core", "axe.min.js"))
})

// accessible fails the test for barriers of the page that is shown, those of
// WCAG 2.2 A and AA and of good practice.
func (b *browser) accessible(where string) {
	b.t.Helper()
	script, err := axe()
	if err != nil {
		if os.Getenv("LOGBOOM_BROWSER") == "must" {
			b.t.Fatal(err)
		}
		return // npm was not asked for it
	}
	var answer string
	b.run("axe of "+where, chromedp.Evaluate(string(script)+";0", nil), chromedp.Evaluate(`axe.run(document, {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
		.then((r) => JSON.stringify(r.violations.map((v) => ({impact: v.impact, id: v.id, help: v.help, where: v.nodes.slice(0, 4).map((n) => n.target.join(" ") + ": " + n.html.slice(0, 120))}))))`, &answer,
		func(p *cdp.EvaluateParams) *cdp.EvaluateParams { return p.WithAwaitPromise(true) }))
	var found []struct {
		Impact, ID, Help string
		Where            []string
	}
	if err := json.Unmarshal([]byte(answer), &found); err != nil {
		b.t.Fatalf("axe of %s: %v: %s", where, err, answer)
	}
	for _, f := range found {
		b.t.Errorf("%s: %s: %s (%s)%s", where, f.Impact, f.Help, f.ID, lines(f.Where))
	}
}

func lines(list []string) (text string) {
	for _, l := range list {
		text += fmt.Sprintf("\n\t%s", l)
	}
	return text
}
