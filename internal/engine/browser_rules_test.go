package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// ruleQuery is the query of the rule that is edited.
const ruleQuery = `input[aria-label="Messages that match"]`

// clickText clicks on what shows a text, as soon as it is there and may be
// clicked; wherever it has moved to by then.
func clickText(kind, what string) chromedp.Action {
	return await(fmt.Sprintf(`(() => { const e = [...document.querySelectorAll(%q)].find((e) => e.innerText.trim() === %q && !e.disabled); e?.click(); return e; })()`, kind, what))
}

// A rule is made in a browser, rehearsed on what is stored, saved, raises an
// incident, is switched off, and taken back.
func TestARuleIsMadeInABrowser(t *testing.T) {
	s := startEdited(t, "[alerts]\nkeywords = []\npacks = []\nvendors = []\ncooldown = '1s'\nsilence = false\n[[alerts.rule]]\nname = 'Loop'\nquery = 'loop'\n")
	b := browse(t, s.server)
	for range 3 {
		s.send(0, "127.0.0.2", "<11>host app: coffee is out")
	}
	s.awaitStored(3)

	b.run("rules", chromedp.EmulateViewport(1440, 900), chromedp.Navigate(b.base+"/rules"), await(says("Keyword packs")), clickText("button", "New rule"))
	b.run("fields are completed", chromedp.SendKeys(ruleQuery, "dev"), await(says("address, network or name")), chromedp.SendKeys(ruleQuery, kb.Tab), await("document.querySelector(`"+ruleQuery+"`).value == \"device:\""), chromedp.SendKeys(ruleQuery, strings.Repeat(kb.Backspace, len("device:"))))
	b.run("a query that cannot be used", chromedp.SendKeys(`input[placeholder="Uplink down"]`, "Coffee"), chromedp.SendKeys(ruleQuery, "coffee severity:hot"), await(says(`There is no severity "hot"`)))
	b.picture("rules-wrong")
	b.forget("400 (Bad Request)")
	b.run("mended", chromedp.SendKeys(ruleQuery, kb.Backspace+kb.Backspace+kb.Backspace+"err"), await(says("3 messages")))
	b.picture("rules-new")
	b.run("save", clickText("button", "Save"), await(says("Saved.")), await(says("console.toml")))
	s.send(0, "127.0.0.2", "<11>host app: coffee is out")
	b.run("an incident", await(`document.querySelector("nav .badge")`))
	b.picture("rules")

	b.run("off", chromedp.Click(`input[aria-label="Coffee is in force"]`), await(says("Coffee is off.")))
	b.run("a pack", chromedp.Click(`//label[contains(., "pon")]/input`, chromedp.BySearch), await(says("1 of 3 on")))
	b.run("what an undo does is said", await(says("packs are as before")))
	b.run("undo", clickText("button", "Undo the last change"), await(says("0 of 3 on")))
	b.run("remove", clickText("button", "Remove"), await(says("Rule Coffee removed.")))
	b.run("what a pack knows", chromedp.Click(`//label[contains(., "pon")]/following-sibling::details/summary`, chromedp.BySearch), await(says("rogue ONU found on PON 0/2")))
	b.picture("rules-pack")
	for _, kind := range []string{"A loop in the network", "A PON is down", "A port that goes up and down", "Uplink down, and up again", "Somebody tries passwords", "Many errors of one device"} {
		b.run(kind, clickText("button", "New rule"), clickText("button", kind), await(says("This rule would have sent")), clickText("button", "Cancel"))
	}
	b.run("alert on a message", chromedp.Navigate(b.base+"/messages?q=coffee"), await(says("coffee is out")), chromedp.Click("[role=row].error"), await(says("As it came")), clickText("a", "Alert on this…"),
		await(says("A new rule")), await("document.querySelector(`"+ruleQuery+"`).value == \"host app coffee is out\""),
		// What came in an address is rehearsed when somebody wants it.
		clickText("button", "Rehearse"), await(says("4 messages")), await(`performance.getEntriesByType("resource").filter((e) => e.name.endsWith("/alerts/rehearse")).length == 1`))
	b.picture("rules-alert-on")
	b.run("on a phone", chromedp.EmulateViewport(390, 844), chromedp.Navigate(b.base+"/rules?q=loop"), await(says("A new rule")))
	b.picture("rules-phone")
	b.run("a key rehearses, too", chromedp.SendKeys(ruleQuery, "s"), await(says("This rule would have sent")))
	b.quiet("the rules")
}

