//go:build linux || windows

// Command logboom-tray shows an icon next to the clock; see [tray.Main].
package main

import (
	"os"

	"github.com/logboom/logboom/internal/tray"
)

var version = "dev" // set by the linker

func main() { os.Exit(tray.Main(version, os.Args[1:])) }
