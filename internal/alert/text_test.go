package alert

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestVisible(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "ONU 0/1 lost", "ONU 0/1 lost"},
		{"end of the datagram", "lost\x00\r\n", "lost"},
		{"line breaks", "a\r\nb\nc\rd", "a ⏎ b ⏎ c ⏎ d"},
		{"tab", "a\tb", "a b"},
		{"control characters", "a\x00b\x1b[31mc\x7f", "a␀b␛[31mc␡"},
		{"more control characters", "a\u0085b", `a\u0085b`},
		{"direction of text", "a\u202eb", `a\u202eb`},
		{"no width", "a\u200bb", `a\u200bb`},
		{"not UTF-8", "a\xff\xc3b", `a\xff\xc3b`},
		{"beyond ASCII", "порт 掉电", "порт 掉电"},
		{"long", strings.Repeat("x", 2000), strings.Repeat("x", MaxText) + "…"},
		{"cut in a character", strings.Repeat("x", MaxText-1) + "掉", strings.Repeat("x", MaxText-1) + "…"},
	}
	for _, tt := range tests {
		if got := string(visible(nil, []byte(tt.in))); got != tt.want {
			t.Errorf("%s: %q becomes %q, want %q", tt.name, tt.in, got, tt.want)
		}
	}
}

func FuzzVisible(f *testing.F) {
	f.Add([]byte("a\x00\xff\u202e\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got := visible(nil, b)
		if !utf8.Valid(got) || len(got) > 7*MaxText {
			t.Fatalf("%q becomes %q", b, got)
		}
		for _, r := range string(got) {
			if r < ' ' || r == 0x7f {
				t.Fatalf("%q becomes %q", b, got)
			}
		}
	})
}

func TestLines(t *testing.T) {
	zone := time.FixedZone("", 6*3600)
	n := Notice{Kind: KindAlert, Rule: "ONU offline", Device: olt, DeviceName: "OLT North", Site: "Dhaka", Severity: 3, Text: "ONU 0/1 lost", At: t0, Count: 1}
	head := []string{"2023-11-15 04:13:20 +06:00, err", "ONU 0/1 lost"}
	tests := []struct {
		name        string
		kind        Kind
		count, more int
		title       string
		last        string
	}{
		{"one message", KindAlert, 1, 0, "ONU offline: OLT North (10.0.0.1), Dhaka", ""},
		{"threshold", KindAlert, 5, 0, "ONU offline: OLT North (10.0.0.1), Dhaka", "the newest of 5 such messages"},
		{"some held back before", KindAlert, 4, 3, "ONU offline: OLT North (10.0.0.1), Dhaka", "and 3 more before it"},
		{"more", KindMore, 17, 16, "ONU offline, 17 more: OLT North (10.0.0.1), Dhaka", "the newest of 17 held back since the last alert"},
		{"one more", KindMore, 1, 0, "ONU offline, 1 more: OLT North (10.0.0.1), Dhaka", "held back since the last alert"},
		{"clear", KindClear, 3, 0, "ONU offline is over: OLT North (10.0.0.1), Dhaka", "there were 3 messages of this trouble"},
	}
	for _, tt := range tests {
		n.Kind, n.Count, n.More = tt.kind, tt.count, tt.more
		want := head
		if tt.last != "" {
			want = append(slices.Clone(head), tt.last)
		}
		if got := n.Title(); got != tt.title {
			t.Errorf("%s: title is %q", tt.name, got)
		}
		if got := n.Lines(zone); !slices.Equal(got, want) {
			t.Errorf("%s: lines are %q", tt.name, got)
		}
	}
}

func TestATextIsNotCutInsideACharacter(t *testing.T) {
	for i := range 5 {
		text := strings.Repeat("a", MaxText-i) + "世界"
		if got := string(visible(nil, []byte(text))); strings.Contains(got, `\x`) || !strings.HasSuffix(got, "…") {
			t.Errorf("with %d bytes of it left: ends with %q", i, got[len(got)-12:])
		}
	}
	if got := string(visible(nil, []byte("a\xe4\xb8"))); got != `a\xe4\xb8` {
		t.Errorf("what came broken is shown as %q", got)
	}
}

// An outage of the way may last longer than a trouble: then its only message says
// that it is over.
func TestWhatIsOverBeforeItIsToldSaysSo(t *testing.T) {
	n := Notice{Kind: KindAlert, Rule: "ONU offline", Device: olt, Incident: &Incident{Rule: "ONU offline", State: IncidentCleared}}
	if !n.Ended() || !strings.Contains(n.Title(), "is over") {
		t.Errorf("%q, ended %v", n.Title(), n.Ended())
	}
	n.Incident.State = IncidentOpen
	if n.Ended() || strings.Contains(n.Title(), "is over") {
		t.Errorf("open: %q, ended %v", n.Title(), n.Ended())
	}
}
