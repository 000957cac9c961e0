// Package login says who may use the console, and for how long: users with a
// password and programs with a token, both kept in one file that only the
// server may read, and the sessions of those who have signed in.
//
// Passwords are kept as argon2id, tokens and sessions as SHA-256 of 32 random
// bytes: who reads the file or logboom.db can sign in with nothing of it. What
// an answer says, and how long it takes, does not tell whether a user exists.
//
// Sources: RFC 9106 (argon2), OWASP Password Storage and Session Management
// cheat sheets, RFC 8265 section 4.2 (passwords in Unicode), RFC 6750 (bearer
// tokens).
package login

import (
	"fmt"
	"strings"
)

// A Role is what somebody may do; each may do what those below it may.
type Role uint8

// The roles.
const (
	Public Role = iota // whoever asks
	Viewer             // reads
	Admin              // and changes what can be changed from the console
)

var roleNames = [...]string{"public", "viewer", "admin"}

func (r Role) String() string { return roleNames[r] }

// ParseRole reads the name of a role that can be given to somebody.
func ParseRole(s string) (Role, error) {
	switch strings.ToLower(s) {
	case "viewer":
		return Viewer, nil
	case "admin":
		return Admin, nil
	}
	return Public, fmt.Errorf("role %q: must be viewer, who reads, or admin, who also acknowledges, mutes and changes settings", s)
}

// MarshalText is for JSON.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText is for JSON.
func (r *Role) UnmarshalText(b []byte) (err error) {
	*r, err = ParseRole(string(b))
	return err
}

// A Person is who asks.
type Person struct {
	Name string // of the user or the token; "" = nobody in particular
	Role Role
	How  How

	key     [32]byte // of the session
	version string   // of the token
}

// A How is the way in which somebody has shown who they are.
type How string

// The ways.
const (
	Unknown   How = ""
	ByMachine How = "machine" // asks from this machine, where no password is needed
	BySession How = "session" // has signed in
	ByToken   How = "token"
)

// checkName says what is wrong with the name of a user or token.
func checkName(kind, name string) error {
	ok := name != "" && len(name) <= mostName
	for _, c := range []byte(name) {
		ok = ok && ('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("._-@", c) >= 0)
	}
	if !ok {
		return fmt.Errorf("%s %q: a name has 1 to %d letters, digits and . _ - @", kind, name, mostName)
	}
	return nil
}
