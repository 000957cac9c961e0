package notify

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"strings"
	"time"

	"github.com/gosnmp/gosnmp"

	"github.com/logboom/logboom/internal/alert"
)

// Objects of docs/LOGBOOM-MIB.txt. Logboom has no enterprise number of its own:
// it uses Net-SNMP's playground, netSnmpPlaypen, which is there for what has
// none (NET-SNMP-MIB).
const (
	oidLogboom = ".1.3.6.1.4.1.8072.9999.9999.514"
	oidAlert   = oidLogboom + ".0.1"
	oidClear   = oidLogboom + ".0.2"
	oidDigest  = oidLogboom + ".0.3"
	oidTest    = oidLogboom + ".0.4"

	oidTitle    = oidLogboom + ".1.1.0"
	oidSeverity = oidLogboom + ".1.2.0"
	oidState    = oidLogboom + ".1.3.0"
	oidDevice   = oidLogboom + ".1.4.0"
	oidName     = oidLogboom + ".1.5.0"
	oidSite     = oidLogboom + ".1.6.0"
	oidRule     = oidLogboom + ".1.7.0"
	oidText     = oidLogboom + ".1.8.0"
	oidCount    = oidLogboom + ".1.9.0"
	oidTime     = oidLogboom + ".1.10.0"
	oidIncident = oidLogboom + ".1.11.0"

	oidUpTime  = ".1.3.6.1.2.1.1.3.0"     // sysUpTime.0, the first of every notification: RFC 3416 section 4.2.6
	oidTrapOID = ".1.3.6.1.6.3.1.1.4.1.0" // snmpTrapOID.0, the second
)

// Values of logboomState.
const (
	stateRaised = 1
	stateMore   = 2
	stateClear  = 3
	stateDigest = 4
	stateTest   = 5
)

// Sizes in bytes. Altogether a notification fits into one Ethernet frame: IP
// fragments are lost on the way more often than not. SnmpAdminString has at
// most 255 (RFC 3411).
const (
	maxTrapTitle = 255
	maxTrapName  = 100
	maxTrapText  = 500
)

// trap returns the notification for notes; none = a test.
func (s *SNMP) trap(notes []alert.Note, say saying) gosnmp.SnmpTrap {
	var plain medium
	n := alert.Notice{Severity: 6, At: time.Now().UnixMicro(), Rule: "test", Text: say.lines[0]}
	oid, state, count := oidTest, stateTest, 0
	switch len(notes) {
	case 0:
	case 1:
		n, count = notes[0].Notice, max(1, notes[0].Notice.Count)
		oid, state = oidAlert, stateRaised
		switch {
		case n.Ended():
			oid, state = oidClear, stateClear
		case n.Kind == alert.KindMore:
			state = stateMore
		}
		n.Text = plain.text(say.lines, maxTrapText)
	default:
		d := digestOf(notes)
		n = alert.Notice{Severity: d.groups[0].severity, At: d.to, Rule: "digest", Text: plain.text(say.lines, maxTrapText)}
		oid, state, count = oidDigest, stateDigest, len(notes)
	}
	text := func(oid, value string, limit int) gosnmp.SnmpPDU {
		return gosnmp.SnmpPDU{Name: oid, Type: gosnmp.OctetString, Value: value[:min(len(value), limit)]}
	}
	incident := int64(0)
	if len(notes) == 1 && n.Incident != nil {
		incident = n.Incident.ID
	}
	t := gosnmp.SnmpTrap{IsInform: s.o.Inform, Variables: []gosnmp.SnmpPDU{
		{Name: oidUpTime, Type: gosnmp.TimeTicks, Value: uint32(time.Since(s.began).Milliseconds() / 10)},
		{Name: oidTrapOID, Type: gosnmp.ObjectIdentifier, Value: oid},
		text(oidTitle, plain.line(say.title, maxTrapTitle), maxTrapTitle),
		{Name: oidSeverity, Type: gosnmp.Integer, Value: int(min(n.Severity, 7))},
		{Name: oidState, Type: gosnmp.Integer, Value: state},
		text(oidDevice, address(n.Device), maxTrapName),
		text(oidName, plain.line(n.DeviceName, maxTrapName), maxTrapName),
		text(oidSite, plain.line(n.Site, maxTrapName), maxTrapName),
		text(oidRule, plain.line(n.Rule, maxTrapName), maxTrapName),
		text(oidText, n.Text, maxTrapText),
		{Name: oidCount, Type: gosnmp.Gauge32, Value: uint32(min(count, math.MaxInt32))},
		text(oidTime, time.UnixMicro(n.At).In(s.o.Location).Format(time.RFC3339), maxTrapName),
		{Name: oidIncident, Type: gosnmp.Gauge32, Value: uint32(min(max(incident, 0), math.MaxUint32))},
	}}
	return t
}

