package config

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// base is a configuration with a rule, a device and a cooldown of its own.
func base(t *testing.T) *Config {
	t.Helper()
	cfg, err := Parse("config.toml", []byte("[alerts]\ncooldown = '9m'\n[[alerts.rule]]\nname = 'one'\nquery = 'one'\n[[alerts.rule]]\nname = 'two'\nquery = 'two'\nclear = 'over'\n[[device]]\naddress = '10.0.0.1'\nname = 'OLT'\n"))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestADraftTakesThePlaceOfTheAlerts(t *testing.T) {
	cfg, err := base(t).WithDraft("draft.toml", []byte("[[alerts.rule]]\nname = 'new'\nquery = '\"link down\"'\n"))
	if err != nil {
		t.Fatal(err)
	}
	a := cfg.Alerts
	if len(a.Rule) != 1 || a.Rule[0].Name != "new" || a.Rule[0].Threshold != 1 || len(a.Keywords)+len(a.Packs) > 0 || a.Cooldown != 9*time.Minute || len(cfg.Devices) != 1 {
		t.Errorf("got %+v and %d devices", a, len(cfg.Devices))
	}
	if cfg, err = base(t).WithDraft("draft.toml", []byte("[alerts]\npacks = ['pon']\ncooldown = '1m'\n")); err != nil || len(cfg.Alerts.Packs) != 1 || cfg.Alerts.Cooldown != time.Minute || len(cfg.Alerts.Rule) > 0 {
		t.Errorf("a draft of a pack: %v, %+v", err, cfg.Alerts)
	}
}

func TestADraftOfVendorsReadsEverything(t *testing.T) {
	cfg, err := base(t).WithDraft("draft.toml", []byte("[alerts]\nvendors = ['all']\n"))
	if err != nil || len(cfg.Alerts.Vendors) != 1 || cfg.Wanted() != nil {
		t.Errorf("%v, %+v", err, cfg)
	}
}

func TestWhatIsWrongInADraftIsToldAtOnce(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string // parts of it
	}{
		{"other sections", "[telegram]\ntoken = 'x'\n[alerts]\nkeywords = ['fire']\n", []string{"draft.toml cannot be used:", "telegram: there is no such section", draftHint}},
		{"several", "[[alerts.rule]]\nname = 'a'\nquery = '('\nthreshold = 0\n[[alerts.rule]]\nnam = 'b'\nquery = 'x'\n",
			[]string{"query = ", "threshold = 0: must be from 1", "name: must be given", "nam: there is no such key", "did you mean name?"}},
		{"nothing in it", "", []string{"there is no rule in it", draftHint}},
		{"no TOML", "[[alerts.rule]\n", []string{"line 1, column"}},
		{"an old name", "[[rule]]\nname = 'a'\n", []string{"rule: there is no such section", "it belongs under [alerts]"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := base(t).WithDraft("draft.toml", []byte(tt.text))
			var problems Problems
			if !errors.As(err, &problems) {
				t.Fatalf("got %v", err)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("no %q in\n%s", want, err)
				}
			}
		})
	}
}

func TestOneRuleAlone(t *testing.T) {
	cfg, ok := base(t).WithRule("two")
	if !ok || len(cfg.Alerts.Rule) != 1 || cfg.Alerts.Rule[0].Name != "two" || len(cfg.Alerts.Keywords)+len(cfg.Alerts.Packs) > 0 || cfg.Alerts.Cooldown != 9*time.Minute {
		t.Errorf("got %+v", cfg.Alerts)
	}
	if _, ok := base(t).WithRule("three"); ok {
		t.Error("there is no rule three")
	}
}

func TestWanted(t *testing.T) {
	long := make([]string, 0, 40)
	for i := range 40 {
		long = append(long, "[[alerts.rule]]\nname = 'r"+strings.Repeat("x", i)+"'\nquery = 'word"+strings.Repeat("y", 20)+"'\n")
	}
	tests := []struct {
		name string
		cfg  func(*Config) *Config
		want string // "" = all messages
	}{
		{"a rule and what clears it", func(c *Config) *Config { c, _ = c.WithRule("two"); return c }, "two OR over"},
		{"keywords", func(c *Config) *Config { return c }, ""},
		{"too many rules for one query", func(c *Config) *Config {
			c, err := c.WithDraft("draft", []byte(strings.Join(long, "")))
			if err != nil {
				t.Fatal(err)
			}
			return c
		}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if q := tt.cfg(base(t)).Wanted(); q != nil {
				got = q.String()
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzDraft(f *testing.F) {
	for _, s := range []string{"[alerts]\nkeywords = ['x']\n", "[[alerts.rule]]\nname='a'\nquery='b'\n", "[alerts]\nrule = 3\n", "alerts = []\n", "[listen]\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		cfg, err := Default().WithDraft("draft", []byte(text))
		if err == nil {
			if _, err := cfg.Rules(); err != nil {
				t.Errorf("what was checked does not compile: %v", err)
			}
			cfg.Wanted()
		} else if !errors.As(err, new(Problems)) || err.Error() == "" {
			t.Errorf("the error is %v", err)
		}
	})
}
