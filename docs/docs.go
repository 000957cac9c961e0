// Package docs holds the pages for users, and gives the console the one that it
// shows a part of.
package docs

import _ "embed"

// Devices is the page on how to point equipment here.
//
//go:embed devices.md
var Devices string
