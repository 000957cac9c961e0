package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestChangesNameTheKeys(t *testing.T) {
	tests := []struct {
		name          string
		before, after string
		want          string
	}{
		{"nothing", "[listen]\nudp = [':514']", "# a remark\n[listen]\nudp = [\n ':514',\n]", ""},
		{"a default that is written down", "", "[listen]\nudp = [':514', ':1514']\n[store]\nbatch_size = 1000", ""},
		{"a list", "", "[listen]\nallow = ['10.0.0.0/8']", "listen.allow"},
		{"an empty list is none", "[listen]\nallow = []", "", ""},
		{"the order of addresses", "[listen]\nudp = [':514', ':1514']", "[listen]\nudp = [':1514', ':514']", "listen.udp"},
		{"several sections, in the order of the shipped file", "", "[retention]\ndays = 3\n[store]\nbatch_wait = '1s'\nqueue_size = 2000", "store.batch_wait store.queue_size retention.days"},
		{"a device", "[[device]]\naddress = '192.0.2.1'\nname = 'A'", "[[device]]\naddress = '192.0.2.1'\nname = 'B'", "device"},
		{"a device on another line", "[[device]]\naddress = '192.0.2.1'", "\n\n\n[[device]]\naddress = '192.0.2.1'", ""},
		{"a rule more", "", "[[alerts.rule]]\nname = 'x'\nquery = 'y'", "alerts.rule"},
		{"a key of a rule", "[[alerts.rule]]\nname = 'x'\nquery = 'y'", "[[alerts.rule]]\nname = 'x'\nquery = 'y'\nhold = '1m'", "alerts.rule"},
		{"a secret", "[snmp]\ntarget = '192.0.2.1:162'\ncommunity = 'one'", "[snmp]\ntarget = '192.0.2.1:162'\ncommunity = 'two'", "snmp.community"},
		{"a webhook", "", "[[webhook]]\nname = 'x'\nurl = 'https://x.example'", "webhook"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before, err := Parse("config.toml", []byte(tt.before))
			if err != nil {
				t.Fatal(err)
			}
			after, err := Parse("other.toml", []byte(tt.after))
			if err != nil {
				t.Fatal(err)
			}
			keys := before.Changes(after)
			if got := strings.Join(keys, " "); got != tt.want {
				t.Errorf("changes are %q, want %q", got, tt.want)
			}
			kept := after.Keeping(keys, before)
			if left := before.Changes(kept); len(left) > 0 {
				t.Errorf("with all of them kept, there are still %q", left)
			}
			if again := before.Changes(after); !slices.Equal(again, keys) {
				t.Errorf("keeping has changed what it was made of: %q, before %q", again, keys)
			}
		})
	}
}

func TestAPackOfOnesOwnIsAChange(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, FileName)
	if err := os.WriteFile(path, []byte("[listen]\nudp = [':514']\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	before, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, packFolder), 0o700); err != nil {
		t.Fatal(err)
	}
	pack := "title = 'own'\ncoverage = 'words'\n[[rule]]\nkind = 'onu_down'\nstate = 'raise'\nmatch = 'gone PON (?P<pon>\\d+) ONU (?P<onu>\\d+)'\nhit = ['gone PON 1 ONU 2']\n"
	if err := os.WriteFile(filepath.Join(dir, packFolder, "own.toml"), []byte(pack), 0o600); err != nil {
		t.Fatal(err)
	}
	after, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := before.Changes(after); !slices.Equal(got, []string{"packs"}) {
		t.Errorf("changes are %q, want packs", got)
	}
}
