package notify

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

// How the way to a mail server is protected.
const (
	TLSStart  = "starttls" // begins in the clear and is encrypted before anything is said; port 587
	TLSDirect = "tls"      // is encrypted from the first byte; port 465
	TLSNone   = "none"     // is in the clear; port 25
)

// emailLimit keeps a storm from filling mailboxes: six at once, then one in
// about two minutes that counts. Providers cut off senders of more than some
// hundreds a day.
var emailLimit = Limit{Every: 5 * time.Second, Burst: 12, Within: 10 * time.Minute}

// EmailOptions say to whom mails go, and through which server.
type EmailOptions struct {
	Host     string         // of the mail server
	Port     int            // 0 = the usual of TLS
	From     string         // address, or "Name <address>"
	To       []string       // the same, at least one
	Username string         // "" = the server is not logged in to
	Password string         // goes with Username
	TLS      string         // TLSStart, TLSDirect or TLSNone; "" = TLSStart
	Location *time.Location // of the times in mails; nil = UTC
	Log      *slog.Logger   // nil = nothing is logged

	roots   *x509.CertPool // nil = those of the system
	timeout time.Duration  // 0 = requestTime
}

// Email is a [Notifier] that hands mails to one server by SMTP.
//
// Sources: RFC 5321 (SMTP) section 4.2 (replies), RFC 3207 (STARTTLS), RFC 4954
// (AUTH), RFC 3834 (Auto-Submitted), RFC 5322 (the mail).
type Email struct {
	o      EmailOptions
	server string // host:port, for people
	from   *mail.Address
	to     []*mail.Address
	secret *strings.Replacer

	mu      sync.Mutex
	refused map[string]bool // recipients whose refusal was logged, at most len(to)
}

// NewEmail checks o and returns a notifier. It does not use the network:
// whether mails are taken, [Email.Test] tells. Errors are for people and hold
// no secret.
func NewEmail(o EmailOptions) (*Email, error) {
	if o.TLS == "" {
		o.TLS = TLSStart
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.timeout == 0 {
		o.timeout = requestTime
	}
	switch {
	case o.Host == "":
		return nil, errors.New("email: there is no mail server; email.host names it")
	case !slices.Contains([]string{TLSStart, TLSDirect, TLSNone}, o.TLS):
		return nil, fmt.Errorf("email: tls %q is none of %q, %q and %q", o.TLS, TLSStart, TLSDirect, TLSNone)
	case len(o.To) == 0:
		return nil, errors.New("email: nobody is to be told; email.to holds the addresses")
	case o.Username == "" && o.Password != "":
		return nil, errors.New("email: there is a password and no username")
	}
	if o.Port == 0 {
		o.Port = map[string]int{TLSStart: 587, TLSDirect: 465, TLSNone: 25}[o.TLS]
	}
	e := &Email{
		o: o, server: net.JoinHostPort(o.Host, strconv.Itoa(o.Port)), refused: map[string]bool{},
		secret: redactor(o.Password, "\x00"+o.Username+"\x00"+o.Password),
	}
	var err error
	if e.from, err = mail.ParseAddress(o.From); err != nil {
		return nil, fmt.Errorf("email: from %q is no address", o.From)
	}
	for _, to := range o.To {
		a, err := mail.ParseAddress(to)
		if err != nil {
			return nil, fmt.Errorf("email: to %q is no address", to)
		}
		e.to = append(e.to, a)
	}
	return e, nil
}

// Name returns "email".
func (e *Email) Name() string { return "email" }

// Limit returns how often people are written to.
func (e *Email) Limit() Limit { return emailLimit }

// Send hands one mail for the notes to the server. It returns nil once the
// server has taken it for at least one recipient: from then on the server
// answers for it.
func (e *Email) Send(ctx context.Context, notes []alert.Note) (retry bool, after time.Duration, err error) {
	if len(notes) == 0 {
		return false, 0, nil
	}
	now := time.Now()
	s := sayingOf(notes, now, e.o.Location)
	return e.hand(ctx, letter{saying: s, id: mailID(notes), thread: threadOf(notes), at: now})
}

// Test sends a mail to see whether alerts would arrive. The error says what to
// do.
func (e *Email) Test(ctx context.Context) error {
	now := time.Now()
	_, _, err := e.hand(ctx, letter{saying: testSaying(now, e.o.Location), id: fmt.Sprintf("test.%d", now.UnixNano()), at: now})
	return err
}

// Reach connects, encrypts and logs in, and sends no mail.
func (e *Email) Reach(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, e.o.timeout)
	defer cancel()
	c, f := e.login(ctx)
	if f != nil {
		return e.safe(f)
	}
	_ = c.Quit() // it was let in
	return nil
}

// Target says where mails go, for people.
func (e *Email) Target() string {
	all := make([]string, len(e.to))
	for i, a := range e.to {
		all[i] = a.Address
	}
	return fmt.Sprintf("%s for %s", e.server, strings.Join(all, ", "))
}

// hand delivers a letter and makes its error safe to show.
func (e *Email) hand(ctx context.Context, l letter) (retry bool, after time.Duration, err error) {
	f := e.transact(ctx, l)
	if f == nil {
		return false, 0, nil
	}
	return f.retry, 0, e.safe(f)
}

func (e *Email) safe(f *failure) error {
	return &safeError{text: "email: " + shown(e.secret.Replace(f.err.Error())), refused: f.refused}
}

var _ Notifier = (*Email)(nil)
