package service

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"
	"unsafe"

	kardianos "github.com/kardianos/service"
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/mgr"
)

// What the service manager does when the service ends by itself: twice soon,
// then a minute later, and the count begins anew after a day.
var recovery = []mgr.RecoveryAction{
	{Type: mgr.ServiceRestart, Delay: 5 * time.Second},
	{Type: mgr.ServiceRestart, Delay: 5 * time.Second},
	{Type: mgr.ServiceRestart, Delay: time.Minute},
}

const recoveryReset = 24 * 60 * 60 // seconds

// lockedTime is how long the database of services may be locked, as it is
// while Windows starts.
const lockedTime = 30 * time.Second

func install(ctx context.Context, c Config) error {
	m, err := mgr.Connect()
	if err != nil {
		return explain("install", err)
	}
	defer m.Disconnect()
	if err := ours(&c); err != nil {
		return err
	}
	// Rights first: a service that runs without them fails at its first start.
	h, err := m.OpenService(c.Name)
	switch {
	case err == nil:
		err = renew(h, &c)
		h.Close()
	case errors.Is(err, windows.ERROR_SERVICE_DOES_NOT_EXIST):
		err = unlocked(ctx, func() error { return create(&c) })
	}
	if err != nil {
		return explain("install", err)
	}
	if h, err = m.OpenService(c.Name); err != nil {
		return explain("install", err)
	}
	defer h.Close()
	if err := h.SetRecoveryActions(recovery, recoveryReset); err != nil {
		c.warn("Windows will not start the service again after a crash: %v", err)
	}
	if err := h.SetRecoveryActionsOnNonCrashFailures(true); err != nil {
		c.warn("Windows will not start the service again after an error: %v", err)
	}
	if err := shutdownTime(h); err != nil {
		c.warn("Windows may not wait for the service when it shuts down: %v", err)
	}
	return rights(&c)
}

// shutdownTime makes Windows wait at its shutdown as long as a stop may take;
// by itself it waits ten seconds since Windows 10 1703.
func shutdownTime(h *mgr.Service) error {
	info := struct{ timeout uint32 }{milliseconds(stopHint)} // SERVICE_PRESHUTDOWN_INFO
	return windows.ChangeServiceConfig2(h.Handle, windows.SERVICE_CONFIG_PRESHUTDOWN_INFO, (*byte)(unsafe.Pointer(&info)))
}

// create makes the service, its account and its source in the event log.
func create(c *Config) error {
	s, err := kardianos.New(nothing{}, &kardianos.Config{
		Name: c.Name, DisplayName: c.DisplayName, Description: c.Description,
		Executable: c.Executable, Arguments: c.Arguments,
		UserName: account(c),
	})
	if err != nil {
		return err
	}
	return s.Install()
}

// renew gives a service that is there the new settings. Its account stays:
// somebody may have chosen another.
func renew(h *mgr.Service, c *Config) error {
	command, err := windows.UTF16PtrFromString(windows.ComposeCommandLine(append([]string{c.Executable}, c.Arguments...)))
	if err != nil {
		return err
	}
	name, err := windows.UTF16PtrFromString(c.DisplayName)
	if err != nil {
		return err
	}
	return windows.ChangeServiceConfig(h.Handle, windows.SERVICE_NO_CHANGE, mgr.StartAutomatic, windows.SERVICE_NO_CHANGE,
		command, nil, nil, nil, nil, nil, name)
}

