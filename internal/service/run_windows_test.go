package service

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/windows/svc"
)

// execute runs a handler as the service manager would, and returns the states
// that it told. stop is when it is told to stop, by command; 0 = not.
func execute(t *testing.T, run func(ctx context.Context, ready func()) error, command svc.Cmd, stop time.Duration) (states []svc.Status, specific bool, code uint32, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := &handler{name: "logboom-test", run: run}
		requests, status, done := make(chan svc.ChangeRequest), make(chan svc.Status), make(chan struct{})
		go func() {
			specific, code = h.Execute(nil, requests, status)
			close(done)
		}()
		var told <-chan time.Time
		if stop > 0 {
			told = time.After(stop)
		}
		for {
			select {
			case s := <-status:
				states = append(states, s)
			case <-told:
				requests <- svc.ChangeRequest{Cmd: command}
			case <-done:
				err = h.err
				return
			}
		}
	})
	return
}

func TestHandlerIsToldToStop(t *testing.T) {
	for _, command := range []svc.Cmd{svc.Stop, svc.Shutdown, svc.PreShutdown} {
		states, _, code, err := execute(t, func(ctx context.Context, ready func()) error {
			time.Sleep(time.Second)
			ready()
			<-ctx.Done()
			time.Sleep(time.Second)
			return nil
		}, command, time.Minute)
		if err != nil || code != 0 {
			t.Errorf("command %d: ended with code %d, %v", command, code, err)
		}
		if len(states) != 3 || states[0].State != svc.StartPending || states[1].State != svc.Running || states[2].State != svc.StopPending {
			t.Fatalf("command %d: told %+v", command, states)
		}
		if states[0].WaitHint == 0 || states[2].WaitHint == 0 {
			t.Errorf("command %d: no hint how long it takes: %+v", command, states)
		}
		if want := svc.AcceptStop | svc.AcceptShutdown | svc.AcceptPreShutdown; states[1].Accepts != want {
			t.Errorf("command %d: accepts %v, want %v", command, states[1].Accepts, want)
		}
	}
}

func TestHandlerFails(t *testing.T) {
	boom := errors.New("boom")
	tests := []struct {
		name string
		run  func(ctx context.Context, ready func()) error
		want error
		ran  bool
	}{
		{"at the start", func(context.Context, func()) error { return boom }, boom, false},
		{"later", func(_ context.Context, ready func()) error { ready(); time.Sleep(time.Second); return boom }, boom, true},
		{"by ending", func(_ context.Context, ready func()) error { ready(); time.Sleep(time.Second); return nil }, errEnded, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			states, specific, code, err := execute(t, tt.run, 0, 0)
			if !errors.Is(err, tt.want) || !specific || code != 1 {
				t.Errorf("ended with code %d (specific %v), %v; want 1 and %v", code, specific, err, tt.want)
			}
			if ran := states[len(states)-1].State == svc.Running; ran != tt.ran {
				t.Errorf("told %+v", states)
			}
		})
	}
}

func TestHandlerThatTakesLongSaysThatItGoesOn(t *testing.T) {
	states, _, _, _ := execute(t, func(ctx context.Context, ready func()) error {
		time.Sleep(12 * time.Second)
		ready()
		<-ctx.Done()
		return nil
	}, svc.Stop, time.Minute)
	if len(states) != 5 || states[1].CheckPoint != 1 || states[2].CheckPoint != 2 || states[3].State != svc.Running {
		t.Errorf("told %+v", states)
	}
}

// A SID that Windows itself has: that of the account of the service
// TrustedInstaller.
func TestServiceSID(t *testing.T) {
	if got, want := serviceSID("TrustedInstaller"), "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"; got != want {
		t.Errorf("serviceSID = %s, want %s", got, want)
	}
}
