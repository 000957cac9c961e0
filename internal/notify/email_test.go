package notify

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

// testPassword must not be in any text that people see.
const testPassword = "pass word/secret_marker"

// newTestEmail returns a notifier for s, with the options that change sets.
func newTestEmail(t *testing.T, s *smtpServer, change func(o *EmailOptions)) *Email {
	t.Helper()
	o := EmailOptions{
		Host: "127.0.0.1", Port: s.port(), TLS: TLSNone, From: "Logboom <logboom@example.com>", To: []string{"noc@example.com"},
		timeout: 5 * time.Second,
	}
	if change != nil {
		change(&o)
	}
	e, err := NewEmail(o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestEmailIsANotifier(t *testing.T) {
	testNotifier(t, func(t *testing.T, answer string) world {
		if answer == "busy" {
			return world{} // SMTP has no word for how long
		}
		config, roots := testCertificate(t)
		arrived, release := make(chan struct{}, 9), make(chan struct{})
		s := newSMTPServer(t, func(s *smtpServer) {
			s.tls, s.auth = config, "LOGIN PLAIN"
			s.answer = func(verb, line string) string {
				switch {
				case answer == "down" && verb == "MAIL":
					return "451 4.3.0 Temporary lookup failure"
				case answer == "forbidden" && verb == "AUTH":
					return "535 5.7.8 Authentication failed: " + line
				case answer == "refused" && verb == "DATA.":
					return "554 5.7.1 Message rejected as spam"
				case answer == "hang" && verb == "MAIL":
					arrived <- struct{}{}
					<-release
				}
				return ""
			}
		})
		t.Cleanup(func() { close(release) }) // before that of the server, which waits for it
		if answer == "gone" {
			s.ln.Close()
		}
		var log bytes.Buffer
		e := newTestEmail(t, s, func(o *EmailOptions) {
			o.TLS, o.Username, o.Password, o.roots = TLSStart, "noc", testPassword, roots
			o.Log = slog.New(slog.NewTextHandler(&log, nil))
			if answer == "hang" {
				o.timeout = 200 * time.Millisecond
			}
		})
		return world{notifier: e, told: s.told, arrived: arrived, secrets: []string{testPassword, "secret_marker", "AG5vYwBwYXNz"}, log: &log}
	})
}

func TestEmailReplies(t *testing.T) {
	tests := []struct {
		name    string
		verb    string // that is answered with
		reply   string
		retry   bool
		refused bool
		want    string // in the error; "" = delivered
	}{
		{"greeting says later", "", "421 too many connections", true, false, "try again later (421"},
		{"greeting says no", "", "554 no mail service here", false, false, "refuses us (554"},
		{"greeting is garbage", "", "HTTP/1.0 400 Bad Request", true, false, "cannot be reached"},
		{"login for now impossible", "AUTH", "454 4.7.0 Temporary authentication failure", true, false, "try again later (454"},
		{"login refused", "AUTH", "535 5.7.8 bad", false, false, "email.password"},
		{"login needs another password", "AUTH", "534 5.7.9 Application-specific password required", false, false, "made for programs"},
		{"sender refused", "MAIL", "550 5.7.1 not your domain", false, false, "email.from"},
		{"greylisted", "RCPT", "450 4.2.0 Greylisted", true, false, "try again later (450"},
		{"recipient unknown", "RCPT", "550 5.1.1 no such user", false, false, "does not take mail for noc@example.com; see email.to (550"},
		{"no room for data", "DATA", "452 4.3.1 Insufficient system storage", true, false, "(452"},
		{"mail too large", "DATA.", "552 5.3.4 too big", false, true, "does not take this mail (552"},
		{"mail for now not taken", "DATA.", "451 4.7.1 later", true, false, "(451"},
		{"no goodbye", "QUIT", "500 what?", false, false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			config, roots := testCertificate(t)
			s := newSMTPServer(t, func(s *smtpServer) {
				s.tls, s.auth = config, "PLAIN"
				s.answer = func(verb, _ string) string {
					if verb == tt.verb {
						return tt.reply
					}
					return ""
				}
			})
			e := newTestEmail(t, s, func(o *EmailOptions) {
				o.TLS, o.Username, o.Password, o.roots = TLSStart, "noc", testPassword, roots
			})
			retry, after, err := e.Send(t.Context(), []alert.Note{note(1)})
			if retry != tt.retry || after != 0 || errors.Is(err, ErrRefused) != tt.refused {
				t.Errorf("Send() = %v, %v, %v; want %v, 0, held against the note: %v", retry, after, err, tt.retry, tt.refused)
			}
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v, want %q in it", err, tt.want)
			}
			world{secrets: []string{testPassword, "secret_marker"}}.noSecret(t, err)
		})
	}
}

