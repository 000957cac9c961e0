package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strings"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// transact hands a letter to the server. It returns nil if the server has taken
// it for a recipient.
func (e *Email) transact(ctx context.Context, l letter) *failure {
	m, err := e.compose(l)
	if err != nil {
		return &failure{err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, e.o.timeout)
	defer cancel()
	c, f := e.login(ctx)
	if f != nil {
		return f
	}
	defer c.Close() // the connection; Quit has ended the session, if it went well
	if err := c.Mail(e.from.Address); err != nil {
		return e.explain(ctx, err, fmt.Sprintf("does not take mail from %s; see email.from", e.from.Address))
	}
	if f := e.recipients(ctx, c); f != nil {
		return f
	}
	w, err := c.Data()
	if err == nil {
		_, err = m.WriteTo(w)
	}
	if err == nil {
		err = w.Close() // the answer to it is the receipt
	}
	if err != nil {
		f := e.explain(ctx, err, "does not take this mail")
		f.refused = !f.retry
		return f
	}
	_ = c.Quit() // whatever becomes of it: the mail was taken
	return nil
}

// recipients names everybody the mail is for. One that the server refuses for
// good does not keep the others from being told; it is logged.
func (e *Email) recipients(ctx context.Context, c *smtp.Client) *failure {
	taken := 0
	var last *failure
	for _, to := range e.to {
		err := c.Rcpt(to.Address)
		if err == nil {
			taken++
			e.note(to.Address, nil)
			continue
		}
		last = e.explain(ctx, err, fmt.Sprintf("does not take mail for %s; see email.to", to.Address))
		if last.retry {
			return last // for all: who was told already would be told again
		}
		e.note(to.Address, last)
	}
	if taken > 0 {
		return nil
	}
	return last
}

// note logs that a recipient is refused, once until it is taken again.
func (e *Email) note(to string, f *failure) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if f != nil && !e.refused[to] && len(e.to) > 1 {
		e.o.Log.Warn("a recipient of mails is refused, the others are told", "to", to, "error", shown(e.secret.Replace(f.err.Error())))
	}
	e.refused[to] = f != nil
}

// login connects, encrypts and logs in, as the settings say. The connection
// ends with ctx.
func (e *Email) login(ctx context.Context) (*smtp.Client, *failure) {
	config := &tls.Config{ServerName: e.o.Host, MinVersion: tls.VersionTLS12, RootCAs: e.o.roots}
	options := []gomail.Option{
		gomail.WithPort(e.o.Port), gomail.WithTimeout(e.o.timeout), gomail.WithTLSConfig(config), gomail.WithTLSPolicy(gomail.NoTLS),
		gomail.WithDialContextFunc(func(ctx2 context.Context, network, address string) (net.Conn, error) {
			raw, err := (&net.Dialer{Timeout: connectTime}).DialContext(ctx2, network, address)
			if err != nil {
				return nil, err
			}
			context.AfterFunc(ctx, func() { raw.Close() }) // the library does not look at ctx from here on
			if e.o.TLS != TLSDirect {
				return raw, nil
			}
			return tls.Client(raw, config), nil
		}),
	}
	if e.o.TLS == TLSStart {
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if e.o.Username != "" {
		options = append(options, gomail.WithUsername(e.o.Username), gomail.WithPassword(e.o.Password), gomail.WithOpportunisticSMTPAuth(mechanisms(e.o.TLS != TLSNone)...))
	}
	lib, err := gomail.NewClient(e.o.Host, options...)
	if err != nil {
		return nil, &failure{err: err}
	}
	c, err := lib.DialToSMTPClientWithContext(ctx)
	switch {
	case err == nil:
		return c, nil
	case strings.HasPrefix(err.Error(), "SMTP AUTH failed"):
		return nil, e.explain(ctx, err, "does not accept the login; see email.username and email.password (some providers want a password made for programs)")
	case strings.Contains(err.Error(), "does not support SMTP AUTH"):
		return nil, &failure{err: fmt.Errorf("%s knows no login; leave email.username and the password out, or see whether port and tls are right", e.server)}
	case errors.Is(err, gomail.ErrNoSupportedAuthDiscovered):
		how := "knows no way to log in that Logboom knows"
		if e.o.TLS == TLSNone {
			how = `wants the password in the clear; set email.tls to "starttls" or "tls"`
		}
		return nil, &failure{err: fmt.Errorf("%s %s", e.server, how)}
	case strings.Contains(err.Error(), "STARTTLS"):
		return nil, &failure{err: fmt.Errorf(`%s does not offer STARTTLS, and nothing is sent in the clear; set email.tls to "tls" (port 465), or to "none" for a server of your own network`, e.server)}
	}
	return nil, e.explain(ctx, err, "refuses us")
}

// mechanisms returns the ways to log in, best first. Without encryption none
// that shows the password is among them.
func mechanisms(encrypted bool) []gomail.SMTPAuthType {
	all := []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthCramMD5}
	if encrypted {
		all = append(all, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin)
	}
	return all
}

// explain tells by the reply of the server whether it may pass: 4xx does, 5xx
// does not (RFC 5321 section 4.2.1). Without a reply the way there is at fault.
func (e *Email) explain(ctx context.Context, err error, what string) *failure {
	var reply *textproto.Error
	switch {
	case errors.As(err, &reply) && reply.Code >= 500:
		return &failure{err: fmt.Errorf("%s %s (%d, %.200q)", e.server, what, reply.Code, reply.Msg)}
	case errors.As(err, &reply):
		return &failure{retry: true, err: fmt.Errorf("%s asks to try again later (%d, %.200q)", e.server, reply.Code, reply.Msg)}
	case context.Cause(ctx) != nil:
		err = context.Cause(ctx)
	}
	return &failure{retry: true, err: errors.New(unreachable(e.server, "email.host, email.port and email.tls", err))}
}
