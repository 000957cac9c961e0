package notify

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

var dhaka = time.FixedZone("+06", 6*3600)

func TestAlertText(t *testing.T) {
	tests := []struct {
		name   string
		change func(n *alert.Notice)
		late   time.Duration
		want   string
	}{
		{"with all", func(*alert.Notice) {}, 0, `🟠 <b>PON deregister</b>
<b>OLT North</b> (192.0.2.1), Dhaka
error · 2026-11-22 19:03:13 +06:00
<code>ONU 1/27 deregister, Reason:Manual</code>
and 16 more before it, held back since the last alert`},
		{"with little", func(n *alert.Notice) {
			*n = alert.Notice{Kind: alert.KindAlert, Rule: "reboot", At: n.At, Severity: 9, Count: 1}
		}, 0, `🔵 <b>reboot</b>
unknown severity · 2026-11-22 19:03:13 +06:00`},
		{"threshold", func(n *alert.Notice) { n.More, n.Count, n.Site = 0, 5000, "" }, 0, `🟠 <b>PON deregister</b>
<b>OLT North</b> (192.0.2.1)
error · 2026-11-22 19:03:13 +06:00
<code>ONU 1/27 deregister, Reason:Manual</code>
the newest of 5,000 such messages`},
		{"more", func(n *alert.Notice) { n.Kind, n.More, n.Count = alert.KindMore, 17, 17 }, 0, `🟠 <b>PON deregister</b>: 17 more
<b>OLT North</b> (192.0.2.1), Dhaka
error · 2026-11-22 19:03:13 +06:00
<code>ONU 1/27 deregister, Reason:Manual</code>
the newest of those held back since the last alert`},
		{"clear", func(n *alert.Notice) { n.Kind, n.More, n.Count, n.Text = alert.KindClear, 0, 1, "ONU up" }, 0, `✅ <b>PON deregister</b> is over
<b>OLT North</b> (192.0.2.1), Dhaka
error · 2026-11-22 19:03:13 +06:00
<code>ONU up</code>`},
		{"late, several lines", func(n *alert.Notice) { n.More, n.Count, n.Text = 0, 1, "\n! RUNNING\r\n  EVENT <x>\tNAME\n" }, 2 * time.Hour, `🟠 <b>PON deregister</b>
<b>OLT North</b> (192.0.2.1), Dhaka
error · 2026-11-22 19:03:13 +06:00
<code>! RUNNING\x0d
  EVENT &lt;x&gt; NAME</code>
delivered late, after 2 h 0 min`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := note(1).Notice
			tt.change(&n)
			got := alertHTML(&n, time.UnixMicro(n.At).Add(tt.late), dhaka)
			if got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

func TestA04LongAlertIsCut(t *testing.T) {
	n := note(1).Notice
	n.Text = strings.Repeat("<&😀>", 3000)
	got := alertHTML(&n, time.UnixMicro(n.At), dhaka)
	if u := units(got); u > maxTelegram || u < maxTelegram-20 {
		t.Errorf("%d units, want at most %d and not much less", u, maxTelegram)
	}
	if err := checkHTML(got); err != nil {
		t.Error(err)
	}
	if !strings.Contains(got, cutMark+"</code>\nand 16 more") {
		t.Errorf("ends with %q, want the mark and what comes after the text", got[len(got)-100:])
	}
}

func TestDigestText(t *testing.T) {
	at := time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC)
	one := func(rule, device, name string, severity uint8, kind alert.Kind, sec int) alert.Note {
		return alert.Note{Notice: alert.Notice{
			Rule: rule, Device: netip.MustParseAddr(device), DeviceName: name, Severity: severity, Kind: kind, Count: 1,
			Text: fmt.Sprintf("text  of\n%d", sec), At: at.Add(time.Duration(sec) * time.Second).UnixMicro(),
		}}
	}
	notes := []alert.Note{
		one("port down", "192.0.2.2", "", 4, alert.KindAlert, 1),
		one("port down", "192.0.2.2", "", 4, alert.KindAlert, 3),
		one("PON los", "192.0.2.1", "OLT <1>", 2, alert.KindAlert, 2),
		one("PON los", "192.0.2.1", "OLT <1>", 2, alert.KindClear, 5),
		one("port down", "192.0.2.2", "", 4, alert.KindMore, 4),
	}
	notes[4].Notice.Count = 1200
	want := `🔔 <b>4 alerts, 1 cleared</b> in the last minute; 1,203 messages
🔴 <b>PON los</b> × OLT &lt;1&gt; 192.0.2.1 (1) 19:00:02
<code>text of 2</code>
🟡 <b>port down</b> × 192.0.2.2 (3) 19:00:01–19:00:04
<code>text of 4</code>
✅ <b>PON los</b> × OLT &lt;1&gt; 192.0.2.1 (1) 19:00:05
<code>text of 5</code>`
	if got := digestHTML(notes, at.Add(time.Minute), dhaka); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	late := digestHTML(notes, at.Add(26*time.Hour), dhaka)
	if want := "from 2026-11-22 19:00:01 +06:00 to 2026-11-22 19:00:05 +06:00; 1,203 messages; delivered late, after 25 h 59 min"; !strings.Contains(late, want) {
		t.Errorf("got:\n%s\nwant in it:\n%s", late, want)
	}
}

// Three PONs that are down are three, not one with the text of the newest.
func TestDigestNamesEveryIncident(t *testing.T) {
	at := time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC)
	var notes []alert.Note
	for i := range 3 {
		n := alert.Notice{Kind: alert.KindAlert, Rule: "ONUs lost", Device: netip.MustParseAddr("192.0.2.1"), Severity: 2, Count: 1, Text: "raw", At: at.UnixMicro()}
		n.Incident = &alert.Incident{ID: int64(i + 1), Rule: n.Rule, Kind: "onu_area", Object: fmt.Sprintf("PON 0/2/%d", i), Total: 8 + i, Cause: "fibre", Severity: 2, State: alert.IncidentOpen}
		notes = append(notes, alert.Note{Notice: n})
	}
	notes[0].Notice.Incident.State = alert.IncidentCleared
	again := notes[2]
	incident := *again.Notice.Incident
	incident.Total, incident.UpdatedAt = 12, 1
	again.Notice.Incident, again.Notice.Kind = &incident, alert.KindMore
	notes = append(notes, again)
	const want = "#2 9 ONUs of PON 0/2/1 lost their signal; #3 12 ONUs of PON 0/2/2 lost their signal; #1 8 ONUs of PON 0/2/0 lost their signal, over"
	if got := digestHTML(notes, at.Add(time.Minute), dhaka); !strings.Contains(got, want) || strings.Contains(got, "raw") {
		t.Errorf("got:\n%s\nwant in it:\n%s", got, want)
	}
	if got := sayingOf(notes, at.Add(time.Minute), dhaka); !strings.Contains(strings.Join(got.lines, "\n"), want) {
		t.Errorf("got:\n%s\nwant in it:\n%s", strings.Join(got.lines, "\n"), want)
	}
}

func TestBigDigestCountsAll(t *testing.T) {
	var notes []alert.Note
	for i := range maxNotes {
		n := note(int64(i))
		n.Notice.Rule = fmt.Sprintf("rule %d %s", i%50, strings.Repeat("<", 100))
		n.Notice.Device = netip.AddrFrom4([4]byte{10, 0, byte(i / 256), byte(i)})
		notes = append(notes, n)
	}
	got := digestHTML(notes, time.UnixMicro(notes[0].Notice.At).Add(time.Hour), time.UTC)
	if u := units(got); u > maxTelegram {
		t.Errorf("%d units", u)
	}
	if err := checkHTML(got); err != nil {
		t.Error(err)
	}
	lines := strings.Split(got, "\n")
	shown := 0
	for _, l := range lines {
		shown += strings.Count(l, " (1) ")
	}
	if want := fmt.Sprintf("… and %s more from %s other pairs of rule and device", number(maxNotes-shown), number(maxNotes-shown)); lines[len(lines)-1] != want || shown < 10 {
		t.Errorf("%d shown, last line %q, want %q", shown, lines[len(lines)-1], want)
	}
	if !strings.HasPrefix(got, "🔔 <b>5,000 alerts</b>") {
		t.Errorf("begins with %q", lines[0])
	}
}

func TestForeign(t *testing.T) {
	tests := []struct {
		name, in string
		limit    int
		want     string
	}{
		{"as it is", "Łódź 東京 বাংলা\u200d 👩\u200d🔧", 99, "Łódź 東京 বাংলা\u200d 👩\u200d🔧"},
		{"escaped", `<a href="x">&lt;`, 99, `&lt;a href="x"&gt;&amp;lt;`},
		{"controls", "a\x00b\x1b[2J\x7f\u0085\u009b", 99, `a\x00b\x1b[2J\x7f\u0085\u009b`},
		{"direction", "\u202egpj\u2066\u200f", 99, `\u202egpj\u2066\u200f`},
		{"invisible", "\ufeffa\u00adb\U000e0041\ufffe", 99, `\ufeffa\u00adb\U000e0041\ufffe`},
		{"not UTF-8", "a\xff\xc3", 99, `a\xff\xc3`},
		{"replacement character of the device", "\ufffd", 99, "\ufffd"},
		{"fits", "1234567890", 10, "1234567890"},
		{"cut", "12345678901", 10, "123… [cut]"},
		{"cut before an entity", "12&&&&&&", 10, "12… [cut]"},
		{"cut before a pair of units", "12😀😀😀😀😀😀", 10, "12… [cut]"},
		{"no room for the mark", "12345678901", 5, ""},
		{"no room", "1", 0, ""},
		{"nothing", "", 0, ""},
		{"less than nothing", "x", -5, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := foreign(tt.in, tt.limit); got != tt.want {
				t.Errorf("foreign(%q, %d) = %q, want %q", tt.in, tt.limit, got, tt.want)
			}
		})
	}
}

