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
	from := m.NameAt()
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

// NameAt returns where in the header the name of the application stands last, -1
// if it does not: a name that was read from a column of its own may lie behind
// the text.
func (m *Message) NameAt() int {
	app, header := m.Get(m.AppName), m.Raw[:m.MessageAt]
	if len(app) == 0 {
		return -1
	}
	from := int(m.AppName.Off)
	if from+len(app) > len(header) {
		return bytes.LastIndex(header, app)
	}
	rest := header[from+1:]
	// As a rule the header ends soon after the name, without its first letter.
	i := bytes.LastIndexByte(rest[:max(0, len(rest)-len(app)+1)], app[0])
	if i < 0 {
		return from
	}
	if i = bytes.LastIndex(rest[:i+len(app)], app); i < 0 {
		return from
	}
	return from + 1 + i
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
