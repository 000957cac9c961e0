package config

import (
	"fmt"
	"strings"
	"testing"
)

func TestTheAddressOfTheBotAPIHoldsNoSecret(t *testing.T) {
	const secret = "AAEexampleexampleexample"
	for _, tt := range []struct {
		name, url string
		ok, said  bool // said = the value is repeated
	}{
		{"that of Telegram", "https://api.telegram.org", true, true},
		{"one's own", "http://127.0.0.1:8081/telegram/", true, true},
		{"a host that is called so", "https://botapi.example.net", true, true},
		{"no scheme", "api.telegram.org", false, true},
		{"a query", "https://api.telegram.org?a=b", false, true},
		{"a password", "http://bob:" + secret + "@127.0.0.1", false, false},
		{"a name", "http://" + secret + "@127.0.0.1", false, false},
		{"a password without a scheme", "bob:" + secret + "@127.0.0.1", false, false},
		{"the token", "https://api.telegram.org/bot123456789:" + secret, false, false},
		{"the token without bot", "https://api.telegram.org/123456789:" + secret, false, false},
		{"the token, encoded", "https://api.telegram.org/x/123456789%3A" + secret, false, false},
		{"the token without a scheme", "api.telegram.org/bot123456789:" + secret + "/getUpdates", false, false},
		{"in capitals", "https://api.telegram.org/Bot" + secret, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg, err := Parse("config.toml", []byte("[telegram]\napi_url = '"+tt.url+"'\n"))
			if (err == nil) != tt.ok {
				t.Fatalf("%v", err)
			}
			if err == nil {
				all, _ := cfg.List()
				for _, s := range all {
					if s.Key == "telegram.api_url" && strings.Contains(s.Value, "telegram/") {
						t.Errorf("the list shows %s", s.Value)
					}
				}
				return
			}
			if text := fmt.Sprint(err); strings.Contains(text, secret) || tt.said != strings.Contains(text, tt.url) {
				t.Errorf("said %s", text)
			}
		})
	}
}
