package config

import (
	"fmt"
	"log/slog"
	"net/url"
	"strings"
)

// redacted stands for a secret wherever settings are shown.
const redacted = "••• set"

// A Secret is a text that is never shown: every way of printing it, in logs
// and in JSON too, gives a mark instead. string(s) is the plain text.
type Secret string

// String returns a mark, or nothing for an empty secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// Format prints the mark whatever the verb.
func (s Secret) Format(f fmt.State, verb rune) { formatRedacted(f, verb, s.String()) }

// LogValue is what log/slog shows.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is what JSON, TOML and XML show.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A URL is the text of a URL in which a password may stand. Printed, the
// password is a mark. string(u) is the plain text.
type URL string

// String returns the URL without its password.
func (u URL) String() string {
	if u == "" {
		return ""
	}
	p, err := url.Parse(string(u))
	if err != nil || p.Host == "" {
		return redacted
	}
	return p.Redacted()
}

// Format prints the URL without its password whatever the verb.
func (u URL) Format(f fmt.State, verb rune) { formatRedacted(f, verb, u.String()) }

// LogValue is what log/slog shows.
func (u URL) LogValue() slog.Value { return slog.StringValue(u.String()) }

// MarshalText is what JSON, TOML and XML show.
func (u URL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// A Header is a line "Name: value" of HTTP, whose value is never shown. string(h)
// is the plain text.
type Header string

// String returns the name with a mark for the value.
func (h Header) String() string {
	name, _, ok := strings.Cut(string(h), ":")
	if !ok {
		return Secret(h).String()
	}
	return name + ": " + redacted
}

// Format prints the name only, whatever the verb.
func (h Header) Format(f fmt.State, verb rune) { formatRedacted(f, verb, h.String()) }

// LogValue is what log/slog shows.
func (h Header) LogValue() slog.Value { return slog.StringValue(h.String()) }

// MarshalText is what JSON, TOML and XML show.
func (h Header) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

func formatRedacted(f fmt.State, verb rune, text string) {
	if verb == 'q' || verb == 'v' && f.Flag('#') {
		fmt.Fprintf(f, "%q", text)
		return
	}
	fmt.Fprint(f, text)
}
