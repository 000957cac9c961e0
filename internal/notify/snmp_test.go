package notify

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gosnmp/gosnmp"

	"github.com/logboom/logboom/internal/alert"
)

// testCommunity must not be in any text that people see.
const testCommunity = "community_secret_marker"

// A manager takes notifications of version 2c as a management system does.
type manager struct {
	t      *testing.T
	conn   net.PacketConn
	answer func(p *gosnmp.SnmpPacket) bool // changes the answer to an inform; false = there is none
	mu     sync.Mutex
	got    []*gosnmp.SnmpPacket
	came   chan struct{}
}

func newManager(t *testing.T, answer func(p *gosnmp.SnmpPacket) bool) *manager {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &manager{t: t, conn: conn, answer: answer, came: make(chan struct{}, 99)}
	done := make(chan struct{})
	go func() { defer close(done); m.run() }() // ends when the socket closes
	t.Cleanup(func() { conn.Close(); <-done })
	return m
}

func (m *manager) run() {
	decoder := &gosnmp.GoSNMP{Version: gosnmp.Version2c, Logger: gosnmp.NewLogger(log.New(io.Discard, "", 0))}
	b := make([]byte, 64<<10)
	for {
		n, from, err := m.conn.ReadFrom(b)
		if err != nil {
			return
		}
		if n > 1472 { // of a frame of Ethernet
			m.t.Errorf("a datagram of %d bytes would be sent in fragments", n)
		}
		p, err := decoder.UnmarshalTrap(bytes.Clone(b[:n]), false) // it keeps parts of it
		if err != nil || p.Community != testCommunity {
			m.t.Errorf("datagram %x: %v", b[:n], err)
			continue
		}
		kept := *p
		again := slices.ContainsFunc(m.received(), func(q *gosnmp.SnmpPacket) bool { return q.RequestID == p.RequestID })
		if !again {
			m.mu.Lock()
			m.got = append(m.got, &kept)
			m.mu.Unlock()
		}
		select {
		case m.came <- struct{}{}:
		default:
		}
		if p.PDUType != gosnmp.InformRequest || m.answer != nil && !m.answer(p) {
			continue
		}
		p.PDUType = gosnmp.GetResponse
		if out, err := p.MarshalMsg(); err == nil {
			m.conn.WriteTo(out, from)
		}
	}
}

func (m *manager) received() []*gosnmp.SnmpPacket {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.got)
}

// values returns the objects of a notification by OID.
func values(p *gosnmp.SnmpPacket) map[string]any {
	all := map[string]any{}
	for _, v := range p.Variables {
		value := v.Value
		if b, ok := value.([]byte); ok {
			value = string(b)
		}
		all[v.Name] = value
	}
	return all
}

func (m *manager) told() (texts []string) {
	for _, p := range m.received() {
		var all []string
		for _, v := range p.Variables {
			text := fmt.Sprint(v.Value)
			if b, ok := v.Value.([]byte); ok {
				if text = string(b); !utf8.ValidString(text) {
					m.t.Errorf("%s is %q", v.Name, text)
				}
			}
			if v.Name != oidUpTime {
				all = append(all, text)
			}
		}
		texts = append(texts, strings.Join(all, "\n"))
	}
	return texts
}

