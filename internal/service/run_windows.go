package service

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/eventlog"
)

// Hints tell the service manager how long not to worry. They are longer than
// what they stand for takes; while it lasts, they are renewed.
const (
	startHint = 40 * time.Second
	stopHint  = 20 * time.Second
	beat      = 5 * time.Second
)

// runAs asks the service manager whether it has started us, which is surer than
// to guess, and else runs until Ctrl-C.
func runAs(c Config, run func(ctx context.Context, ready func()) error) error {
	h := &handler{name: c.Name, run: run}
	err := svc.Run(c.Name, h)
	if errors.Is(err, windows.ERROR_FAILED_SERVICE_CONTROLLER_CONNECT) { // started by hand
		// SIGTERM is the closed window, the end of the session, the shutdown.
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		context.AfterFunc(ctx, stop)
		return supervise(ctx, run, func() {})
	}
	if h.err != nil {
		return h.err
	}
	return err
}

// A handler runs the work for the service manager.
type handler struct {
	name string
	run  func(ctx context.Context, ready func()) error
	err  error // of run
}

// Execute implements svc.Handler. The service is said to run when its work is
// ready. Work that ends without being told to ends the service with exit code
// 1, for which the recovery actions start it again.
func (h *handler) Execute(_ []string, requests <-chan svc.ChangeRequest, status chan<- svc.Status) (bool, uint32) {
	const accepts = svc.AcceptStop | svc.AcceptShutdown | svc.AcceptPreShutdown
	now := svc.Status{State: svc.StartPending, WaitHint: milliseconds(startHint)}
	status <- now

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	started, done := make(chan struct{}), make(chan error, 1)
	go func() { // ends when the work does
		done <- supervise(ctx, h.run, func() { close(started) })
	}()
	pending := time.NewTicker(beat)
	defer pending.Stop()
	for {
		select {
		case <-started:
			started = nil
			if now.State == svc.StartPending {
				now = svc.Status{State: svc.Running, Accepts: accepts}
				status <- now
			}
		case h.err = <-done:
			if h.err == nil {
				return false, 0
			}
			report(h.name, h.err)
			return true, 1
		case <-pending.C:
			if now.State != svc.Running {
				now.CheckPoint++
				status <- now
			}
		case r := <-requests:
			switch r.Cmd {
			case svc.Interrogate:
				status <- now
			case svc.Stop, svc.Shutdown, svc.PreShutdown:
				if now.State != svc.StopPending {
					now = svc.Status{State: svc.StopPending, WaitHint: milliseconds(stopHint)}
				}
				status <- now
				cancel()
			}
		}
	}
}

func milliseconds(d time.Duration) uint32 { return uint32(d / time.Millisecond) }

// report writes why the service ended to the event log, where people look for
// it first. Event 1 of EventCreate shows the text as it is.
func report(name string, err error) {
	log, openErr := eventlog.Open(name)
	if openErr != nil {
		return
	}
	defer log.Close()
	log.Error(1, name+" ended: "+err.Error())
}

// Managed reports whether the process was started by systemd or by the service
// manager of Windows.
func Managed() bool {
	all, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return false
	}
	defer windows.CloseHandle(all)
	parents, names := make(map[uint32]uint32), make(map[uint32]string)
	p := windows.ProcessEntry32{Size: uint32(unsafe.Sizeof(windows.ProcessEntry32{}))}
	for err = windows.Process32First(all, &p); err == nil; err = windows.Process32Next(all, &p) {
		parents[p.ProcessID] = p.ParentProcessID
		names[p.ProcessID] = windows.UTF16ToString(p.ExeFile[:])
	}
	return strings.EqualFold(names[parents[windows.GetCurrentProcessId()]], "services.exe")
}
