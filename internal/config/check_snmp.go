package config

import (
	"encoding/hex"
	"fmt"
	"strings"
)

var (
	snmpAuth = []string{"md5", "sha", "sha224", "sha256", "sha384", "sha512"}
	snmpPriv = []string{"des", "aes", "aes192", "aes256", "aes192c", "aes256c"}
)

func (c checker) snmp(s *SNMP) {
	pl := section("snmp")
	if !s.Enabled() {
		if s.Community != "" || s.User != "" || s.AuthPassword != "" || s.PrivPassword != "" {
			c.add(pl, "target", "", Problem{Want: `must name the management system, such as "10.0.0.5:162"`, Hint: "without it, nothing is sent", missing: true})
		}
		return
	}
	c.target(pl, "target", s.Target, "162")
	c.oneOf(pl, "send", s.Send, "trap", "inform")
	switch s.Version {
	case "2c":
		if s.Community == "" {
			c.add(pl, "community", "", Problem{Want: "must be given for version 2c", Hint: `the management system has it, often "public"`, missing: true})
		}
		c.mark(pl, "community", s.Community)
		if s.User != "" || s.AuthPassword != "" || s.PrivPassword != "" {
			c.add(pl, "version", "", Problem{Have: quote(s.Version), Want: "knows no users and passwords", Hint: `set version = "3"`})
		}
	case "3":
		c.snmp3(pl, s)
	default:
		p := Problem{Have: quote(s.Version), Want: `must be "2c" or "3"`}
		if v := strings.TrimLeft(strings.ToLower(s.Version), "v"); v == "2" || v == "2c" {
			p.Hint = `did you mean "2c"?`
		} else if v == "3" {
			p.Hint = `did you mean "3"?`
		}
		c.add(pl, "version", "", p)
	}
}

func (c checker) snmp3(pl place, s *SNMP) {
	if s.User == "" {
		c.add(pl, "user", "", Problem{Want: "must be given for version 3", missing: true})
	}
	c.mark(pl, "user", s.User)
	c.snmpPassword(pl, "auth", s.Auth, snmpAuth, s.AuthPassword)
	c.snmpPassword(pl, "priv", s.Priv, snmpPriv, s.PrivPassword)
	if s.Priv != "" && s.Auth == "" {
		c.add(pl, "auth", "", Problem{Want: "must be given, since there is priv: version 3 does not encrypt what it does not sign", Hint: `for example auth = "sha256"`, missing: true})
	}
	if s.EngineID != "" {
		b, err := hex.DecodeString(strings.TrimPrefix(strings.ToLower(s.EngineID), "0x"))
		if err != nil || len(b) < 5 || len(b) > 32 {
			c.add(pl, "engine_id", "", Problem{Have: quote(s.EngineID), Want: "must be 5 to 32 bytes in hexadecimal", Hint: `"" makes one of the name of this machine`})
		}
	}
}

// snmpPassword checks a way to protect and its password, which go together.
// RFC 3414 section 11.2 wants 8 characters.
func (c checker) snmpPassword(pl place, key, how string, known []string, password Secret) {
	const shortest = 8
	switch {
	case how == "" && password == "":
		return
	case how == "":
		c.add(pl, key, "", Problem{Want: fmt.Sprintf("must be given, since there is %s_password", key), Hint: fmt.Sprintf("for example %s = %q", key, map[string]string{"auth": "sha256", "priv": "aes"}[key]), missing: true})
	default:
		c.oneOf(pl, key, how, known...)
	}
	switch {
	case password == "":
		c.add(pl, key+"_password", "", Problem{Want: "must be given, since there is " + key, missing: true})
	case len(password) < shortest:
		c.add(pl, key+"_password", "", Problem{Have: password.String(), Want: fmt.Sprintf("must have at least %d characters", shortest)})
	}
	c.mark(pl, key+"_password", password)
}

// mark tells a secret that is only what is shown in place of one.
func (c checker) mark(pl place, key string, s Secret) {
	if string(s) == redacted {
		c.add(pl, key, "", Problem{Have: redacted, Want: "this is only the mark that is shown in place of a secret", Hint: "put the secret itself there"})
	}
}