// send sends a notification and, of an inform, waits for the answer.
func (s *SNMP) send(ctx context.Context, t gosnmp.SnmpTrap) (retry bool, after time.Duration, err error) {
	f := s.attempt(ctx, t)
	if f == nil {
		return false, 0, nil
	}
	return f.retry, 0, &safeError{text: "snmp: " + shown(s.secret.Replace(f.err.Error())), refused: f.refused}
}

func (s *SNMP) attempt(ctx context.Context, t gosnmp.SnmpTrap) *failure {
	if err := ctx.Err(); err != nil {
		return &failure{retry: true, err: errors.New("stopped before it was sent")}
	}
	// One for each: a session that has failed would keep what it had learnt of
	// the other side.
	c := &gosnmp.GoSNMP{
		Target: s.host, Port: s.port, Context: ctx, Timeout: s.o.timeout, Retries: informRetries,
		Version: gosnmp.Version2c, Community: s.o.Community, MaxOids: len(t.Variables),
	}
	if s.o.Version == "3" {
		s.secure(c)
	}
	if err := c.Connect(); err != nil {
		return s.explain(ctx, err)
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Conn.SetDeadline(time.Unix(1, 0)) })() // the library looks at ctx between attempts only
	answer, err := c.SendTrap(t)
	switch {
	case err != nil:
		return s.explain(ctx, err)
	case s.o.Inform && answer.PDUType == gosnmp.Report:
		return &failure{err: fmt.Errorf("%s does not take our informs, it reports %s", s.o.Target, reportOf(answer))}
	case s.o.Inform && answer.Error != gosnmp.NoError:
		return &failure{refused: true, err: fmt.Errorf("%s does not take this inform (%s)", s.o.Target, answer.Error)}
	}
	return nil
}

// secure puts what version 3 needs into c.
//
// Of a trap we are the authority (RFC 3414 section 1.5.1): our engine ID, and
// our boots and time, which must not go back when we start again. The time
// goes on with the clock of the machine, so the boots need not be kept.
func (s *SNMP) secure(c *gosnmp.GoSNMP) {
	p := &gosnmp.UsmSecurityParameters{
		UserName:               s.o.User,
		AuthenticationProtocol: snmpAuth[s.o.Auth], AuthenticationPassphrase: s.o.AuthPassword,
		PrivacyProtocol: snmpPriv[s.o.Priv], PrivacyPassphrase: s.o.PrivPassword,
	}
	c.Version, c.SecurityModel, c.SecurityParameters, c.MsgFlags = gosnmp.Version3, gosnmp.UserSecurityModel, p, gosnmp.NoAuthNoPriv
	if s.o.Auth != "" {
		c.MsgFlags = gosnmp.AuthNoPriv
	}
	if s.o.Priv != "" {
		c.MsgFlags = gosnmp.AuthPriv
	}
	if !s.o.Inform {
		epoch := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
		p.AuthoritativeEngineID, p.AuthoritativeEngineBoots = s.engine, 1
		p.AuthoritativeEngineTime = uint32(max(0, time.Since(epoch)/time.Second))
		c.ContextEngineID = s.engine
	}
}

// explain tells what can be told: in SNMP who is not welcome is mostly not
// answered at all.
func (s *SNMP) explain(ctx context.Context, err error) *failure {
	var timeout net.Error
	switch {
	case errors.Is(err, gosnmp.ErrUnknownUsername):
		return &failure{err: fmt.Errorf("%s does not know our user; see snmp.user", s.o.Target)}
	case errors.Is(err, gosnmp.ErrWrongDigest):
		return &failure{err: fmt.Errorf("%s does not accept our password; see snmp.auth and snmp.auth_password", s.o.Target)}
	case errors.Is(err, gosnmp.ErrDecryption):
		return &failure{err: fmt.Errorf("%s cannot decrypt what we send; see snmp.priv and snmp.priv_password", s.o.Target)}
	case errors.Is(err, gosnmp.ErrUnknownSecurityLevel):
		return &failure{err: fmt.Errorf("%s wants another security level; see snmp.auth and snmp.priv", s.o.Target)}
	case strings.Contains(err.Error(), "not authentic"): // a report that has no signature, as they have for who is not known
		return &failure{err: fmt.Errorf("%s answers, but does not accept us; see snmp.user, snmp.auth and snmp.auth_password", s.o.Target)}
	case context.Cause(ctx) != nil:
		err = context.Cause(ctx)
	case errors.Is(err, gosnmp.ErrMaxRetriesExceeded), errors.As(err, &timeout) && timeout.Timeout():
		who := "community"
		if s.o.Version == "3" {
			who = "user and passwords"
		}
		return &failure{retry: true, err: fmt.Errorf("%s does not confirm; is it up, does it take informs, and is the %s right? A wrong one is not answered", s.o.Target, who)}
	}
	return &failure{retry: true, err: errors.New(unreachable(s.o.Target, "snmp.target", err))}
}

// reportOf names what a report is about.
func reportOf(p *gosnmp.SnmpPacket) string {
	if len(p.Variables) == 0 {
		return "nothing"
	}
	return p.Variables[0].Name
}
