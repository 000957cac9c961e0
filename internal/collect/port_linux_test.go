package collect

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// An address that comes after the start, as it does when a cable is plugged in
// or DHCP answers late, is taken when it is there: the unit relies on that and
// does not wait for the network. It runs in a network of its own.
func TestAddressThatComesLater(t *testing.T) {
	const inside, address = "LOGBOOM_TEST_OWN_NETWORK", "192.0.2.1"
	if os.Getenv(inside) == "" {
		own := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		own.Env = append(os.Environ(), inside+"=1")
		own.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
		if os.Geteuid() != 0 {
			own.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
			own.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}}
			own.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}}
		}
		var out strings.Builder
		own.Stdout, own.Stderr = &out, &out
		if err := own.Start(); err != nil {
			t.Skipf("this system gives us no network of our own: %v", err)
		}
		if err := own.Wait(); err != nil {
			t.Errorf("%v\n%s", err, out.String())
		} else if strings.Contains(out.String(), "--- SKIP") {
			t.Skip(out.String())
		}
		return
	}
	ip := func(args ...string) {
		t.Helper()
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			t.Skipf("ip %s: %v: %s", strings.Join(args, " "), err, out)
		}
	}
	ip("link", "set", "lo", "up")
	s := serve(t, Options{UDP: []string{address + ":5514"}, TCP: []string{address + ":5514"}, Retry: 5 * time.Millisecond})
	for _, l := range s.Listeners() {
		if l.Open || !strings.Contains(l.Error, "does not have that address") {
			t.Errorf("%+v", l)
		}
	}
	ip("address", "add", address+"/32", "dev", "lo")
	for i, proto := range []string{"udp", "tcp"} {
		eventually(t, proto+" is open", func() bool { return s.Listeners()[i].Open })
		send(t, dial(t, proto, "", address+":5514"), "here\n")
		wantRaw(t, s.take(1), "here")
	}
}
