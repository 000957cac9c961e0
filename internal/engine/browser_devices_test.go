package engine

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/logboom/logboom/internal/config"
)

// TestADeviceIsAddedAndNamedInABrowser sets up a device with the lines that the
// page shows, sees its first message come, and gives it a name.
func TestADeviceIsAddedAndNamedInABrowser(t *testing.T) {
	s := startEdited(t, namedDevices)
	b := browse(t, s.server)
	s.network()
	port := strings.TrimPrefix(s.e.Listeners()[0].Address, "127.0.0.1:")
	b.run("devices", emulation.SetDeviceMetricsOverride(1440, 900, 1, false), chromedp.Navigate(b.base+"/devices"), await(says("OLT North")), await(says("New today")), await(says("Name it…")))
	b.run("add", chromedp.Click(`//button[text()="Add a device"]`, chromedp.BySearch), await(says("loghost add 127.0.0.1 logboom")), await(says("Waiting for a message from a new device")),
		chromedp.Evaluate(`(() => { const s = document.querySelector(".add select"); s.selectedIndex = [...s.options].findIndex(o => o.text.startsWith("MikroTik")); s.dispatchEvent(new Event("change", {bubbles: true})); })()`, nil),
		await(says("remote=127.0.0.1 remote-port="+port)), chromedp.Click(`.add pre + button`), await(says("Copied")))
	s.send(0, "127.0.0.7", `<131>Jun 13 10:00:01 OLT-2 EPON: <b onclick=alert(1)>PON deregister</b> ONU 0/1/2:7`)
	b.run("received", await(says("Heard from 127.0.0.7.")), await(says("<b onclick=alert(1)>PON deregister</b>")))
	b.picture("devices-add-desktop-light")
	b.quiet("add a device")

	b.run("the device", chromedp.Click(`.wait a.btn`), await(`location.pathname == "/devices/127.0.0.7"`), await(says("Settings of this device")), await(says("its clock is not set")), await(`document.querySelector(".u-over")`))
	b.quiet("the device")
	b.run("a mistake", chromedp.SendKeys("#name", `OLT "South"`), chromedp.SendKeys("#timezone", "Dhaka"), chromedp.SendKeys("#silent_after", "30"), await(says("Not saved.")), chromedp.SendKeys("#silent_after", kb.Enter),
		await(`document.querySelector("#timezone-help .bad")`), await(`document.querySelector("#silent_after-help").innerText.includes("Did you mean 30m?")`))
	b.mu.Lock()
	b.faults = slices.DeleteFunc(b.faults, func(f string) bool { return strings.Contains(f, "422 (Unprocessable") }) // Chromium notes every 422
	b.mu.Unlock()
	b.picture("device-mistake-desktop-light")
	b.quiet("a mistake")
	b.run("mended", chromedp.SendKeys("#timezone", strings.Repeat(kb.Backspace, 5)+"Asia/Dhaka"), chromedp.SendKeys("#silent_after", "m"+kb.Enter), await(`document.querySelector("[role=status].good")?.innerText == "Saved"`),
		await(`document.querySelector("h1").innerText.includes('OLT "South"')`), await(says("from console.toml")), chromedp.Click("summary"), await(says(`name = "OLT \"South\""`)))
	if text := readFile(t, filepath.Join(filepath.Dir(s.path), config.ConsoleFileName)); !strings.Contains(text, `name = 'OLT "South"'`) || !strings.Contains(text, `timezone = "Asia/Dhaka"`) {
		t.Errorf("console.toml:\n%s", text)
	}
	b.run("list", chromedp.Navigate(b.base+"/devices"), await(says(`OLT "South"`)), chromedp.SendKeys(`input[type=search]`, "south"), await("!"+says("OLT North")), chromedp.Click(`.who a`), await(says("About this device")),
		chromedp.Click(`//a[text()="Show messages"]`, chromedp.BySearch), await(says("PON deregister")), await(`location.search.includes("127.0.0.7")`))
	b.quiet("list")

	b.looks([]look{
		{"devices-list", "/devices", says("OLT North"), nil},
		{"device", "/devices/127.0.0.7", `document.querySelector(".u-over")`, nil},
		{"devices-adding", "/devices", says("OLT North"), []chromedp.Action{clickText("button", "Add a device"), await(says("loghost add"))}},
	})
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