func TestEmailTransport(t *testing.T) {
	config, roots := testCertificate(t)
	tests := []struct {
		name   string
		server func(s *smtpServer)
		mail   func(o *EmailOptions)
		retry  bool
		want   string // in the error; "" = delivered
	}{
		{"in the clear, without a login", nil, nil, false, ""},
		{"TLS from the first byte, with a login", func(s *smtpServer) { s.tls, s.direct, s.auth = config, true, "PLAIN" },
			func(o *EmailOptions) { o.TLS, o.roots, o.Username, o.Password = TLSDirect, roots, "noc", testPassword }, false, ""},
		{"STARTTLS without a login", func(s *smtpServer) { s.tls = config }, func(o *EmailOptions) { o.TLS, o.roots = TLSStart, roots }, false, ""},
		{"STARTTLS is not offered", nil, func(o *EmailOptions) { o.TLS = TLSStart }, false, "does not offer STARTTLS, and nothing is sent in the clear"},
		{"certificate of nobody", func(s *smtpServer) { s.tls = config }, func(o *EmailOptions) { o.TLS = TLSStart }, true, "authority"},
		{"certificate of nobody, direct", func(s *smtpServer) { s.tls, s.direct = config, true }, func(o *EmailOptions) { o.TLS = TLSDirect }, true, "authority"},
		{"TLS to a port in the clear", nil, func(o *EmailOptions) { o.TLS = TLSDirect }, true, "does not speak TLS"},
		{"the password is not shown in the clear", func(s *smtpServer) { s.auth = "PLAIN LOGIN" },
			func(o *EmailOptions) { o.Host, o.Username, o.Password = "127.0.0.1", "noc", testPassword }, false, `set email.tls to "starttls"`},
		{"no login is offered", nil, func(o *EmailOptions) { o.Username, o.Password = "noc", testPassword }, false, "login"},
		{"unknown name", nil, func(o *EmailOptions) { o.Host = "mail.invalid" }, true, `the name "mail.invalid" was not found`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSMTPServer(t, tt.server)
			e := newTestEmail(t, s, tt.mail)
			err := e.Test(t.Context())
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Test() = %v, want %q in it", err, tt.want)
			}
			if retry, _, _ := e.Send(t.Context(), []alert.Note{note(1)}); retry != tt.retry {
				t.Errorf("retry = %v, want %v", retry, tt.retry)
			}
			if tt.want == "" && len(s.told()) != 2 {
				t.Errorf("%d mails arrived, want 2", len(s.told()))
			}
			if commands := s.asked(); tt.want != "" && slices.ContainsFunc(commands, func(c string) bool { return strings.HasPrefix(c, "MAIL") }) {
				t.Errorf("a mail was begun: %q", commands)
			}
			world{secrets: []string{testPassword, "secret_marker"}}.noSecret(t, err)
		})
	}
}

func TestEmailLooksLikeThis(t *testing.T) {
	s := newSMTPServer(t, nil)
	e := newTestEmail(t, s, func(o *EmailOptions) { o.To = []string{"noc@example.com", "Дежурный <on-call@example.com>"} })
	n := note(1)
	n.Notice.DeviceName, n.Notice.At = "Норд", time.Now().UnixMicro()
	for range 2 {
		if _, _, err := e.Send(t.Context(), []alert.Note{n}); err != nil {
			t.Fatal(err)
		}
	}
	h := s.mails[0].Header
	for name, want := range map[string]string{
		"Auto-Submitted": "auto-generated", "From": `"Logboom" <logboom@example.com>`,
		"Message-Id": s.mails[1].Header.Get("Message-Id"), // the same mail, if it was sent twice
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if !slices.Equal(s.rcpts[0], []string{"noc@example.com", "on-call@example.com"}) {
		t.Errorf("for %q", s.rcpts[0])
	}
	want := fmt.Sprintf("PON deregister: Норд (192.0.2.1), Dhaka\nPON deregister: Норд (192.0.2.1), Dhaka\n\n%s, err\nONU 1/27 deregister, Reason:Manual\nand 16 more before it\n",
		time.UnixMicro(n.Notice.At).UTC().Format(fullTime))
	if got := strings.ReplaceAll(s.texts[0], "\r\n", "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestEmailTellsTheOthersIfOneRecipientIsRefused(t *testing.T) {
	s := newSMTPServer(t, func(s *smtpServer) {
		s.answer = func(verb, line string) string {
			if verb == "RCPT" && strings.Contains(line, "gone@") {
				return "550 5.1.1 no such user"
			}
			return ""
		}
	})
	var log bytes.Buffer
	e := newTestEmail(t, s, func(o *EmailOptions) {
		o.To, o.Log = []string{"gone@example.com", "noc@example.com"}, slog.New(slog.NewTextHandler(&log, nil))
	})
	for range 3 {
		if _, _, err := e.Send(t.Context(), []alert.Note{note(1)}); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.rcpts) != 3 || !slices.Equal(s.rcpts[0], []string{"noc@example.com"}) {
		t.Errorf("mails for %q", s.rcpts)
	}
	if strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), "gone@example.com") {
		t.Errorf("log:\n%s", log.String())
	}
}

func TestNewEmailRefuses(t *testing.T) {
	good := EmailOptions{Host: "mail.example.com", From: "a@example.com", To: []string{"b@example.com"}}
	tests := []struct {
		name   string
		change func(o *EmailOptions)
		want   string
	}{
		{"no host", func(o *EmailOptions) { o.Host = "" }, "email.host"},
		{"nobody to tell", func(o *EmailOptions) { o.To = nil }, "email.to"},
		{"sender is no address", func(o *EmailOptions) { o.From = "logboom" }, "no address"},
		{"recipient is two", func(o *EmailOptions) { o.To = []string{"a@example.com, b@example.com"} }, "no address"},
		{"recipient with a line break", func(o *EmailOptions) { o.To = []string{"a@example.com\r\nBcc: b@example.com"} }, "no address"},
		{"tls of another kind", func(o *EmailOptions) { o.TLS = "ssl" }, "starttls"},
		{"password without a user", func(o *EmailOptions) { o.Password = testPassword }, "username"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := good
			tt.change(&o)
			_, err := NewEmail(o)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("NewEmail() = %v, want %q", err, tt.want)
			}
			world{secrets: []string{testPassword}}.noSecret(t, err)
		})
	}
}
