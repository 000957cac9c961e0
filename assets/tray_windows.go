package assets

import "embed"

const trayFormat = ".ico"

//go:embed icons/running.ico icons/stopped.ico icons/losing.ico icons/incident.ico icons/unreachable.ico
var trayIcons embed.FS
