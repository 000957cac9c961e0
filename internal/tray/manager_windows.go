package tray

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/windows"

	"github.com/logboom/logboom/internal/service"
)

const serviceName = "logboom"

// A control is the service manager of Windows. Every user may ask it; to start
// and stop takes an administrator, or somebody whom one has given the right.
type control struct{}

func newManager() manager { return control{} }

func (control) query(ctx context.Context) (service.State, error) {
	return service.Query(ctx, service.Config{Name: serviceName})
}

func (control) do(ctx context.Context, verb string) error {
	if mayControl() {
		act := map[string]func(context.Context, service.Config) error{"start": service.Start, "stop": service.Stop, "restart": service.Restart}[verb]
		return act(ctx, service.Config{Name: serviceName})
	}
	own, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding logboom.exe: %w", err)
	}
	program := filepath.Join(filepath.Dir(own), "logboom.exe")
	if _, err := os.Stat(program); err != nil {
		return fmt.Errorf("this takes an administrator, and logboom.exe, which would ask for one, is not beside this program: %w", err)
	}
	process, err := runAsAdministrator(program, "service "+verb)
	if errors.Is(err, windows.ERROR_CANCELLED) {
		return errCancelled
	}
	if err != nil {
		return fmt.Errorf("asking for the rights of an administrator: %w", err)
	}
	defer windows.CloseHandle(process)
	return exited(ctx, process)
}

// mayControl reports whether this user may start and stop the service.
func mayControl() bool {
	m, err := windows.OpenSCManager(nil, nil, windows.SC_MANAGER_CONNECT)
	if err != nil {
		return false
	}
	defer windows.CloseServiceHandle(m)
	h, err := windows.OpenService(m, windows.StringToUTF16Ptr(serviceName), windows.SERVICE_START|windows.SERVICE_STOP|windows.SERVICE_QUERY_STATUS)
	if err != nil {
		return false
	}
	windows.CloseServiceHandle(h)
	return true
}

// exited waits for the end of a process.
func exited(ctx context.Context, process windows.Handle) error {
	for {
		e, err := windows.WaitForSingleObject(process, uint32(pollTime/time.Millisecond))
		if err != nil {
			return err
		}
		if e == windows.WAIT_OBJECT_0 {
			break
		}
		if ctx.Err() != nil {
			return errors.New("it takes too long; the log says more")
		}
	}
	var code uint32
	if err := windows.GetExitCodeProcess(process, &code); err != nil {
		return err
	}
	if code != 0 {
		return errors.New("the log says why, and so does, in a terminal of an administrator: logboom service status")
	}
	return nil
}
