//go:build !windows

package assets

import "embed"

const trayFormat = ".png"

//go:embed icons/running.png icons/stopped.png icons/losing.png icons/incident.png icons/unreachable.png
var trayIcons embed.FS
