// Package assets holds the pictures of Logboom, embedded. They are drawn in
// icons/*.svg; "make icons" makes the other formats of them.
package assets

import _ "embed"

// LogoSVG is the logo: a log boom, logs chained together across the water.
//
//go:embed icons/logboom.svg
var LogoSVG []byte

// The pictures of TrayIcon: each state has a shape of its own beside its
// colour.
const (
	Running     = "running"     // all is well
	Stopped     = "stopped"     // the service does not run
	Losing      = "losing"      // messages are being lost
	Incident    = "incident"    // an incident is open
	Unreachable = "unreachable" // nobody knows
)

// TrayIcon returns the picture of a state for the tray of this system: .ico on
// Windows, .png elsewhere; nil for a state that there is not.
func TrayIcon(state string) []byte {
	b, err := trayIcons.ReadFile("icons/" + state + trayFormat)
	if err != nil {
		return nil
	}
	return b
}
