package config

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestSilentAfter(t *testing.T) {
	device := netip.MustParseAddr("10.0.0.1")
	tests := []struct {
		name, line string
		want       time.Duration
		set        bool
		wantErr    string
	}{
		{"a time", `silent_after = "30m"`, 30 * time.Minute, true, ""},
		{"off", `silent_after = "0"`, 0, true, ""},
		{"off, with a unit", `silent_after = "0s"`, 0, true, ""},
		{"left out", ``, 0, false, ""},
		{"too short", `silent_after = "5s"`, 0, false, `must be from "1m" to "365d"`},
		{"no time", `silent_after = "never"`, 0, false, "must be a duration"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg, err := Parse("config.toml", []byte("[[device]]\naddress = \"10.0.0.1\"\n"+tt.line))
			if tt.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
					t.Errorf("error is %v, want one with %q", err, tt.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got, set := cfg.Directory().SilentAfter(device); got != tt.want || set != tt.set {
				t.Errorf("is %v, %t, want %v, %t", got, set, tt.want, tt.set)
			}
			var shown strings.Builder
			if err := cfg.Show(&shown); err != nil {
				t.Fatal(err)
			}
			again, err := Parse("shown.toml", []byte(shown.String()))
			if err != nil {
				t.Fatalf("what is shown cannot be read: %v\n%s", err, shown.String())
			}
			if got, set := again.Directory().SilentAfter(device); got != tt.want || set != tt.set {
				t.Errorf("shown as %v, %t, want %v, %t", got, set, tt.want, tt.set)
			}
		})
	}
}