func newTestSNMP(t *testing.T, target string, change func(o *SNMPOptions)) *SNMP {
	t.Helper()
	o := SNMPOptions{Target: target, Community: testCommunity, Inform: true, timeout: time.Second}
	if change != nil {
		change(&o)
	}
	s, err := NewSNMP(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// By informs, since nobody answers a trap.
func TestSNMPIsANotifier(t *testing.T) {
	testNotifier(t, func(t *testing.T, answer string) world {
		if answer == "busy" || answer == "forbidden" {
			return world{} // version 2c cannot say it
		}
		m := newManager(t, func(p *gosnmp.SnmpPacket) bool {
			if answer == "refused" {
				p.Error = gosnmp.TooBig
			}
			return answer != "down" && answer != "hang"
		})
		if answer == "gone" {
			m.conn.Close()
		}
		var log bytes.Buffer
		s := newTestSNMP(t, m.conn.LocalAddr().String(), func(o *SNMPOptions) {
			o.Log = slog.New(slog.NewTextHandler(&log, nil))
			if answer == "down" || answer == "hang" || answer == "gone" {
				o.timeout = 20 * time.Millisecond
			}
		})
		return world{notifier: s, told: m.told, arrived: m.came, secrets: []string{testCommunity}, log: &log}
	})
}

func TestSNMPObjects(t *testing.T) {
	m := newManager(t, nil)
	cleared := note(2)
	cleared.Notice.Kind = alert.KindClear
	more := note(3)
	more.Notice.Kind = alert.KindMore
	tests := []struct {
		name       string
		notes      []alert.Note
		oid        string
		state      int
		severity   int
		count      uint
		title, own string
	}{
		{"alert", []alert.Note{note(1)}, oidAlert, 1, 3, 17, "PON deregister: OLT North (192.0.2.1), Dhaka", "192.0.2.1"},
		{"more", []alert.Note{more}, oidAlert, 2, 3, 17, "PON deregister, 17 more: OLT North (192.0.2.1), Dhaka", "192.0.2.1"},
		{"clear", []alert.Note{cleared}, oidClear, 3, 3, 17, "PON deregister is over: OLT North (192.0.2.1), Dhaka", "192.0.2.1"},
		{"digest", []alert.Note{note(1), note(2)}, oidDigest, 4, 3, 2, "2 alerts: PON deregister × OLT North 192.0.2.1", ""},
	}
	s := newTestSNMP(t, m.conn.LocalAddr().String(), nil)
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, _, err := s.Send(t.Context(), tt.notes); err != nil {
				t.Fatal(err)
			}
			p := m.received()[i]
			v := values(p)
			if p.Variables[0].Name != oidUpTime || p.Variables[1].Name != oidTrapOID || v[oidTrapOID] != tt.oid {
				t.Errorf("begins with %v, %v = %v, want %s", p.Variables[0].Name, p.Variables[1].Name, v[oidTrapOID], tt.oid)
			}
			if v[oidState] != tt.state || v[oidSeverity] != tt.severity || v[oidCount] != tt.count || v[oidTitle] != tt.title || v[oidDevice] != tt.own {
				t.Errorf("state %v, severity %v, count %v, title %q, device %q", v[oidState], v[oidSeverity], v[oidCount], v[oidTitle], v[oidDevice])
			}
		})
	}
}

func TestSNMPTrapIsNotConfirmed(t *testing.T) {
	m := newManager(t, nil)
	s := newTestSNMP(t, m.conn.LocalAddr().String(), func(o *SNMPOptions) { o.Inform = false })
	if err := s.Test(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-m.came
	p := m.received()[0]
	if p.PDUType != gosnmp.SNMPv2Trap || values(p)[oidTrapOID] != oidTest {
		t.Errorf("%v with %v", p.PDUType, values(p))
	}
	if !strings.Contains(s.Target(), "nobody confirms") {
		t.Errorf("Target() = %q", s.Target())
	}
}

// user is that of version 3 in these tests.
func user(o *SNMPOptions) {
	o.Version, o.User, o.Auth, o.AuthPassword, o.Priv, o.PrivPassword = "3", "noc", "sha256", "auth_secret_marker", "aes", "priv_secret_marker"
}

// listen3 takes notifications of version 3 and returns where, and what came.
func listen3(t *testing.T, engine string, change func(p *gosnmp.UsmSecurityParameters)) (string, <-chan map[string]any) {
	t.Helper()
	free, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.LocalAddr().String()
	free.Close()
	usm := &gosnmp.UsmSecurityParameters{
		UserName: "noc", AuthoritativeEngineID: engine, AuthoritativeEngineBoots: 1, AuthoritativeEngineTime: 1,
		AuthenticationProtocol: gosnmp.SHA256, AuthenticationPassphrase: "auth_secret_marker",
		PrivacyProtocol: gosnmp.AES, PrivacyPassphrase: "priv_secret_marker",
	}
	if change != nil {
		change(usm)
	}
	if err := usm.InitSecurityKeys(); err != nil {
		t.Fatal(err)
	}
	l := gosnmp.NewTrapListener()
	l.Params = &gosnmp.GoSNMP{
		Version: gosnmp.Version3, SecurityModel: gosnmp.UserSecurityModel, MsgFlags: gosnmp.AuthPriv, SecurityParameters: usm,
		Logger: gosnmp.NewLogger(log.New(io.Discard, "", 0)),
	}
	came := make(chan map[string]any, 9)
	l.OnNewTrap = func(p *gosnmp.SnmpPacket, _ *net.UDPAddr) { came <- values(p) }
	done := make(chan error, 1)
	go func() { done <- l.Listen(address) }() // ends with Close
	select {
	case <-l.Listening():
	case err := <-done:
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close(); <-done })
	return address, came
}

