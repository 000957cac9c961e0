package tray

import (
	"context"
	"errors"
	"fmt"

	"github.com/godbus/dbus/v5"

	"github.com/logboom/logboom/internal/service"
)

const serviceName = "logboom"

const (
	systemd        = "org.freedesktop.systemd1"
	systemdPath    = dbus.ObjectPath("/org/freedesktop/systemd1")
	systemdManager = systemd + ".Manager"
)

// A systemdBus is systemd, as a user who is no admin reaches it: over the bus of the
// system, where the desktop's own window asks for a password if one is needed.
type systemdBus struct{}

func newManager() manager { return systemdBus{} }

func (systemdBus) query(ctx context.Context) (service.State, error) {
	ctx, cancel := context.WithTimeout(ctx, busTime)
	defer cancel()
	return service.Query(ctx, service.Config{Name: serviceName})
}

func (systemdBus) do(ctx context.Context, verb string) error {
	method := map[string]string{"start": "StartUnit", "stop": "StopUnit", "restart": "RestartUnit"}[verb]
	bus, err := dbus.ConnectSystemBus(dbus.WithContext(ctx))
	if err != nil {
		return fmt.Errorf("systemd cannot be asked: %w", err)
	}
	defer bus.Close()
	manager := bus.Object(systemd, systemdPath)
	// Jobs are told to those who subscribe; ours may end before we know its name.
	if err := manager.CallWithContext(ctx, systemdManager+".Subscribe", 0).Err; err != nil {
		return explain(verb, err)
	}
	if err := bus.AddMatchSignal(dbus.WithMatchInterface(systemdManager), dbus.WithMatchMember("JobRemoved")); err != nil {
		return err
	}
	removed := make(chan *dbus.Signal, 64)
	bus.Signal(removed)
	var job dbus.ObjectPath
	if err := callAsking(ctx, bus, method, serviceName+".service", "replace").Store(&job); err != nil {
		return explain(verb, err)
	}
	for {
		select {
		case sig := <-removed:
			if sig == nil {
				return errors.New("systemd went away")
			}
			// id, job, unit, result
			if len(sig.Body) < 4 || sig.Body[1] != job {
				continue
			}
			if result, _ := sig.Body[3].(string); result != "done" {
				return fmt.Errorf("systemd says: %s. \"journalctl -u %s\" says why", result, serviceName)
			}
			return nil
		case <-ctx.Done():
			return fmt.Errorf("it takes too long; \"systemctl status %s\" says more", serviceName)
		}
	}
}

// callAsking calls a method of systemd and lets it ask people for a password,
// for as long as ctx lasts. The library's own Call leaves that flag out.
func callAsking(ctx context.Context, bus *dbus.Conn, method string, args ...any) *dbus.Call {
	msg := &dbus.Message{
		Type: dbus.TypeMethodCall, Flags: dbus.FlagAllowInteractiveAuthorization, Body: args,
		Headers: map[dbus.HeaderField]dbus.Variant{
			dbus.FieldDestination: dbus.MakeVariant(systemd),
			dbus.FieldPath:        dbus.MakeVariant(systemdPath),
			dbus.FieldInterface:   dbus.MakeVariant(systemdManager),
			dbus.FieldMember:      dbus.MakeVariant(method),
			dbus.FieldSignature:   dbus.MakeVariant(dbus.SignatureOf(args...)),
		},
	}
	return <-bus.SendWithContext(ctx, msg, make(chan *dbus.Call, 1)).Done
}

// explain says for people why systemd did not want to.
func explain(verb string, err error) error {
	var e dbus.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Name {
	case "org.freedesktop.DBus.Error.AccessDenied", "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired":
		return fmt.Errorf("you were not allowed to, or the password was not given; in a terminal: sudo systemctl %s %s", verb, serviceName)
	case "org.freedesktop.systemd1.NoSuchUnit":
		return errors.New("the service is not installed; in a terminal: sudo logboom service install")
	}
	return err
}
