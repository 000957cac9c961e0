package config

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestWhatOnDiskIsNotInForceIsSaid(t *testing.T) {
	const device = "[[device]]\naddress = '10.0.0.1'\nname = 'one'\n"
	tests := []struct {
		name, file, text string
		want             string // "" = nothing is said
	}{
		{"nothing has changed", ConsoleFileName, device, ""},
		{"console.toml was changed by hand", ConsoleFileName, device + "site = 'here'\n", "console.toml on disk is not the one in force; logboom reload takes it over"},
		{"console.toml is being edited", ConsoleFileName, "[[device]]\naddress = '10.0.0.1'\n[[device", "console.toml, line 3, cannot be used"},
		{"console.toml has a value that cannot be", ConsoleFileName, "[[device]]\naddress = '10.0.0.1'\ntimezone = 'Mars'\n", "console.toml, line 3, cannot be used: device \"10.0.0.1\", timezone: "},
		{"config.toml was changed by hand", FileName, "[store]\ndirectory = '.'\nbatch_size = 7\n", "config.toml on disk is not the one in force; logboom reload takes it over"},
		{"config.toml is being edited", FileName, "[store\n", "config.toml, line 1, cannot be used"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := write(t, map[string]string{FileName: "[store]\ndirectory = '.'\n", ConsoleFileName: device})
			cfg := inForce(t, filepath.Join(dir, FileName))
			writeText(t, filepath.Join(dir, tt.file), tt.text)
			got := cfg.OnDisk()
			if tt.want == "" != (got == "") || !strings.HasPrefix(got, filepath.Join(dir, tt.want)) && tt.want != "" {
				t.Errorf("said %q, want %q", got, tt.want)
			}
		})
	}
	if cfg, err := Parse(FileName, nil); err != nil || cfg.OnDisk() != "" {
		t.Errorf("of settings that no file holds: %q, %v", cfg.OnDisk(), err)
	}
}