func account(c *Config) string { return `NT SERVICE\` + c.Name }

func uninstall(ctx context.Context, c Config) error {
	if err := stop(ctx, c); err != nil {
		return err
	}
	s, err := kardianos.New(nothing{}, &kardianos.Config{Name: c.Name})
	if err != nil {
		return err
	}
	return explain("uninstall", unlocked(ctx, s.Uninstall))
}

func start(ctx context.Context, c Config) error {
	h, close, err := open(&c, windows.SERVICE_START|windows.SERVICE_QUERY_STATUS)
	if err != nil {
		return explain("start", err)
	}
	defer close()
	log := tailFrom(c.Log)
	err = unlocked(ctx, func() error { return h.Start() })
	if err != nil && !errors.Is(err, windows.ERROR_SERVICE_ALREADY_RUNNING) {
		return explain("start", err)
	}
	begun := time.Now()
	look := func() (State, error) {
		s, err := h.Query()
		if err == nil && s.State == svc.Stopped && time.Since(begun) > pollTime {
			return Stopped, ended(&c, s, log)
		}
		return stateOf(s.State), err
	}
	return c.await(ctx, Running, startTime, look, func() string { return reason(&c, log) })
}

func stop(ctx context.Context, c Config) error {
	h, close, err := open(&c, windows.SERVICE_STOP|windows.SERVICE_QUERY_STATUS)
	if err != nil {
		return explain("stop", err)
	}
	defer close()
	log := tailFrom(c.Log)
	for begun := time.Now(); ; {
		_, err = h.Control(svc.Stop)
		// While it starts it cannot be stopped.
		if !errors.Is(err, windows.ERROR_SERVICE_CANNOT_ACCEPT_CTRL) || time.Since(begun) > startTime {
			break
		}
		if s, err := h.Query(); err != nil || s.State == svc.StopPending || s.State == svc.Stopped {
			break
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
	if errors.Is(err, windows.ERROR_SERVICE_NOT_ACTIVE) {
		return nil
	}
	if err != nil && !errors.Is(err, windows.ERROR_SERVICE_CANNOT_ACCEPT_CTRL) {
		return explain("stop", err)
	}
	look := func() (State, error) {
		s, err := h.Query()
		return stateOf(s.State), err
	}
	return c.await(ctx, Stopped, stopTime, look, func() string { return reason(&c, log) })
}

func restart(ctx context.Context, c Config) error {
	if err := stop(ctx, c); err != nil {
		return err
	}
	return start(ctx, c)
}

func query(_ context.Context, c Config) (State, error) {
	h, close, err := open(&c, windows.SERVICE_QUERY_STATUS)
	if errors.Is(err, ErrNotInstalled) {
		return NotInstalled, nil
	}
	if err != nil {
		return NotInstalled, explain("query", err)
	}
	defer close()
	s, err := h.Query()
	if err != nil {
		return NotInstalled, explain("query", err)
	}
	state := stateOf(s.State)
	if state == Stopped && s.Win32ExitCode != 0 && s.Win32ExitCode != uint32(windows.ERROR_SERVICE_NEVER_STARTED) {
		state = Failed
	}
	return state, nil
}

// open opens the service with no more rights than are needed: every user may
// ask for its state.
func open(c *Config, access uint32) (_ *mgr.Service, close func(), _ error) {
	m, err := windows.OpenSCManager(nil, nil, windows.SC_MANAGER_CONNECT)
	if err != nil {
		return nil, nil, err
	}
	name, err := windows.UTF16PtrFromString(c.Name)
	if err != nil {
		windows.CloseServiceHandle(m)
		return nil, nil, err
	}
	h, err := windows.OpenService(m, name, access)
	if err != nil {
		windows.CloseServiceHandle(m)
		if errors.Is(err, windows.ERROR_SERVICE_DOES_NOT_EXIST) {
			err = fmt.Errorf(`%w; "%s service install" does that, as an administrator`, ErrNotInstalled, c.Name)
		}
		return nil, nil, err
	}
	s := &mgr.Service{Name: c.Name, Handle: h}
	return s, func() {
		s.Close()
		windows.CloseServiceHandle(m)
	}, nil
}

func stateOf(s svc.State) State {
	switch s {
	case svc.Running, svc.Paused, svc.PausePending, svc.ContinuePending:
		return Running
	case svc.StartPending:
		return Starting
	case svc.StopPending:
		return Stopping
	}
	return Stopped
}

// ended says how the service ended.
func ended(c *Config, s svc.Status, log tail) error {
	code := s.Win32ExitCode
	if code == uint32(windows.ERROR_SERVICE_SPECIFIC_ERROR) {
		code = s.ServiceSpecificExitCode
	}
	return fmt.Errorf("the service ended at once, with code %d\n%s", code, reason(c, log))
}

// reason returns the last lines of the service's log, or where else to look: a
// service that cannot read its settings does not come as far as its log.
func reason(c *Config, log tail) string {
	if lines := log.String(); lines != "" {
		return "The last lines of " + c.Log + ":\n" + lines
	}
	return fmt.Sprintf("Windows' event log says why, under Application, source %s", c.Name)
}

// unlocked calls do again while the database of services is locked.
func unlocked(ctx context.Context, do func() error) error {
	for begun := time.Now(); ; {
		err := do()
		if !errors.Is(err, windows.ERROR_SERVICE_DATABASE_LOCKED) || time.Since(begun) > lockedTime {
			return err
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context) error {
	select {
	case <-time.After(pollTime):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// explain says for people what the service manager answered.
func explain(verb string, err error) error {
	var no syscall.Errno
	if err == nil || errors.Is(err, ErrNotInstalled) || !errors.As(err, &no) {
		return err
	}
	switch no {
	case windows.ERROR_ACCESS_DENIED:
		return fmt.Errorf(`to %s the service needs an administrator; open the Start menu, type "cmd", choose "Run as administrator", and run the same command there`, verb)
	case windows.ERROR_SERVICE_MARKED_FOR_DELETE:
		return errors.New("the service is still being removed by Windows; close the windows Services and Task Manager and try again")
	case windows.ERROR_SERVICE_DATABASE_LOCKED:
		return errors.New("the service manager of Windows is busy; wait a minute and try again")
	case windows.ERROR_FILE_NOT_FOUND, windows.ERROR_PATH_NOT_FOUND:
		return fmt.Errorf("the program of the service is not where it was; install the service again")
	case windows.ERROR_SERVICE_DISABLED:
		return errors.New(`the service is switched off in Windows; "service install" of this program switches it on`)
	case windows.ERROR_SERVICE_LOGON_FAILED:
		return errors.New(`the account of the service may not log on; the policy "Log on as a service" (secpol.msc, Local Policies, User Rights Assignment) must have NT SERVICE\ALL SERVICES`)
	case windows.ERROR_SERVICE_REQUEST_TIMEOUT:
		return errors.New("the program of the service did not answer Windows; a virus scanner may hold it up")
	}
	return fmt.Errorf("to %s the service: %w", verb, err)
}

// nothing is a program that is never run: we only install with the library.
type nothing struct{}

func (nothing) Start(kardianos.Service) error { return nil }
func (nothing) Stop(kardianos.Service) error  { return nil }

func (c *Config) warn(format string, args ...any) {
	if c.Warn != nil {
		c.Warn(fmt.Sprintf(format, args...))
	}
}
