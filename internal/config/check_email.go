package config

import (
	"fmt"
	"net"
	"net/mail"
	"strconv"
	"strings"
	"unicode"
)

// maxRecipients bounds email.to; for more there are mailing lists.
const maxRecipients = 50

func (c checker) email(e *Email) {
	pl := section("email")
	if !e.Enabled() {
		if e.From != "" || len(e.To) > 0 || e.Username != "" || e.Password != "" || e.PasswordFile != "" {
			c.add(pl, "host", "", Problem{Want: `must name the mail server, such as "smtp.example.com"`, Hint: "without it, no mail is sent", missing: true})
		}
		c.path(pl, "password_file", e.PasswordFile)
		return
	}
	c.host(pl, "host", e.Host)
	c.number(pl, "port", e.Port, 0, 65_535, "(0 = the usual one)")
	switch strings.ToLower(e.TLS) {
	case "ssl", "smtps", "implicit":
		c.add(pl, "tls", "", Problem{Have: quote(e.TLS), Want: `must be "starttls", "tls" or "none"`, Hint: `did you mean "tls"?`})
	default:
		c.oneOf(pl, "tls", e.TLS, "starttls", "tls", "none")
	}
	if e.TLS == "starttls" && e.Port == 465 {
		c.add(pl, "port", "", Problem{Have: "465", Want: "is the port of servers that speak TLS from the first byte", Hint: `set tls = "tls", or port = 587`})
	}
	if e.TLS == "tls" && (e.Port == 25 || e.Port == 587) {
		c.add(pl, "port", "", Problem{Have: fmt.Sprint(e.Port), Want: "is the port of servers that begin in the clear", Hint: `set tls = "starttls", or port = 465`})
	}
	c.mailAddress(pl, "from", "", e.From, "must say who writes")
	switch {
	case len(e.To) == 0:
		c.add(pl, "to", "", Problem{Want: `must say who is told, such as ["noc@example.com"]`, missing: true})
	case len(e.To) > maxRecipients:
		c.add(pl, "to", "", Problem{Have: fmt.Sprintf("%d addresses", len(e.To)), Want: fmt.Sprintf("must be at most %d", maxRecipients), Hint: "write to a mailing list"})
	default:
		for i, to := range e.To {
			c.mailAddress(pl, "to", fmt.Sprintf("#%d", i+1), to, "must not be empty")
		}
	}
	c.path(pl, "password_file", e.PasswordFile)
	given := e.Password != "" || e.PasswordFile != "" || c.mail != ""
	switch {
	case e.Password != "" && e.PasswordFile != "":
		c.add(pl, "password_file", "", Problem{Have: quote(e.PasswordFile), Want: "email.password is set too; only one of the two may be",
			Hint: "the file is safer: others may read config.toml"})
	case string(e.Password) == redacted:
		c.add(pl, "password", "", Problem{Have: e.Password.String(), Want: "this is only the mark that is shown in place of a password", Hint: "put the password itself there"})
	case e.Username != "" && !given:
		c.add(pl, "password", "", Problem{Want: "must be given, since there is a username", Hint: "or a password_file, or " + EnvPassword + " in the environment", missing: true})
	case e.Username == "" && (e.Password != "" || e.PasswordFile != ""):
		c.add(pl, "username", "", Problem{Want: "must be given, since there is a password", Hint: "it is often the address of the sender", missing: true})
	}
}

// mailAddress checks one address.
func (c checker) mailAddress(pl place, key, element, text, empty string) {
	const want = `must be an address such as "noc@example.com" or "Logboom <logboom@example.com>"`
	p := Problem{Have: quote(text), Want: want}
	if strings.TrimSpace(text) == "" {
		p = Problem{Want: empty + ": an address such as \"logboom@example.com\"", missing: element == ""}
	} else if a, err := mail.ParseAddress(text); err == nil && !strings.ContainsFunc(text, unicode.IsControl) {
		if _, domain, _ := strings.Cut(a.Address, "@"); domain != "" {
			return
		}
	} else if list, err := mail.ParseAddressList(text); err == nil && len(list) > 1 {
		p.Hint = "each address in quotes of its own, with commas between them"
	}
	c.add(pl, key, element, p)
}

// host checks the name or address of another machine.
func (c checker) host(pl place, key, text string) {
	p := Problem{Have: quote(text), Want: `must be the name or the address of a server, such as "smtp.example.com"`}
	host, port, err := net.SplitHostPort(text)
	switch {
	case err == nil && host != "" && isNumber(port):
		p.Hint = fmt.Sprintf("write %s = %q and port = %s", key, host, port)
	case strings.Contains(text, "://"):
		p.Hint = "leave out what stands before the name"
	case net.ParseIP(text) != nil:
		return
	case strings.ContainsAny(text, "/@: \t") || strings.ContainsFunc(text, unicode.IsControl):
	default:
		return
	}
	c.add(pl, key, "", p)
}

// target checks host:port of another machine.
func (c checker) target(pl place, key, text, usual string) {
	p := Problem{Have: quote(text), Want: fmt.Sprintf(`must be host:port, such as "10.0.0.5:%s"`, usual)}
	host, port, err := net.SplitHostPort(text)
	n, portErr := strconv.Atoi(port)
	switch {
	case err == nil && host != "" && portErr == nil && validPort(n) && !strings.ContainsAny(host, "/@ "):
		return
	case err != nil && text != "" && !strings.ContainsAny(text, "/@ "):
		p.Hint = fmt.Sprintf("did you mean %q?", net.JoinHostPort(strings.Trim(text, "[]"), usual))
	case strings.Contains(text, "://"):
		p.Hint = "leave out what stands before the name"
	}
	c.add(pl, key, "", p)
}

// password takes the password of the mail server from where it is.
func (c checker) password(e *Email) {
	switch {
	case !e.Enabled() || e.Username == "":
	case c.mail != "":
		e.Password = c.mail
		c.origin["email.password"] = "environment " + EnvPassword
	case e.PasswordFile != "" && e.Password == "":
		text, err := readSmall(e.PasswordFile)
		e.Password = Secret(strings.Trim(text, "\r\n"))
		c.origin["email.password"] = e.PasswordFile
		p := Problem{Have: quote(e.PasswordFile)}
		switch {
		case err != nil:
			p.Want, p.Hint = unreadable(err)
		case e.Password == "":
			p.Want, p.Hint = "the file is empty", "put the password into it, and nothing else"
		case strings.ContainsFunc(string(e.Password), unicode.IsControl):
			p.Want, p.Hint = "the file must hold the password, and nothing else", "on one line"
		default:
			return
		}
		c.add(section("email"), "password_file", "", p)
	}
}
