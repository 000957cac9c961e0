package config

import (
	"fmt"
	"net/netip"
	"strings"
)

// maxNames bounds console.names.
const maxNames = 50

// console checks where the console is. Whether somebody can sign in, which an
// address beyond loopback needs, stands in the data directory and is seen when
// the server starts.
func (c checker) console(s *Console) {
	pl := section("console")
	if s.Listen != "" {
		if _, p := parseListen(s.Listen); p != nil {
			if strings.HasPrefix(p.Want, "must be host:port") {
				p.Want = `must be an address with a port, such as "127.0.0.1:8514", or ":8514" for everybody`
				p.Hint = strings.ReplaceAll(p.Hint, `":`, `"127.0.0.1:`)
			}
			c.add(pl, "listen", "", *p)
		}
	}
	if len(s.Names) > maxNames {
		c.add(pl, "names", "", Problem{Have: fmt.Sprintf("%d names", len(s.Names)), Want: fmt.Sprintf("must be at most %d", maxNames)})
	} else {
		for i, name := range s.Names {
			if !isHostName(name) {
				c.add(pl, "names", fmt.Sprintf("#%d", i+1), Problem{
					Have: quote(name), Want: `must be a name or an address alone, such as "logs.example.net"`, Hint: "without https://, port and path; a * is no name",
				})
			}
		}
	}
	for _, f := range []struct{ key, path, other, otherPath string }{
		{"tls_cert", s.TLSCert, "tls_key", s.TLSKey}, {"tls_key", s.TLSKey, "tls_cert", s.TLSCert},
	} {
		c.path(pl, f.key, f.path)
		if f.path == "" && f.otherPath != "" {
			c.add(pl, f.key, "", Problem{Want: fmt.Sprintf("must name a PEM file, since console.%s is set", f.other), missing: true})
		}
	}
}

// isHostName reports whether a browser may have s as the host of an address.
func isHostName(s string) bool {
	if a, err := netip.ParseAddr(s); err == nil {
		return a.Zone() == ""
	}
	for label := range strings.SplitSeq(s, ".") {
		ok := label != "" && len(label) <= 63 && label[0] != '-'
		for _, r := range label {
			ok = ok && ('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_')
		}
		if !ok {
			return false
		}
	}
	return len(s) <= 253
}
