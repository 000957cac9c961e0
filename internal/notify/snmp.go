package notify

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gosnmp/gosnmp"

	"github.com/logboom/logboom/internal/alert"
)

// snmpLimit is generous: a management system takes what it is sent, and wants
// each state, not a digest.
var snmpLimit = Limit{Every: 20 * time.Millisecond, Burst: 600, Within: time.Minute}

// SNMPOptions say where traps go, and how they are protected.
type SNMPOptions struct {
	Target  string // host:port
	Version string // "2c" or "3"; "" = "2c"
	Inform  bool   // each is confirmed by the other side; a trap is not

	Community string // of version 2c, a secret

	User         string // of version 3
	Auth         string // one of SNMPAuth; "" = none
	AuthPassword string // a secret, at least 8 characters: RFC 3414 section 11.2
	Priv         string // one of SNMPPriv; "" = none
	PrivPassword string // a secret, at least 8 characters
	EngineID     string // of ours, in hexadecimal; "" = one made of the host name

	Location *time.Location // of the times in texts; nil = UTC
	Log      *slog.Logger   // nil = nothing is logged

	timeout time.Duration // of each of the attempts of an inform; 0 = informTime
}

const (
	informTime    = 5 * time.Second
	informRetries = 2 // the datagram or its answer may be lost
)

var (
	snmpAuth = map[string]gosnmp.SnmpV3AuthProtocol{
		"": gosnmp.NoAuth, "md5": gosnmp.MD5, "sha": gosnmp.SHA, "sha224": gosnmp.SHA224, "sha256": gosnmp.SHA256, "sha384": gosnmp.SHA384, "sha512": gosnmp.SHA512,
	}
	snmpPriv = map[string]gosnmp.SnmpV3PrivProtocol{
		"": gosnmp.NoPriv, "des": gosnmp.DES, "aes": gosnmp.AES, "aes192": gosnmp.AES192, "aes256": gosnmp.AES256, "aes192c": gosnmp.AES192C, "aes256c": gosnmp.AES256C,
	}
)

// SNMP is a [Notifier] that sends notifications of SNMP to one target. What is
// in them is described in docs/LOGBOOM-MIB.txt.
//
// A trap is a datagram that nobody answers: that it was sent is all that is
// known, and a Send of it that returns nil says no more. An inform is answered.
//
// Sources: RFC 3416 section 4.2.6 (SNMPv2-Trap) and 4.2.7 (Inform), RFC 3414
// (security of version 3), RFC 3411 section 5 (SnmpEngineID).
type SNMP struct {
	o      SNMPOptions
	host   string
	port   uint16
	engine string // ours, bytes
	secret *strings.Replacer
	began  time.Time
}

// NewSNMP checks o and returns a notifier. It does not use the network. Errors
// are for people and hold no secret.
func NewSNMP(o SNMPOptions) (*SNMP, error) {
	if o.Version == "" {
		o.Version = "2c"
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.timeout == 0 {
		o.timeout = informTime
	}
	s := &SNMP{o: o, secret: redactor(o.Community, o.AuthPassword, o.PrivPassword), began: time.Now()}
	host, port, err := net.SplitHostPort(o.Target)
	n, err2 := strconv.ParseUint(port, 10, 16)
	if err != nil || err2 != nil || host == "" || n == 0 {
		return nil, fmt.Errorf("snmp: the target %q is not host:port, as in 10.0.0.5:162", o.Target)
	}
	s.host, s.port = host, uint16(n)
	_, auth := snmpAuth[o.Auth]
	_, priv := snmpPriv[o.Priv]
	switch {
	case o.Version != "2c" && o.Version != "3":
		return nil, fmt.Errorf("snmp: the version %q is neither 2c nor 3", o.Version)
	case o.Version == "2c" && o.Community == "":
		return nil, errors.New("snmp: version 2c needs a community")
	case o.Version == "2c":
		return s, nil
	case o.User == "":
		return nil, errors.New("snmp: version 3 needs a user")
	case !auth:
		return nil, fmt.Errorf("snmp: auth %q is none of %s", o.Auth, strings.Join(SNMPAuth(), ", "))
	case !priv:
		return nil, fmt.Errorf("snmp: priv %q is none of %s", o.Priv, strings.Join(SNMPPriv(), ", "))
	case o.Priv != "" && o.Auth == "":
		return nil, errors.New("snmp: priv needs auth too")
	case o.Auth != "" && len(o.AuthPassword) < 8, o.Priv != "" && len(o.PrivPassword) < 8:
		return nil, errors.New("snmp: passwords of version 3 have at least 8 characters")
	}
	if s.engine, err = engineID(o.EngineID); err != nil {
		return nil, err
	}
	return s, nil
}

// SNMPAuth returns the names of the ways to prove who sends.
func SNMPAuth() []string { return names(snmpAuth) }

// SNMPPriv returns the names of the ways to encrypt.
func SNMPPriv() []string { return names(snmpPriv) }

func names[V any](m map[string]V) []string {
	var all []string
	for name := range m {
		if name != "" {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// netSNMP is the enterprise number of the Net-SNMP project, for whose tree see
// docs/LOGBOOM-MIB.txt. Logboom has none of its own.
const netSNMP = "\x80\x00\x1f\x88" // 8072 with the first bit set: RFC 3411 section 5

// engineID reads an engine's ID, or makes one of the name of this machine.
func engineID(text string) (string, error) {
	if text == "" {
		name, err := os.Hostname()
		if err != nil || name == "" {
			name = "logboom"
		}
		return netSNMP + "\x04" + name[:min(len(name), 27)], nil // 4 = text
	}
	b, err := hex.DecodeString(strings.TrimPrefix(strings.ToLower(text), "0x"))
	if err != nil || len(b) < 5 || len(b) > 32 {
		return "", fmt.Errorf("snmp: the engine_id %q is not 5 to 32 bytes in hexadecimal", text)
	}
	return string(b), nil
}

// Name returns "snmp".
func (s *SNMP) Name() string { return "snmp" }

// Limit returns how often a management system is told.
func (s *SNMP) Limit() Limit { return snmpLimit }

// Send sends one notification for the notes.
func (s *SNMP) Send(ctx context.Context, notes []alert.Note) (retry bool, after time.Duration, err error) {
	if len(notes) == 0 {
		return false, 0, nil
	}
	return s.send(ctx, s.trap(notes, sayingOf(notes, time.Now(), s.o.Location)))
}

// Test sends a notification to see whether alerts would arrive. The error says
// what to do.
func (s *SNMP) Test(ctx context.Context) error {
	_, _, err := s.send(ctx, s.trap(nil, testSaying(time.Now(), s.o.Location)))
	return err
}

// Reach looks up the name of the target. Whether anybody is there, only a
// message tells: what is sent by UDP is not answered otherwise.
func (s *SNMP) Reach(ctx context.Context) error {
	if _, err := net.DefaultResolver.LookupHost(ctx, s.host); err != nil {
		return &safeError{text: "snmp: " + unreachable(s.o.Target, "snmp.target", err)}
	}
	return nil
}

// Target says where notifications go, for people, and what is known of them.
func (s *SNMP) Target() string {
	switch {
	case s.o.Inform:
		return s.o.Target + ", which confirmed it"
	case s.o.Version == "3":
		return fmt.Sprintf("%s by a trap, which nobody confirms: see there whether it came (our engine ID is 0x%x)", s.o.Target, s.engine)
	}
	return s.o.Target + " by a trap, which nobody confirms: see there whether it came"
}

var _ Notifier = (*SNMP)(nil)
