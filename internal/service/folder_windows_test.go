package service

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/windows"
)

func sid(t *testing.T, text string) *windows.SID {
	t.Helper()
	s, err := windows.StringToSid(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTrusted(t *testing.T) {
	service := sid(t, serviceSID("logboom"))
	tests := []struct {
		sid  string
		want bool
	}{
		{"S-1-5-18", true},
		{"S-1-5-32-544", true},
		{trustedInstaller, true},
		{serviceSID("logboom"), true},
		{serviceSID("spooler"), false},
		{"S-1-5-32-545", false},
		{"S-1-5-21-1-2-3-1001", false},
		{"S-1-1-0", false},
	}
	for _, tt := range tests {
		if got := trusted(sid(t, tt.sid), service); got != tt.want {
			t.Errorf("trusted(%s) = %v", tt.sid, got)
		}
	}
	if trusted(nil, service) {
		t.Error("what belongs to nobody is trusted")
	}
}

func TestPublic(t *testing.T) {
	tests := []struct {
		sddl string
		want bool
	}{
		{directory.sddl, false},
		{directory.of(sid(t, serviceSID("logboom"))), false},
		{"D:(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)", true},
		{"D:(A;OICI;FA;;;BA)(A;OICIIO;0x1301bf;;;AU)", true},
		{"D:(D;;FA;;;WD)(A;;FA;;;BA)", false},
		{"D:(A;;FR;;;WD)", true},
		{"D:(A;;FR;;;S-1-5-21-1-2-3-1001)", false},
	}
	for _, tt := range tests {
		sd, err := windows.SecurityDescriptorFromString(tt.sddl)
		if err != nil {
			t.Fatal(err)
		}
		acl, _, err := sd.DACL()
		if err != nil {
			t.Fatal(err)
		}
		if got := public(acl); got != tt.want {
			t.Errorf("public(%s) = %v", tt.sddl, got)
		}
	}
	if !public(nil) {
		t.Error("a folder without a list is not public")
	}
}

func TestMkdir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	// Without a list for administrators and the system, so that the test may
	// remove it, whoever runs it.
	for i, want := range []bool{true, false} {
		made, err := mkdir(dir, "D:(A;OICI;FA;;;WD)")
		if err != nil || made != want {
			t.Errorf("call %d: mkdir = %v, %v", i, made, err)
		}
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		t.Errorf("there is no directory: %v", err)
	}
}

func TestForeign(t *testing.T) {
	dir := t.TempDir()
	service := sid(t, serviceSID("logboom"))
	if err := foreign(filepath.Join(dir, "none"), service); err != nil {
		t.Errorf("what is not there is refused: %v", err)
	}
	if wine() {
		t.Skip("Wine makes no junctions")
	}
	link := filepath.Join(dir, "link")
	if said, err := exec.Command("cmd", "/c", "mklink", "/J", link, dir).CombinedOutput(); err != nil {
		t.Fatalf("mklink: %v: %s", err, said)
	}
	if err := foreign(link, service); err == nil || !strings.Contains(err.Error(), "another place") {
		t.Errorf("a link is not refused: %v", err)
	}
}
