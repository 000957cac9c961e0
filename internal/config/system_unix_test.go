//go:build !windows

package config

import "testing"

func TestUserDirectoryFollowsXDG(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", "/home/x/state")
	if got := UserDirectory(); got != "/home/x/state/logboom" {
		t.Errorf("%q", got)
	}
	t.Setenv("XDG_STATE_HOME", "relative/is/ignored")
	t.Setenv("HOME", "/home/x")
	if got := UserDirectory(); got != "/home/x/.local/state/logboom" {
		t.Errorf("%q", got)
	}
}
