package config

import (
	"errors"
	"strings"
	"testing"
)

func TestFill(t *testing.T) {
	answers := "listen.udp = [':5514']\nlisten.tcp = [':5514', ':6514']\n[telegram]\ntoken = '123:a_b'\nchat_id = '-100'\n" +
		"[alerts]\nkeywords = ['fire']\n[retention]\ndays = 7\nmin_free = '2GB'\n"
	got, err := Fill(shipped(t), "answers", []byte(answers))
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := Parse("config.toml", got)
	if err != nil {
		t.Fatal(err)
	}
	if len(cfg.Listen.UDP) != 1 || len(cfg.Listen.TCP) != 2 || cfg.Telegram.Token != "123:a_b" || cfg.Telegram.ChatID != "-100" ||
		len(cfg.Alerts.Keywords) != 1 || cfg.Retention.Days != 7 || cfg.Retention.MinFree != 2<<30 {
		t.Errorf("filled in:\n%s", got)
	}
	// All but the lines of these seven settings is as it was; keywords had four.
	was, is := strings.Split(string(shipped(t)), "\n"), strings.Split(string(got), "\n")
	if len(is) != len(was)-3 {
		t.Errorf("%d lines became %d", len(was), len(is))
	}
	same := make(map[string]bool)
	for _, line := range was {
		same[line] = true
	}
	changed := 0
	for _, line := range is {
		if !same[line] {
			changed++
		}
	}
	if changed != 7 {
		t.Errorf("%d lines changed, want 7:\n%s", changed, got)
	}
}

func TestFillWithNothingIsTheShippedFile(t *testing.T) {
	got, err := Fill(shipped(t), "answers", nil)
	if err != nil || string(got) != string(shipped(t)) {
		t.Errorf("Fill changed the file, %v", err)
	}
}

func TestFillRefuses(t *testing.T) {
	for _, answers := range []string{"listen.udp = [':x']", "listen.udo = []", "telegram.token = '1", "[[device]]\naddress = '10.0.0.1'\nname = 'x'"} {
		_, err := Fill(shipped(t), "answers", []byte(answers))
		if err == nil || !strings.Contains(err.Error(), "answers") {
			t.Errorf("Fill(%q) = %v", answers, err)
		}
		var p Problems
		if !strings.HasPrefix(answers, "[[") && !errors.As(err, &p) {
			t.Errorf("Fill(%q): the error is %T", answers, err)
		}
	}
}
