package query

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/logboom/logboom/internal/syslog"
)

// fieldNames are the fields there are, in the order in which people are told.
var fieldNames = []string{"device", "name", "site", "app", "host", "facility", "severity", "port"}

// otherNames are what other products call our fields.
var otherNames = map[string]string{
	"addr": "device", "address": "device", "from": "device", "fromhost": "device", "ip": "device", "source": "device", "src": "device",
	"hostname": "host", "sysname": "host",
	"appname": "app", "application": "app", "ident": "app", "process": "app", "program": "app", "tag": "app",
	"interface": "port", "if": "port", "ifname": "port", "pon": "port",
	"level": "severity", "sev": "severity", "prio": "severity", "priority": "severity",
	"location": "site", "group": "site",
}

// valueAt returns the place of the value of the field t.
func (p *parser) valueAt(t token) (off, length int) {
	off = t.off + len(t.name) + 1
	return off, t.len - len(t.name) - 1
}

func (p *parser) field(t token) (node, *Error) {
	if !slices.Contains(fieldNames, t.name) {
		hint := fmt.Sprintf("for the text itself write %s", quote(p.text[t.off:t.off+t.len]))
		if near := nearest(t.name); near != "" {
			hint = fmt.Sprintf("did you mean %s:? For the text itself write %s", near, quote(p.text[t.off:t.off+t.len]))
		}
		return nil, p.fail(t.off, len(t.name), hint, "there is no field %q; the fields are %s", t.name, strings.Join(fieldNames, ", "))
	}
	off, length := p.valueAt(t)
	if t.value == "" && (!t.quoted || t.name == "facility" || t.name == "severity" || t.name == "port") {
		return nil, p.fail(t.off, t.len, "", "%s: needs a value, as in %s", t.name, examples[t.name])
	}
	source := t.name + ":" + fieldValue(t.name, t.value)
	value, star := strings.CutSuffix(t.value, "*")
	text := text{newNeedle(value), star}
	switch t.name {
	case "app":
		return column{source, "app_name", text, func(m *syslog.Message) []byte { return m.Get(m.AppName) }}, nil
	case "host":
		return column{source, "hostname", text, func(m *syslog.Message) []byte { return m.Get(m.Hostname) }}, nil
	case "name":
		return called{source, text, func(name, _ string) string { return name }}, nil
	case "site":
		return called{source, text, func(_, site string) string { return site }}, nil
	case "port":
		if value == "" {
			return nil, p.fail(off, length, "", "port: needs a value, as in %s", examples["port"])
		}
		return newPort(source, value, star), nil
	case "severity":
		set, ok := severities(t.value)
		if !ok {
			return nil, p.fail(off, length, "severity:err is that one, severity:err+ is that and worse",
				"there is no severity %q; expected emerg, alert, crit, err, warning, notice, info, debug or 0 to 7", t.value)
		}
		return number{source, "severity", set, func(m *syslog.Message) uint8 { return m.Severity }}, nil
	case "facility":
		set, ok := facilities(value, star)
		if !ok {
			return nil, p.fail(off, length, "", "there is no facility %q; expected kern, user, mail, daemon, auth, …, local0 to local7 or 0 to 23", t.value)
		}
		return number{source, "facility", set, func(m *syslog.Message) uint8 { return m.Facility }}, nil
	}
	n, err := newDevice(source, value, star)
	if err != nil {
		return nil, p.fail(off, length, "write device:10.0.0.1, device:10.0.0.0/24 or device:10.0.0.*", "%v", err)
	}
	return n, nil
}

// examples are shown where a field lacks its value.
var examples = map[string]string{
	"device": "device:10.0.0.1", "name": `name:"OLT North"`, "site": "site:North", "app": "app:sshd", "host": "host:sw-*",
	"facility": "facility:local7", "severity": "severity:err+", "port": "port:0/1/2",
}

// severities returns the set of severities that s stands for, one bit each.
func severities(s string) (uint32, bool) {
	s, worse := strings.CutSuffix(s, "+")
	n, ok := syslog.ParseSeverity(s)
	if !ok {
		return 0, false
	}
	if worse {
		return 1<<(n+1) - 1, true
	}
	return 1 << n, true
}

// facilities returns the set of facilities that s stands for, or whose names
// begin with s, one bit each.
func facilities(s string, star bool) (uint32, bool) {
	if !star {
		n, ok := syslog.ParseFacility(s)
		return 1 << n, ok
	}
	var set uint32
	for n := range uint8(24) {
		if strings.HasPrefix(syslog.FacilityName(n), strings.ToLower(s)) {
			set |= 1 << n
		}
	}
	return set, set != 0
}

// newDevice makes the node of device:value. A value that is no address, no
// range of addresses and no beginning of one is the name of a device.
func newDevice(source, value string, star bool) (node, error) {
	n := device{source: source, text: text{newNeedle(value), star}}
	if star {
		return n, nil
	}
	if strings.Contains(value, "/") {
		if prefix, err := netip.ParsePrefix(value); err == nil {
			n.prefix = prefix.Masked()
			return n, nil
		} else if strings.Trim(value, "0123456789./") == "" {
			return nil, fmt.Errorf("%q is not a range of addresses", value)
		}
	}
	if addr, err := netip.ParseAddr(value); err == nil {
		addr = addr.Unmap().WithZone("")
		n.prefix = netip.PrefixFrom(addr, addr.BitLen())
	} else if value != "" && strings.Contains(value, ".") && strings.Trim(value, "0123456789.") == "" {
		return nil, fmt.Errorf("%q is not an address", value)
	}
	return n, nil
}

// nearest returns the field that a person may have meant by name; "" if none.
func nearest(name string) string {
	if s, ok := otherNames[name]; ok {
		return s
	}
	best, most := "", 2
	for _, s := range fieldNames {
		if n := distance(name, s); n <= most && n < len(s)-1 {
			best, most = s, n-1
		}
	}
	return best
}

// distance counts the letters to add, leave out or change to make b from a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := corner
			if a[i] != b[j] {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, row[j]+1, corner+1)
		}
	}
	return row[len(b)]
}
