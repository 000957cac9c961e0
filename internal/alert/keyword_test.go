package alert

import (
	"strings"
	"testing"
)

// keywords finds plain words in texts.
type keywords struct {
	matcher *matcher
	scan    scan
}

func newKeywords(words []string) (*keywords, error) {
	rules, err := wordRules(nil, words)
	if err != nil {
		return nil, err
	}
	m, err := newMatcher(rules)
	return &keywords{matcher: m}, err
}

// Find returns the first of the keywords, in their order, that text alarms by.
func (k *keywords) Find(text []byte) (keyword string, ok bool) {
	i, ok := k.matcher.find(&k.scan, text)
	if !ok {
		return "", false
	}
	return k.matcher.rules[i].name, true
}

func TestKeywords(t *testing.T) {
	tests := []struct {
		keyword, text string
		want          bool
	}{
		{"pon deregister", "PON deregister ONU 0/1/2:7", true},
		{"pon deregister", "PON 0/3 deregistered", true},
		{"pon deregister", "deregister PON", false},
		{"pon deregister", "PON up. " + strings.Repeat("x ", 40) + "deregister", false},
		{"Dying Gasp", "onu-dying_gasp 0/1", true},
		{"dying gasp", "dying-gasp recovered", false},
		{"reset", "device reset", true},
		{"reset", "Resetting line card 2", true},
		{"reset", "preset profile 4", false},
		{"reset", "Connection reset by peer", false},
		{"reset", "password reset for budi", false},
		{"reset", "reset counters on Gi0/7", false},
		{"reset", "TCP session reset", false},
		{"connection reset", "Connection reset by peer", true},
		{"password reset", "password reset for budi", true},
		{"loopback", "Loopback detected on port 7", true},
		{"loopback", "interface loopback 0 is used", false},
		{"loopback", "Interface Loopback0 advertised", false},
		{"port down", "port 0/1 is down", true},
		{"port down", "port 0/1 is up", false},
		{"link down", "LinkDown on 7", true},
		{"link-down", "link-down 7", true},
		{"link-down", "link 7 down", false},
		{"mac flapping", "MAC flapping detected on vlan 10", true},
		{"mac flapping", "mac flapping detection enabled", false},
		{"mac flapping", "show mac flapping", false},
		{"command failed", "command failed: no route", true},
		{"alarm cleared", "the alarm is cleared", true},
		{"0/1/2", "PON 0/1/2:7 up", true},
		{"0/1/2", "PON 0/1/22 up", false},
		{"100%", "load is 100 %", true},
		{"%%", "a %% b", true},
		{"port up", "port 7 is up", true},
		{"掉电", "设备掉电告警", true},
		{"ПОРТ потерян", "порт потерян", true},
		{"порт", "порт cleared", false},
	}
	for _, tt := range tests {
		k, err := newKeywords([]string{tt.keyword})
		if err != nil {
			t.Errorf("%s: %v", tt.keyword, err)
			continue
		}
		if _, got := k.Find([]byte(tt.text)); got != tt.want {
			t.Errorf("%q is found in %q: %v", tt.keyword, tt.text, got)
		}
	}
}

func TestKeywordsTellTheFirst(t *testing.T) {
	k, err := newKeywords([]string{"rogue  onu", "onu"})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := k.Find([]byte("ONU 3 is a rogue ONU")); got != "rogue onu" {
		t.Errorf("found %q", got)
	}
	if got, ok := k.Find(nil); ok {
		t.Errorf("found %q in nothing", got)
	}
}

// TestKnownWords holds that what is known of words can be read.
func TestKnownWords(t *testing.T) {
	common, err := readPack(shared)
	if err != nil {
		t.Fatal(err)
	}
	for word := range common.Word {
		if _, err := newKeywords([]string{word}); err != nil {
			t.Errorf("%s: %v", word, err)
		}
	}
}

func TestDefaultKeywords(t *testing.T) {
	k, err := newKeywords(DefaultKeywords())
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"PON deregister ONU 0/1/2:7", "onu 0/3:7 deregister", "ONU dying-gasp", "Rogue ONU detected on PON 0/3", "OLT power up", "OLT power down",
		"MAC flapping detected", "loop detected on port 7",
	} {
		if _, ok := k.Find([]byte(text)); !ok {
			t.Errorf("no keyword is found in %q", text)
		}
	}
}