// An open page asks for the rules when something has changed, not with each look at the status.
func TestAnOpenPageOfRulesCostsLittle(t *testing.T) {
	s := startEdited(t, "[alerts]\nkeywords = []\npacks = []\nvendors = []\nsilence = false\n")
	b := browse(t, s.server)
	asked := func(what string) string {
		return `performance.getEntriesByType("resource").filter((e) => e.name.endsWith("/api/v1/` + what + `?")).length`
	}
	b.run("rules", chromedp.EmulateViewport(1440, 900), chromedp.Navigate(b.base+"/rules"), await(says("Keyword packs")), await(asked("status")+" >= 6"))
	var n int
	b.run("count", chromedp.Evaluate(asked("rules"), &n))
	if n > 3 { // at first, with the first status, and perhaps at half a minute
		t.Errorf("the rules were asked for %d times", n)
	}
	s.must("/api/v1/rules", object{"rule": object{"name": "Of another admin", "query": "x"}})
	b.run("news", await(says("Of another admin")))
	b.quiet("an open page")
}

// Two admins edit one rule: who saves later, with what he saw before, is told.
func TestAFormIsOfTheVersionItWasOpenedWith(t *testing.T) {
	s := startEdited(t, "[alerts]\nkeywords = []\npacks = []\nvendors = []\nsilence = false\n")
	b := browse(t, s.server)
	s.must("/api/v1/rules", object{"rule": object{"name": "Loop", "query": "loop"}})
	b.run("the form", chromedp.EmulateViewport(1440, 900), chromedp.Navigate(b.base+"/rules"), await(says("Keyword packs")), clickText("button", "Edit"), await(says("Rule Loop")))
	s.must("/api/v1/rules", object{"name": "Loop", "rule": object{"name": "Loop", "query": "loop", "threshold": 7}})
	b.run("the other's change is in the list", await(says("7 within")))
	b.run("save", chromedp.SendKeys(ruleQuery, " severity:err+"), clickText("button", "Save"), await(says("Somebody else has changed the settings meanwhile")), await(says("Their version of this rule:")), await(says("threshold = 7")))
	b.picture("rule-two-admins")
	b.forget("409 (Conflict)")
	if r := s.rules().Rules[0]; r.Keys["query"] != "loop" || r.Keys["threshold"] != 7 {
		t.Errorf("the other's change is gone: %+v", r)
	}
	b.run("mine", clickText("button", "Replace with mine"), await(says("Saved.")))
	if r := s.rules().Rules[0]; r.Keys["query"] != "loop severity:err+" || fmt.Sprint(r.Keys["threshold"]) != "1" {
		t.Errorf("replaced by %+v", r)
	}
	b.run("again", clickText("button", "Edit"), chromedp.SendKeys(ruleQuery, " x"))
	s.must("/api/v1/rules", object{"rule": object{"name": "Other", "query": "other"}})
	b.run("another rule is in nobody's way", await(says("Other")), clickText("button", "Save"), await(says("loop severity:err+ x")))
	b.forget("409 (Conflict)")
	if r := s.rules().Rules; len(r) != 2 || r[0].Keys["query"] != "loop severity:err+ x" || r[1].Keys["query"] != "other" {
		t.Errorf("rules: %+v", r)
	}
	s.byHand("[[device\n")
	b.run("a file is broken", chromedp.Reload(), await(says("console.toml, line 1, cannot be used")), await(says("loop severity:err+ x")), clickText("button", "Edit"), clickText("button", "Save"), await(`document.querySelector("ul.problems")?.innerText.includes("console.toml, line 1")`))
	b.picture("rules-broken")
	b.forget("422 (Unprocessable Entity)")
	b.run("a device while it is", chromedp.Navigate(b.base+"/devices/10.0.0.9"), await(says("console.toml, line 1, cannot be used")), await(says("Settings of this device")))
	b.quiet("two admins")
}
