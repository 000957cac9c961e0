package syslog

import "bytes"

// maxTag bounds the names of programs, in bytes. RFC 3164 has 32, but access
// points send longer ones.
const maxTag = 128

// The bytes at which reading a name stops or looks up.
const (
	kindBlank byte = 1 << iota
	kindColon
	kindBracket
	kindEquals
	kindQuote
	kindComma
)

var kinds = [256]byte{
	' ': kindBlank, '\t': kindBlank, '\n': kindBlank, '\r': kindBlank, ':': kindColon, '[': kindBracket,
	'=': kindEquals, '"': kindQuote, '{': kindQuote, '|': kindQuote, ',': kindComma,
}

// tag reads the program at i and the text behind it; without a program, the
// text begins at i. behindHost says that a host was read before. It always
// returns true.
func (r *reader) tag(i int, behindHost bool) bool {
	b, m := r.b, r.m
	for at(b, i) == ':' && (i+1 >= len(b) || b[i+1] == ' ') {
		i = skipSpaces(b, i+1)
	}
	m.MessageAt = i
	if i >= len(b) {
		return true
	}
	switch b[i] {
	case '%':
		r.mnemonic(i)
		return true
	case '!', '#':
		if at(b, i+1) == ' ' { // "! RUNNING", "# FAULT": an OLT of Huawei
			m.Format = Huawei
		}
		return true
	case '(':
		r.comware(i)
		return true
	case '[', '{', '"', '=', '<', '\'':
		return true
	}
	limit := min(len(b), i+maxTag)
	for n, c := range b[i:limit] {
		k := kinds[c]
		if k == 0 {
			continue
		}
		e := i + n
		switch k {
		case kindColon:
			if isCEF(b, i) {
				return r.cef(i)
			}
			if blankAt(b, e+1) || gluedColon(b, i, e) {
				return r.program(i, e, Span{}, e+1)
			}
		case kindBracket:
			if proc, next, ok := scanProc(b, e); ok && e > i {
				return r.program(i, e, proc, next)
			}
			return true
		case kindBlank:
			r.word(i, e, behindHost)
			return true
		case kindEquals, kindQuote:
			return true
		}
	}
	if limit == len(b) {
		r.word(i, len(b), behindHost)
	}
	return true
}

// program sets the program, from its name, and begins the text at next. It is
// no program if it has no letter or names a severity, and then text.
func (r *reader) program(from, to int, proc Span, next int) bool {
	m := r.m
	name := r.b[from:to]
	if !hasLetter(name) || proc == (Span{}) && isSeverityWord(name) {
		m.MessageAt = from
		return true
	}
	m.AppName, m.ProcID, m.MessageAt = span(from, to), proc, skipSpaces(r.b, next)
	if s := &r.p.st; r.stamped && m.Format == RFC3164 && s.year != 0 && isModule(name) {
		switch s.shape {
		case monthDay:
			m.Format = Huawei
		case yearLast:
			m.Format = H3C
		}
	}
	return true
}

// isModule says whether name is MODULE/4/BRIEF, as Huawei and H3C write it.
func isModule(name []byte) bool {
	n := bytes.IndexByte(name, '/')
	return n > 0 && n+2 < len(name) && isDigit(name[n+1]) && name[n+2] == '/'
}

// word reads the word from i to e, which no colon ends, and what follows it.
func (r *reader) word(i, e int, behindHost bool) {
	b, m := r.b, r.m
	next := skipSpaces(b, e)
	switch {
	case e == i+1 && b[i] == '-':
		m.MessageAt = next
	case at(b, next) == ':' && blankAt(b, next+1) && isName(b[i:e]): // "name : text"
		r.program(i, e, Span{}, next+1)
	case isEventID(b, i, e) && tagFollows(b, next): // ProCurve: "00076 ports: "
		m.MsgID = span(i, e)
		r.tag(next, behindHost)
	case r.isLevel(i, e) && (tagFollows(b, next) || !behindHost): // F5: "notice mcpd[7]: "
		if behindHost {
			r.tag(next, true)
		} else {
			r.host(next)
		}
	case behindHost && isAddress(b[i:e]) && tagFollows(b, next): // "relay address program: "
		r.tag(next, true)
	case r.topics(i):
	case behindHost && (isUpper(b[i]) || isDigit(b[i])) && r.comware(i):
	case behindHost && isProgram(b, i, e, next):
		m.AppName, m.MessageAt = span(i, e), next
	}
}

