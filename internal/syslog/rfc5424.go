package syslog

import (
	"bytes"
	"strings"
)

// structured reads a message of RFC 5424 from its version at i on, and the
// epoch form of Meraki, which looks like it. It returns false for all others.
func (r *reader) structured(i int) bool {
	b, m := r.b, r.m
	version := i
	for i < len(b) && i-version < 3 && isDigit(b[i]) {
		i++
	}
	if i == len(b) {
		return r.pri && i-version == 1 && b[version] == '1' && r.empty(RFC5424)
	}
	if b[i] != ' ' {
		return false
	}
	one := i-version == 1 && b[version] == '1'
	i++
	switch c := at(b, i); {
	case i >= len(b):
		return r.pri && one && r.empty(RFC5424)
	case c == '-' && (i+1 == len(b) || b[i+1] == ' '):
		if !r.pri {
			return false
		}
		i++
	case isDigit(c) && at(b, i+4) == '-' && isDigit(at(b, i+1)):
		if !r.pri && !one {
			return false
		}
		st := &r.p.st
		if (st.common(b, i) || st.iso(b, i)) && st.shape == isoT && (st.end == len(b) || b[st.end] == ' ') {
			m.SentAt = r.p.clock.resolve(st, b)
			i = st.end
		} else {
			i = wordEnd(b, i)
		}
	case one && isDigit(c):
		return r.epoch(i)
	default:
		return false
	}
	m.Format = RFC5424
	if i < len(b) && b[i] == ' ' {
		i++
	}
	r.fields(i, false)
	return true
}

// empty ends the reading of a message that has no text.
func (r *reader) empty(f Format) bool {
	r.m.Format, r.m.MessageAt = f, len(r.b)
	return true
}

// field reads one field of the header of RFC 5424 at i: it ends with a space,
// and "-" stands for an absent one. next is behind the space.
func (r *reader) field(i int) (s Span, next int) {
	b := r.b
	e := len(b)
	if n := bytes.IndexByte(b[i:], ' '); n >= 0 {
		e = i + n
	}
	if e > i && !(e == i+1 && b[i] == '-') {
		s = span(i, e)
	}
	return s, min(e+1, len(b))
}

// fields reads host, program, process, message id, structured data and text.
// A header that ends early is one without the rest. If what stands in the
// place of the structured data is none, the sender left fields out, and the
// text begins behind the program; if strict, nothing is read then.
func (r *reader) fields(i int, strict bool) bool {
	b, m := r.b, r.m
	host, i := r.field(i)
	afterHost := i
	app, i := r.field(i)
	afterApp := i
	proc, i := r.field(i)
	id, i := r.field(i)
	sd, text, ok := scanSD(b, i)
	if strict && (!ok || i >= len(b) || b[i] == ' ') {
		return false
	}
	m.Hostname = host
	switch {
	case isCEF(b, afterHost):
		m.Format = CEF
		m.AppName, m.MessageAt = span(afterHost, afterHost+cefName(b, afterHost)), afterHost
	case (ok || b[i] == '[') && !(proc != (Span{}) && r.endsWithColon(app)):
		m.AppName, m.ProcID, m.MsgID, m.StructuredData = app, proc, id, sd
		m.MessageAt = skipBOM(b, text)
	default:
		if !r.tag(afterHost, true) || m.AppName == (Span{}) {
			m.AppName, m.ProcID, m.MessageAt = app, Span{}, skipSpaces(b, afterApp)
		}
		m.Format = RFC5424
	}
	return true
}

// endsWithColon says whether s has a colon at its end: the sender put the tag of
// RFC 3164 behind the header of RFC 5424.
func (r *reader) endsWithColon(s Span) bool {
	return s.Len > 0 && r.b[s.Off+s.Len-1] == ':'
}

