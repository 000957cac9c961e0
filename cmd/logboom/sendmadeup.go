package main

import "time"

// messages gives what is to be sent.
type messages interface {
	// next returns message number seq, from 1, of a device. It is valid until
	// the same slot, 0 to maxBurst-1, is asked for again.
	next(seq int64, device, slot int, now time.Time) []byte
	// count returns how many there are, for messages that end; else 1.
	count() int64
}

// fixed are messages sent as they are, over and over.
type fixed [][]byte

func (f fixed) next(seq int64, _, _ int, _ time.Time) []byte { return f[(seq-1)%int64(len(f))] }
func (f fixed) count() int64                                 { return int64(len(f)) }

// madeUpTemplates are the shapes in which devices of several kinds write. In
// them @T is the time, @D four digits of the device, # a digit that changes,
// and @S the sequence number. None says what an alert rule looks for.
var madeUpTemplates = []string{
	"<190>@T core-rtr-@D dhcpd: DHCPACK on 10.2#.1##.1## to 5c:cf:7f:##:##:## via vlan1## lease 3600 s @S",
	"<134>@T OLT-@D EPON: Onu 0/1/#:## c0:f6:ec:##:##:## signal level -2#.# dBm, distance 1### m, traffic 4### kB @S",
	"<189>###: sw-acc-@D: @T: %SYS-5-CONFIG_I: Configured from console by noc on vty0 (10.0.##.1##) @S",
	"<188>@T BRAS-@D %%01SHELL/5/CMDRECORD(l)[1##]:Recorded command information. (Task=vt0, Ip=10.0.1##.1##, User=noc, Command=\"display version\") @S",
	"<30>@T gw-@D firewall,info forward: in:ether1 out:ether2, proto TCP (ACK), 192.168.88.1##:4####->198.51.100.1##:443, len 1## @S",
	"<165>1 2026-11-22T14:30:0#.###Z edge-@D netconf 7### ID47 [origin ip=\"192.0.2.1##\" software=\"agent\"] session ### closed by client after ## s @S",
	"<46>@T srv-@D nginx: 198.51.100.1## GET /api/v2/customers/4### 200 1### 0.0## https \"Mozilla/5.0 (X11; Linux x86_64)\" upstream 10.3.1.1## @S",
	"<86>@T jump-@D sshd[2####]: Accepted publickey for noc from 10.0.##.1## port 5#### ssh2: ED25519 SHA256:x9J3kQmL0Zs @S",
}

// A template is a message with places to be filled in.
type template struct {
	text              []byte
	time, device, seq int // places; -1 = none
	digits            []int
	second            int64 // for which the time in text is
}

// madeUp makes messages without allocating: the templates are copied into a
// slot and the places overwritten.
type madeUp struct {
	templates []template
	slots     [maxBurst][]byte
}

func newMadeUp(tag string) *madeUp {
	m := &madeUp{}
	most := 0
	for _, text := range madeUpTemplates {
		t := compile(text)
		if tag != "" {
			t.text = append(t.text, " tag="+tag...)
		}
		most = max(most, len(t.text))
		m.templates = append(m.templates, t)
	}
	for i := range m.slots {
		m.slots[i] = make([]byte, most)
	}
	return m
}

func compile(text string) template {
	t := template{time: -1, device: -1, seq: -1, second: -1}
	marks := map[byte]struct {
		at     *int
		sample string
	}{'T': {&t.time, "Jan  1 00:00:00"}, 'D': {&t.device, "0000"}, 'S': {&t.seq, "seq=000000000000"}}
	for i := 0; i < len(text); i++ {
		if text[i] == '@' && i+1 < len(text) {
			if m, ok := marks[text[i+1]]; ok && *m.at < 0 {
				*m.at = len(t.text)
				t.text = append(t.text, m.sample...)
				i++
				continue
			}
		}
		if text[i] == '#' {
			t.digits = append(t.digits, len(t.text))
		}
		t.text = append(t.text, text[i])
	}
	return t
}

func (m *madeUp) count() int64 { return 1 }

func (m *madeUp) next(seq int64, device, slot int, now time.Time) []byte {
	t := &m.templates[(device+int(seq/64))%len(m.templates)]
	if s := now.Unix(); t.time >= 0 && s != t.second {
		now.AppendFormat(t.text[t.time:t.time:t.time+15], time.Stamp)
		t.second = s
	}
	b := m.slots[slot][:copy(m.slots[slot], t.text)]
	if t.device >= 0 {
		number(b[t.device:t.device+4], int64(device+1))
	}
	number(b[t.seq+4:t.seq+16], seq)
	x := uint64(seq) * 0x9e3779b97f4a7c15
	for _, i := range t.digits {
		x ^= x >> 12
		x ^= x << 25
		x ^= x >> 27
		b[i] = '0' + byte((x>>32)*10>>32)
	}
	return b
}

// number writes the last digits of n over all of b.
func number(b []byte, n int64) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = '0' + byte(n%10)
		n /= 10
	}
}
