//go:build !linux && !windows

package service

import (
	"context"
	"errors"
)

var errSystem = errors.New(`only systemd and the service manager of Windows are known here; let yours start "run" of this program`)

func install(context.Context, Config) error        { return errSystem }
func uninstall(context.Context, Config) error      { return errSystem }
func start(context.Context, Config) error          { return errSystem }
func restart(context.Context, Config) error        { return errSystem }
func stop(context.Context, Config) error           { return errSystem }
func query(context.Context, Config) (State, error) { return NotInstalled, errSystem }