// scanSD reads the structured data at i and the space behind it; text is the
// place behind both. ok is false if there is none. RFC 5424 section 6.3,
// without its limits on names, and with blanks around "=" (rsyslog, Check
// Point): an element ends with the first "]" outside quotes.
func scanSD(b []byte, i int) (sd Span, text int, ok bool) {
	if i >= len(b) {
		return Span{}, i, true
	}
	e := i
	switch b[i] {
	case '-':
		e++
	case '[':
		for e < len(b) && b[e] == '[' {
			n := scanSDElement(b, e)
			if n == 0 {
				break
			}
			e += n
		}
		if e == i {
			return Span{}, i, false
		}
		sd = span(i, e)
	default:
		return Span{}, i + 1, b[i] == ' '
	}
	if e < len(b) {
		if b[e] != ' ' {
			if sd == (Span{}) {
				return Span{}, i, false
			}
			return sd, e, true
		}
		e++
	}
	return sd, e, true
}

// scanSDElement returns the length of the element "[...]" at i, 0 if it is none.
func scanSDElement(b []byte, i int) int {
	if c := at(b, i+1); c == ' ' || c == ']' || c == '"' || c == '=' || c == 0 {
		return 0
	}
	quoted := false
	for e := i + 1; e < len(b); e++ {
		c := b[e]
		if c > ']' || c == ' ' || isDigit(c) { // most of it
			continue
		}
		switch c {
		case '\\':
			if quoted {
				e++
			}
		case '"':
			if !quoted && b[e-1] != '=' && !equalsBefore(b[i:e]) { // name:"value" of Check Point is text
				return 0
			}
			quoted = !quoted
		case ']':
			if !quoted {
				return e + 1 - i
			}
		}
	}
	return 0
}

// equalsBefore says whether b ends with "=" and blanks.
func equalsBefore(b []byte) bool {
	b = bytes.TrimRight(b, " ")
	return len(b) > 0 && b[len(b)-1] == '='
}

// ParseStructuredData reads structured data as [Message.StructuredData] spans
// it into element -> parameter -> value, with the escapes resolved. Elements
// of one name are merged, and the last of two parameters of one name counts.
// It returns nil for none, and of broken data what can be read.
func ParseStructuredData(sd []byte) map[string]map[string]string {
	var all map[string]map[string]string
	for i := 0; i < len(sd) && sd[i] == '['; {
		n := scanSDElement(sd, i)
		if n == 0 {
			break
		}
		id, params := parseSDElement(sd[i+1 : i+n-1])
		if all == nil {
			all = make(map[string]map[string]string)
		}
		if all[id] == nil {
			all[id] = params
		} else {
			for k, v := range params {
				all[id][k] = v
			}
		}
		i += n
	}
	return all
}

// parseSDElement reads what stands between the brackets: a name, then
// parameters. Where the name is missing, "[a=b c=d]", it is "".
func parseSDElement(b []byte) (id string, params map[string]string) {
	params = make(map[string]string)
	i := 0
	for i < len(b) && b[i] != ' ' && b[i] != '=' {
		i++
	}
	if at(b, i) == '=' {
		i = 0
	} else {
		id = string(b[:i])
	}
	for i < len(b) {
		for i < len(b) && (b[i] == ' ' || b[i] == ';' || b[i] == ',') {
			i++
		}
		name := i
		for i < len(b) && b[i] != '=' && b[i] != ' ' {
			i++
		}
		key := string(b[name:i])
		i = skipSpaces(b, i)
		if key == "" && at(b, i) != '=' {
			break
		}
		if at(b, i) != '=' {
			params[key] = ""
			continue
		}
		i = skipSpaces(b, i+1)
		var value string
		value, i = parseSDValue(b, i)
		params[key] = value
	}
	return id, params
}

// parseSDValue reads a value in quotes or a bare word at i.
func parseSDValue(b []byte, i int) (value string, next int) {
	if at(b, i) != '"' {
		e := i
		for e < len(b) && b[e] != ' ' {
			e++
		}
		return string(b[i:e]), e
	}
	var s strings.Builder
	for i++; i < len(b) && b[i] != '"'; i++ {
		if b[i] == '\\' && i+1 < len(b) && (b[i+1] == '"' || b[i+1] == '\\' || b[i+1] == ']') {
			i++
		}
		s.WriteByte(b[i])
	}
	return s.String(), min(i+1, len(b))
}