// isProgram guesses whether the word from i to e, with no colon behind it, is
// the name of a program: a common one, one with an underscore, or one that a
// bracket or a word with a colon inside follows.
func isProgram(b []byte, i, e, next int) bool {
	if !isLower(b[i]) {
		return false
	}
	underscore := false
	for _, c := range b[i:e] {
		if !isLower(c) && !isDigit(c) && c != '_' && c != '-' && c != '.' && c != '/' {
			return false
		}
		underscore = underscore || c == '_'
	}
	switch string(b[i:e]) {
	case "sudo", "su", "sshd", "login", "kernel", "cron", "crond", "syslog", "syslogd", "snmp", "snmpd", "ntpd", "dhcpd", "named", "httpd", "systemd", "root":
		return true
	}
	if c := at(b, next); underscore || c == '[' || c == '{' {
		return true
	}
	f := wordEnd(b, next)
	colon := bytes.IndexByte(b[next:f], ':')
	return f == len(b) && colon > 0 && colon < f-next-1 && isAlpha(b[next])
}

// comware looks for "%%" behind a host whose name has blanks ("3Com Baseline
// Switch") or a remark ("(Stack)") behind it, and reads the mnemonic there.
func (r *reader) comware(i int) bool {
	b, m := r.b, r.m
	n := bytes.Index(b[i:min(len(b), i+64)], []byte(" %%"))
	if n < 0 || !isDigit(at(b, i+n+3)) {
		return false
	}
	if !r.mnemonic(i + n + 1) {
		return false
	}
	if b[i] != '(' && m.Hostname.Len > 0 {
		m.Hostname = span(int(m.Hostname.Off), i+n)
	}
	return true
}

// scanProc reads "[71]" at i, what may be empty, and the colon behind it. A
// blank or a colon must follow.
func scanProc(b []byte, i int) (proc Span, next int, ok bool) {
	const longest = 64
	e := i + 1
	for e < len(b) && e-i <= longest && b[e] != ']' && b[e] != ' ' && b[e] != '[' {
		e++
	}
	if at(b, e) != ']' {
		return Span{}, i, false
	}
	if e > i+1 {
		proc = span(i+1, e)
	}
	e++
	if at(b, e) == ':' {
		return proc, e + 1, true
	}
	if at(b, e) == ' ' && at(b, e+1) == ':' && blankAt(b, e+2) {
		return proc, e + 2, true
	}
	return proc, e, blankAt(b, e)
}

// tagFollows says whether "name:" or "name[...]" stands at i.
func tagFollows(b []byte, i int) bool {
	for e := i; e < len(b) && e-i < maxTag; e++ {
		switch c := b[e]; {
		case c == ':':
			return e > i+1 && blankAt(b, e+1) && hasLetter(b[i:e])
		case c == '[':
			return e > i+1
		case c == '(' || c == ')' || isNameByte(c):
		default:
			return false
		}
	}
	return false
}

// blankAt says whether a blank or the end is at i.
func blankAt(b []byte, i int) bool {
	return i >= len(b) || b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r'
}

