package config

import "slices"

// Email is the way to mailboxes. It is off unless Host is set.
type Email struct {
	Host         string   `toml:"host"` // of the mail server
	Port         int      `toml:"port"` // 0 = the usual of TLS: 587, 465 or 25
	From         string   `toml:"from"` // address, or "Name <address>"
	To           []string `toml:"to"`   // the same
	Username     string   `toml:"username"`
	Password     Secret   `toml:"password"` // the one in force: from here, PasswordFile or the environment
	PasswordFile string   `toml:"password_file"`
	TLS          string   `toml:"tls"` // "starttls", "tls" or "none"
}

// Enabled reports whether alerts go out as mails.
func (e Email) Enabled() bool { return e.Host != "" }

// A Webhook is one [[webhook]]: a URL that is posted to.
type Webhook struct {
	Name    string   `toml:"name"` // what rules call it
	URL     Secret   `toml:"url"`  // tokens stand in it
	Format  string   `toml:"format"`
	Secret  Secret   `toml:"secret"`  // key of the signature; empty = none
	Headers []Header `toml:"headers"` // to be sent with it
	Proxy   URL      `toml:"proxy"`   // as that of Telegram

	from string // file it stands in
}

// defaultWebhook returns what a webhook has that is not given in the file.
func defaultWebhook() Webhook { return Webhook{Format: "json"} }

// SNMP is the way to a management system. It is off unless Target is set.
type SNMP struct {
	Target       string `toml:"target"`    // host:port
	Version      string `toml:"version"`   // "2c" or "3"
	Send         string `toml:"send"`      // "trap" or "inform"
	Community    Secret `toml:"community"` // of version 2c
	User         Secret `toml:"user"`      // of version 3, as all below
	Auth         string `toml:"auth"`      // hash, empty = none
	AuthPassword Secret `toml:"auth_password"`
	Priv         string `toml:"priv"` // cipher, empty = none
	PrivPassword Secret `toml:"priv_password"`
	EngineID     string `toml:"engine_id"` // hexadecimal; empty = one made of the host name
}

// Enabled reports whether alerts go to a management system.
func (s SNMP) Enabled() bool { return s.Target != "" }

// ways returns the names that a rule may give as notify.
func (c *Config) ways() []string {
	all := []string{"telegram"} // its token may be in the environment
	if c.Email.Enabled() {
		all = append(all, "email")
	}
	if c.SNMP.Enabled() {
		all = append(all, "snmp")
	}
	for _, w := range c.Webhooks {
		if w.Name != "" && !slices.Contains(all, w.Name) {
			all = append(all, w.Name)
		}
	}
	return all
}
