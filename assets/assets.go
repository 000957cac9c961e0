// Package assets holds the pictures of Logboom, embedded.
package assets

import _ "embed"

// LogoSVG is the logo: a log boom, logs chained together across the water.
//
//go:embed logo.svg
var LogoSVG []byte
