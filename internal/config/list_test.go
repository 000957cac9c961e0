package config

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestEveryKeyHasHelp(t *testing.T) {
	for section, typ := range sections() {
		for key := range fields(typ) {
			name := section + "." + key
			if help := shippedHelp()[name]; help == "" && name != "alerts.rule" && name != "telegram.route" && section != "device" &&
				section != "webhook" && section != "alerts.rule" && section != "telegram.route" {
				t.Errorf("the shipped file says nothing of %s", name)
			}
		}
	}
	for key, want := range map[string]string{
		"listen.tls_key":         "The server's certificate, with the chain, and its private key: PEM files.",
		"retention.days":         "Days are removed, the oldest first, when one of these limits is reached. Messages are kept for so many days. 0 = for ever.",
		"device.timezone":        "of its clock; left out = that of [store]",
		"webhook.secret":         "signs what is sent, see docs/alerts.md; left out = no signature",
		"telegram.token_file":    "Alerts go to Telegram once a token is here. @BotFather gives it in exchange for /newbot. It may also stand in a file of its own, which token_file names, or in the environment: LOGBOOM_TELEGRAM_TOKEN.",
		"log.max_age_days":       "A new file is begun at this size, from 1 on; so many old ones are kept, 0 = all; for so many days, 0 = for ever.",
		"telegram.route.chat_id": "left out = the chat above",
	} {
		if got := shippedHelp()[key]; got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
}

// secretSettings has a secret in every key that may hold one, each with the word
// marker in it.
const secretSettings = `
[telegram]
token = "123456:MARKERtoken_of_the_bot"
chat_id = "-100"
proxy = "http://someone:MARKERproxy@proxy.example.com:3128"
[email]
host = "mail.example.com"
from = "a@example.com"
to = ["b@example.com"]
username = "someone"
password = "MARKERmail"
[snmp]
target = "10.0.0.5:162"
version = "3"
send = "trap"
user = "MARKERuser"
auth = "sha256"
auth_password = "MARKERauth"
priv = "aes"
priv_password = "MARKERpriv"
community = "MARKERcommunity"
[[webhook]]
name = "noc"
url = "https://chat.example.com/hooks/MARKERhook"
secret = "MARKERsecret"
headers = ["Authorization: Bearer MARKERheader"]
proxy = "socks5://u:MARKERwebproxy@proxy.example.com:1080"
[[device]]
address = "10.0.0.1"
name = "OLT North"
silent_after = "0"
`

func TestListSaysWhereEachValueComesFromAndNoSecret(t *testing.T) {
	text := strings.Replace(secretSettings, "community = \"MARKERcommunity\"\n", "", 1)
	cfg, err := Parse("config.toml", []byte(text+"[retention]\ndays = 7\n[listen]\ntcp = []\n"))
	if err != nil {
		t.Fatal(err)
	}
	cfg.Listen.UDP = []string{":5514"} // as who may not open port 514 gets it
	all, left := cfg.List()
	if s := fmt.Sprint(all); strings.Contains(s, "MARKER") || len(left) != 0 {
		t.Errorf("%v: %s", left, s)
	}
	got := map[string]Setting{}
	for _, s := range all {
		got[s.Key] = s
	}
	for key, want := range map[string]string{
		"retention.days":      "7 30 config.toml true",
		"listen.tcp":          "[] [] config.toml false",
		"listen.udp":          `[":5514"] [":514", ":1514"] chosen at the start true`,
		"store.sync":          `"full" "full" default false`,
		"telegram.token":      "set not set config.toml true",
		"telegram.token_file": `"" "" default false`,
		"telegram.proxy":      `"http://•••@proxy.example.com:3128" "" config.toml true`,
		"webhook.url":         "set  config.toml true",
		"webhook.headers":     `["Authorization: set"]  config.toml true`,
		"device.silent_after": `"0"  config.toml true`,
	} {
		s := got[key]
		if line := fmt.Sprint(s.Value, " ", s.Default, " ", s.Origin, " ", s.Changed); line != want {
			t.Errorf("%s: %s, want %s", key, line, want)
		}
	}
	if s := got["webhook.url"]; s.Section != "webhook: noc" {
		t.Errorf("section %q", s.Section)
	}
	for section, typ := range sections() {
		if typ.Kind() != reflect.Struct || section == "webhook" || section == "device" || section == "alerts.rule" || section == "telegram.route" {
			continue
		}
		for key := range fields(typ) {
			if name := section + "." + key; got[name].Key == "" && name != "alerts.rule" && name != "telegram.route" {
				t.Errorf("%s is not listed", name)
			}
		}
	}
	hidden := cfg.Hide().Replace(text)
	if strings.Contains(hidden, "MARKER") || !strings.Contains(hidden, "OLT North") {
		t.Errorf("in a text:\n%s", hidden)
	}
}

func TestListIsBounded(t *testing.T) {
	cfg := Default()
	for i := range mostTables + 7 {
		cfg.Alerts.Rule = append(cfg.Alerts.Rule, Rule{Name: fmt.Sprint("rule ", i), Query: "x"})
	}
	all, left := cfg.List()
	if left["alerts.rule"] != 7 || all[len(all)-1].Key == "" {
		t.Errorf("left %v of %d", left, len(all))
	}
}
