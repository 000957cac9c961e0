package config

import (
	"fmt"
	"strings"
	"testing"
)

// A slip in a line that holds a secret does not tell it.
func TestBrokenLinesDoNotTellSecrets(t *testing.T) {
	const secret = "7123456789:AAHfh-secret_ofTheBot"
	keys := []string{"token", "password", "url", "secret", "community", "user", "auth_password", "priv_password", "proxy", "headers", "tokn", "telegram.token"}
	lines := []string{
		`KEY = SECRET`, `KEY = "SECRET`, `KEY = 'SECRET`, `KEY: SECRET`, `KEY: "SECRET"`, `KEY "SECRET"`, `KEY = “SECRET”`, `KEY == "SECRET"`, `KEY = "SECRET" x`, `KEY = "SECRET" "`,
		`KEY = "\SECRET"`, `KEY = "C:\SECRET"`, `KEY = C:\SECRET`, `KEY = \\host\SECRET`, `KEY = "x" = "SECRET"`, `x = {KEY = SECRET}`, `telegram = {KEY = "SECRET"`, `days = 5 KEY = "SECRET"`, `; KEY = SECRET`, `// KEY: SECRET`,
		"KEY = \"\"\"\nSECRET\n", "KEY = \nSECRET", `"KEY" = SECRET`, `KEY = [SECRET`, `KEY = ["SECRET"`, `KEY = ["A: SECRET]`, `KEY = ["SECRET" "SECRET"]`, "KEY = \"SECRET\"\nKEY = \"SECRET\"", "KEY = 'SECRET'\n]", `SECRET`, `[SECRET`, `KEY = 12SECRET`, `KEY = true SECRET`, `KEY =SECRET#`, "KEY\t=\tSECRET",
		`days = SECRET`, // a harmless key: what was pasted into the wrong line is shown
	}
	for _, section := range []string{"", "[telegram]\n", "[[webhook]]\nname = 'x'\n"} {
		for _, key := range keys {
			for _, line := range lines {
				text := section + strings.NewReplacer("KEY", key, "SECRET", secret).Replace(line) + "\n"
				_, err := Parse("config.toml", []byte(text))
				if err == nil {
					t.Errorf("%q is no slip", text)
					continue
				}
				said := err.Error() + fmt.Sprintf("%+v", err)
				if shown := strings.Contains(said, secret[:10]) || strings.Contains(said, "secret_of"); shown != strings.HasPrefix(line, "days = SECRET") {
					t.Errorf("%q is told as\n%s", text, err)
				}
			}
		}
	}
}