// Whatever a device says, Telegram can read the message, and it is not longer
// than it may be.
func FuzzAlertText(f *testing.F) {
	f.Add("PON deregister", "OLT", "Dhaka", "ONU 1/27 <b>&amp;\x00\u202e", uint8(3), 17)
	f.Add(strings.Repeat("<", 300), strings.Repeat("😀", 300), "&\xff", strings.Repeat("&<>", 2000), uint8(200), -1)
	f.Fuzz(func(t *testing.T, rule, device, site, text string, severity uint8, count int) {
		n := note(1)
		n.Notice.Rule, n.Notice.DeviceName, n.Notice.Site, n.Notice.Text = rule, device, site, text
		n.Notice.Severity, n.Notice.Count, n.Notice.More = severity, count, count/2
		now := time.UnixMicro(n.Notice.At)
		for _, got := range []string{
			alertHTML(&n.Notice, now, time.UTC),
			digestHTML([]alert.Note{n, note(2), n}, now, time.UTC),
		} {
			if err := checkHTML(got); err != nil {
				t.Fatalf("%v in:\n%s", err, got)
			}
			if err := checkText(strings.ReplaceAll(got, "\ufffd", "?")); err != nil {
				t.Fatalf("%v in:\n%s", err, got)
			}
		}
	})
}

func TestFitDigest(t *testing.T) {
	at := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	var all []alert.Note
	for i := range 200 {
		all = append(all, alert.Note{Notice: alert.Notice{
			Kind: alert.KindAlert, Rule: "ONU down", Device: netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), Count: 1, At: at.UnixMicro(),
			Text: fmt.Sprintf("EPON: Onu 0/1/2:%03d %s lost", i, strings.Repeat("c0:f6:", 10)),
		}})
	}
	n := fitDigest(all, at, time.UTC)
	if n < 10 || n > 40 {
		t.Fatalf("%d of 200 notes fit, want some tens", n)
	}
	html := digestHTML(all[:n], at, time.UTC)
	if units(html) > maxTelegram {
		t.Errorf("the digest of those that fit has %d units, more than %d", units(html), maxTelegram)
	}
	for i := range n {
		if !strings.Contains(html, fmt.Sprintf("0/1/2:%03d ", i)) {
			t.Errorf("the digest lacks the text of note %d", i)
		}
	}
	if got := fitDigest(all[:3], at, time.UTC); got != 3 {
		t.Errorf("%d of 3 notes fit", got)
	}
}