func TestSNMPVersion3Trap(t *testing.T) {
	engine := "8000000001020304"
	ours, _ := hex.DecodeString(engine)
	address, came := listen3(t, string(ours), nil)
	s := newTestSNMP(t, address, func(o *SNMPOptions) { user(o); o.Inform, o.EngineID = false, "0x"+engine })
	for range 2 {
		if _, _, err := s.Send(t.Context(), []alert.Note{note(1)}); err != nil {
			t.Fatal(err)
		}
		if v := <-came; v[oidTitle] != "PON deregister: OLT North (192.0.2.1), Dhaka" {
			t.Errorf("came %v", v)
		}
	}
	if !strings.Contains(s.Target(), "engine ID is 0x"+engine) {
		t.Errorf("Target() = %q", s.Target())
	}
}

func TestSNMPVersion3Inform(t *testing.T) {
	address, came := listen3(t, "\x80\x00\x1f\x88\x04manager", nil)
	s := newTestSNMP(t, address, user)
	for range 2 {
		if _, _, err := s.Send(t.Context(), []alert.Note{note(1)}); err != nil {
			t.Fatal(err)
		}
		if v := <-came; v[oidTitle] != "PON deregister: OLT North (192.0.2.1), Dhaka" {
			t.Errorf("came %v", v)
		}
	}
	wrong := newTestSNMP(t, address, func(o *SNMPOptions) {
		user(o)
		o.AuthPassword, o.timeout = "another_secret_marker", 20*time.Millisecond
	})
	retry, _, err := wrong.Send(t.Context(), []alert.Note{note(1)})
	if err == nil || !retry || !strings.Contains(err.Error(), "user and passwords") {
		t.Errorf("with another password: %v, %v", retry, err)
	}
	world{secrets: []string{"secret_marker"}}.noSecret(t, err)
}

func TestSNMPReports(t *testing.T) {
	s := newTestSNMP(t, "192.0.2.1:162", user)
	for _, tt := range []struct {
		err  error
		want string
	}{
		{gosnmp.ErrUnknownUsername, "snmp.user"},
		{gosnmp.ErrWrongDigest, "snmp.auth_password"},
		{gosnmp.ErrDecryption, "snmp.priv_password"},
		{errors.New("incoming packet is not authentic, discarding"), "does not accept us"},
		{gosnmp.ErrUnknownSecurityLevel, "security level"},
	} {
		if f := s.explain(t.Context(), fmt.Errorf("x: %w", tt.err)); f.retry || f.refused || !strings.Contains(f.err.Error(), tt.want) {
			t.Errorf("%v: %+v, want %q and somebody to act", tt.err, f, tt.want)
		}
	}
}

func TestSNMPUnknownName(t *testing.T) {
	s := newTestSNMP(t, "manager.invalid:162", nil)
	retry, _, err := s.Send(t.Context(), []alert.Note{note(1)})
	if err == nil || !retry || errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), `"manager.invalid" was not found`) {
		t.Errorf("Send() = %v, %v", retry, err)
	}
}

func TestNewSNMPRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(o *SNMPOptions)
		want   string
	}{
		{"target without a port", func(o *SNMPOptions) { o.Target = "10.0.0.5" }, "host:port"},
		{"target without a host", func(o *SNMPOptions) { o.Target = ":162" }, "host:port"},
		{"version 1", func(o *SNMPOptions) { o.Version = "1" }, "neither 2c nor 3"},
		{"no community", func(o *SNMPOptions) { o.Community = "" }, "community"},
		{"no user", func(o *SNMPOptions) { user(o); o.User = "" }, "user"},
		{"unknown auth", func(o *SNMPOptions) { user(o); o.Auth = "sha3" }, "sha256"},
		{"unknown priv", func(o *SNMPOptions) { user(o); o.Priv = "rot13" }, "aes"},
		{"priv alone", func(o *SNMPOptions) { user(o); o.Auth = "" }, "needs auth"},
		{"short password", func(o *SNMPOptions) { user(o); o.AuthPassword = "secret_" }, "8 characters"},
		{"engine ID that is no number", func(o *SNMPOptions) { user(o); o.EngineID = "logboom" }, "hexadecimal"},
		{"engine ID too short", func(o *SNMPOptions) { user(o); o.EngineID = "80001f88" }, "5 to 32"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := SNMPOptions{Target: "10.0.0.5:162", Community: testCommunity}
			tt.change(&o)
			_, err := NewSNMP(o)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("NewSNMP() = %v, want %q", err, tt.want)
			}
			world{secrets: []string{"secret_"}}.noSecret(t, err)
		})
	}
}
