package tray

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// A fakeSystemd is the part of systemd that the tray talks to.
type fakeSystemd struct {
	bus    *dbus.Conn
	result string      // of the job; "" = it does not end
	refuse *dbus.Error // instead of a job

	mu    sync.Mutex
	calls []string
}

func (f *fakeSystemd) Subscribe() *dbus.Error { return nil }

func (f *fakeSystemd) act(msg dbus.Message, verb, unit, mode string) (dbus.ObjectPath, *dbus.Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	interactive := msg.Flags&dbus.FlagAllowInteractiveAuthorization != 0
	f.calls = append(f.calls, fmt.Sprint(verb, " ", unit, " ", mode, " ", interactive))
	if f.refuse != nil {
		return "", f.refuse
	}
	const other, job = dbus.ObjectPath(systemdPath + "/job/1"), dbus.ObjectPath(systemdPath + "/job/2")
	if f.result != "" {
		// Somebody else's job ends, too, and ours may end before its name is known.
		_ = f.bus.Emit(systemdPath, systemdManager+".JobRemoved", uint32(1), other, "x.service", "failed")
		_ = f.bus.Emit(systemdPath, systemdManager+".JobRemoved", uint32(2), job, unit, f.result)
	}
	return job, nil
}

func (f *fakeSystemd) StartUnit(m dbus.Message, unit, mode string) (dbus.ObjectPath, *dbus.Error) {
	return f.act(m, "start", unit, mode)
}
func (f *fakeSystemd) StopUnit(m dbus.Message, unit, mode string) (dbus.ObjectPath, *dbus.Error) {
	return f.act(m, "stop", unit, mode)
}
func (f *fakeSystemd) RestartUnit(m dbus.Message, unit, mode string) (dbus.ObjectPath, *dbus.Error) {
	return f.act(m, "restart", unit, mode)
}

func TestServiceIsControlledOverTheSystemBus(t *testing.T) {
	address := privateBus(t)
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
	bus, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bus.Close() })
	named := func(name string) *dbus.Error { return dbus.NewError(name, []any{"no"}) }
	tests := []struct {
		verb, result string
		refuse       *dbus.Error
		want         string // of the error
	}{
		{"start", "done", nil, ""},
		{"stop", "done", nil, ""},
		{"restart", "done", nil, ""},
		{"start", "failed", nil, `systemd says: failed. "journalctl -u logboom" says why`},
		{"start", "", named("org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"), "sudo systemctl start logboom"},
		{"stop", "", named("org.freedesktop.DBus.Error.AccessDenied"), "sudo systemctl stop logboom"},
		{"start", "", named("org.freedesktop.systemd1.NoSuchUnit"), "sudo logboom service install"},
		{"start", "", nil, "it takes too long"},
	}
	for _, tt := range tests {
		t.Run(strings.Join([]string{tt.verb, tt.result, tt.want}, " "), func(t *testing.T) {
			f := &fakeSystemd{bus: bus, result: tt.result, refuse: tt.refuse}
			if err := bus.Export(f, systemdPath, systemdManager); err != nil {
				t.Fatal(err)
			}
			if _, err := bus.RequestName(systemd, dbus.NameFlagDoNotQueue); err != nil {
				t.Fatal(err)
			}
			wait := 20 * time.Second
			if tt.result == "" && tt.refuse == nil {
				wait = 100 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), wait)
			defer cancel()
			err := newManager().do(ctx, tt.verb)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			if want := tt.verb + " logboom.service replace true"; len(f.calls) != 1 || f.calls[0] != want {
				t.Errorf("asked %q, want %q", f.calls, want)
			}
		})
	}
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere")
	if err := newManager().do(t.Context(), "start"); err == nil || !strings.Contains(err.Error(), "systemd cannot be asked") {
		t.Errorf("without a bus: %v", err)
	}
}
