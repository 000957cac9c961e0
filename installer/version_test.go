//go:build unix

package installer

import (
	"os/exec"
	"strings"
	"testing"
)

// TestVersions holds what the scripts make of a version of git: for packages,
// and for the names of files, which must be good on Windows and where releases
// are put.
func TestVersions(t *testing.T) {
	for _, test := range []struct{ git, version, file string }{
		{"v1.2.3", "1.2.3", "1.2.3"},
		{"1.2.3", "1.2.3", "1.2.3"},
		{"v1.2.3-dirty", "1.2.3+dirty", "1.2.3+dirty"},
		{"v1.2.3-rc1", "1.2.3~rc1", "1.2.3-rc1"},
		{"1.2.3~rc1", "1.2.3~rc1", "1.2.3-rc1"},
		{"v1.2.3-rc-1", "1.2.3~rc.1", "1.2.3-rc.1"},
		{"v1.2.3-5-gabcdef", "1.2.3+5.gabcdef", "1.2.3+5.gabcdef"},
		{"v1.2.3-rc1-5-gabcdef-dirty", "1.2.3~rc1+5.gabcdef+dirty", "1.2.3-rc1+5.gabcdef+dirty"},
		{`v1.2.3-a:b\c*"d"`, "1.2.3~a.b.c..d.", "1.2.3-a.b.c..d."},
		{"v1.2.3/../x", "1.2.3....x", "1.2.3....x"},
		{"v1.2.3 rc\n1", "1.2.3.rc.1", "1.2.3.rc.1"},
		{"v1.2.3_1$(id)é", "1.2.3.1..id...", "1.2.3.1..id..."},
	} {
		for _, want := range []struct{ name, option, text string }{{"package", "", test.version}, {"file", "--file", test.file}} {
			command := exec.Command("sh", "version.sh", test.git)
			if want.option != "" {
				command.Args = []string{"sh", "version.sh", want.option, test.git}
			}
			out, err := command.CombinedOutput()
			if got := strings.TrimSuffix(string(out), "\n"); err != nil || got != want.text {
				t.Errorf("%s of %q is %q, %v; want %q", want.name, test.git, got, err, want.text)
			}
		}
	}
}