// gluedColon says whether the colon at e, with no blank behind it, ends the
// name that begins at i: "command-log:An alarm", "LINE/5/VTYUSERLOGIN:OID".
func gluedColon(b []byte, i, e int) bool {
	if e-i < 2 || e+1 >= len(b) {
		return false
	}
	slashes, digits := 0, 0
	for _, c := range b[i:e] {
		switch {
		case c == '/':
			slashes++
		case isDigit(c):
			digits++
		case !isAlpha(c) && c != '_' && c != '-' && c != '.':
			return false
		}
	}
	if slashes == 2 && digits > 0 && isAlpha(b[i]) {
		return true
	}
	return digits == 0 && isAlpha(b[e+1]) || mnemonicLength(b, i) == e-i
}

func isNameByte(c byte) bool {
	return isAlpha(c) || isDigit(c) || c == '_' || c == '-' || c == '.' || c == '/'
}

// isName says whether a word is made of letters, digits and "_-./" only, with
// a letter among them.
func isName(w []byte) bool {
	for _, c := range w {
		if !isNameByte(c) {
			return false
		}
	}
	return hasLetter(w)
}

func hasLetter(w []byte) bool {
	for _, c := range w {
		if isAlpha(c) || c >= 0x80 {
			return true
		}
	}
	return false
}

// isEventID says whether five digits stand from i to e: a ProCurve numbers its
// events so.
func isEventID(b []byte, i, e int) bool {
	return e-i == 5 && isDigit(b[i]) && isDigit(b[i+1]) && isDigit(b[i+2]) && isDigit(b[i+3]) && isDigit(b[i+4])
}

// isLevel says whether the word from i to e is a severity, in small letters, or
// facility.severity, as some put before the program.
func (r *reader) isLevel(i, e int) bool {
	w := r.b[i:e]
	if len(w) < 3 || len(w) > 16 || !isLower(w[0]) {
		return false
	}
	if dot := bytes.IndexByte(w, '.'); dot > 0 {
		return contains(facilityNames[:], w[:dot]) && contains(severityNames[:], w[dot+1:])
	}
	return contains(severityNames[:], w)
}

func contains(names []string, w []byte) bool {
	for _, n := range names {
		if string(w) == n {
			return true
		}
	}
	return false
}

// isSeverityWord says whether w is a severity in any spelling: what devices put
// before a text is then no program.
func isSeverityWord(w []byte) bool {
	var lower [13]byte
	if len(w) < 3 || len(w) > len(lower) {
		return false
	}
	for i, c := range w {
		lower[i] = c | 0x20
	}
	switch string(lower[:len(w)]) {
	case "emergency", "emerg", "emer", "panic", "fatal", "alert", "alrt", "critical", "crit", "major", "error", "err", "erro", "minor",
		"warning", "warn", "notification", "notice", "noti", "informational", "information", "info", "debug", "severity":
		return true
	}
	return false
}

// isAddress says whether w is an IPv4 or IPv6 address, judged by its bytes.
func isAddress(w []byte) bool {
	dots, colons, digits := 0, 0, 0
	for _, c := range w {
		switch {
		case c == '.':
			dots++
		case c == ':':
			colons++
		case isDigit(c):
			digits++
		case !isAlpha(c) || c|0x20 > 'f':
			return false
		}
	}
	return dots == 3 && digits >= 4 || colons >= 2
}

// looksLikeName says whether w, with a colon behind it where a host or a
// program may stand, is the name of a device: "OLT-NORTH".
func looksLikeName(w []byte) bool {
	upper, dash := false, false
	for _, c := range w {
		upper = upper || isUpper(c)
		dash = dash || c == '-'
	}
	return upper && dash
}

// unifiName returns the length of the name in "name,mac,version" from i to e,
// as access points and switches of UniFi call themselves; 0 if it is no such.
func unifiName(b []byte, i, e int) int {
	last := bytes.LastIndexByte(b[i:e], ',')
	if last < 12 || at(b, i+last+1) != 'v' || !isDigit(at(b, i+last+2)) {
		return 0
	}
	if name := bytes.IndexByte(b[i:e], ','); name > 0 && last-name == 13 {
		return name
	}
	return last
}
