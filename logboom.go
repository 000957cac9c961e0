// Package logboom is a syslog server for people who run networks. The program
// is cmd/logboom, its parts are below internal; see ARCHITECTURE.md.
//
// The root holds only what can be embedded from nowhere else.
package logboom

import _ "embed"

// ConfigTOML is the shipped config.toml: every key, its default and a sentence.
//
//go:embed config.toml
var ConfigTOML []byte
