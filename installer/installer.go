// Package installer holds what is installed beside the program and what the
// program needs to install itself.
package installer

import _ "embed"

// Unit is the systemd unit of the packages for Linux. Package service makes
// from it the unit of a server that did not come in a package, so that both
// run under the same limits.
//
//go:embed linux/logboom.service
var Unit string
