package engine

import (
	"strings"
	"testing"

	"github.com/logboom/logboom/internal/config"
)

func TestUnreached(t *testing.T) {
	const on = "[telegram]\ntoken = '123456:abc'\nchat_id = '-100'\n"
	const device = "[[device]]\naddress = '10.0.0.1'\nsite = 'North'\n"
	tests := []struct {
		name, text string
		want       []string // parts of each warning
	}{
		{"the shipped settings", "", nil},
		{"telegram set up", on, nil},
		{"a chat without a token", "[telegram]\nchat_id = '-100'\n", []string{"no token"}},
		{"a rule that tells by telegram alone, without a token", "[[alerts.rule]]\nname = 'a'\nquery = 'x'\nnotify = ['telegram']\n", []string{"rule \"a\" tells by telegram alone"}},
		{"routes of what there is", on + "[[telegram.route]]\nchat_id = '-200'\nrules = ['ONUs lost', 'a', 'Logboom: messages lost on udp :514', 'New device']\nsites = ['North']\n[[alerts.rule]]\nname = 'a'\nquery = 'x'\n" + device, nil},
		{"a route of rules that there are not", on + "[[telegram.route]]\nchat_id = '-200'\nrules = ['ONU lost', 'Nope']\n", []string{`did you mean "ONUs lost"?`, `the rule "Nope", which there is not`}},
		{"a route of a site that no device has", on + "[[telegram.route]]\nchat_id = '-200'\nsites = ['Nowhere']\n" + device, []string{`the site "Nowhere", which there is not`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg, err := config.Parse("config.toml", []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			got := Unreached(cfg)
			if len(got) != len(tt.want) {
				t.Fatalf("%d warnings, want %d: %+v", len(got), len(tt.want), got)
			}
			for i, w := range got {
				if !strings.Contains(w.Fact+"\n"+w.Hint, tt.want[i]) || w.Hint == "" {
					t.Errorf("warning %d is %+v, want it to say %q", i, w, tt.want[i])
				}
			}
		})
	}
}
