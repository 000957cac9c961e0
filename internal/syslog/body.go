package syslog

import "bytes"

// Body returns the text with the tag in front of it, where the tag stands right
// before it: on network equipment the tag is half of what is said. It is what
// people are shown of an alert. For
//
//	<187>643: *Jan  8 19:46:03.295: %LINK-3-UPDOWN: Interface Gi0/1, changed state to down
//
// that is "%LINK-3-UPDOWN: Interface Gi0/1, ...", and "sshd[71]: Accepted ..."
// of a host. Without such a tag, as in RFC 5424, it is [Message.Text].
func (m *Message) Body() []byte {
	app := m.Get(m.AppName)
	if len(app) == 0 || m.MessageAt > len(m.Raw) {
		return m.Text()
	}
	from := bytes.LastIndex(m.Raw[:m.MessageAt], app)
	if from < 0 {
		return m.Text()
	}
	if !endsTag(m.Raw[from+len(app) : m.MessageAt]) {
		return m.Text()
	}
	if from >= 4 && m.Raw[from-4] == '%' && m.Raw[from-3] == '%' { // "%%01IFNET/4/IF_STATE"
		from -= 4
	}
	return m.Raw[from:]
}

// endsTag says whether b is what may stand between a name and the text: "(l)",
// "[71]", a colon, blanks.
func endsTag(b []byte) bool {
	for i := 0; i < len(b); i++ {
		closing := byte(0)
		switch b[i] {
		case ' ', ':':
			continue
		case '[':
			closing = ']'
		case '(':
			closing = ')'
		default:
			return false
		}
		n := bytes.IndexByte(b[i:], closing)
		if n < 0 {
			return false
		}
		i += n
	}
	return true
}
