package service

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"
)

// Run runs a program's work: as a service under systemd or the service manager
// of Windows, or by hand until Ctrl-C. It finds out by itself which.
//
// run blocks. Its context ends when the service is to stop, and it then ends
// what it has in hand and returns. It calls ready, once or more, when it does
// its work: the start of the service has worked then; without, it is taken to
// have after [readyTime]. Run returns the error of run, or one of its own if
// run returned before it was told to. The process must then end with an exit
// code other than 0, so that it is started again.
func Run(c Config, run func(ctx context.Context, ready func()) error) error {
	return runAs(c, run)
}

var errEnded = errors.New("the service ended without being told to")

// supervise calls run and sees to it that started is called once, and that
// an end too early is an error.
func supervise(ctx context.Context, run func(ctx context.Context, ready func()) error, started func()) error {
	ready := sync.OnceFunc(started)
	timer := time.AfterFunc(readyTime, ready)
	defer timer.Stop()
	err := run(ctx, ready)
	if ctx.Err() == nil {
		err = cmp.Or(err, errEnded)
	}
	return err
}
