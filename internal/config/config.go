// Package config reads config.toml and explains everything that is wrong with
// it at once, in words for the person who edits it.
//
// [Default] holds the settings of a machine without a file. [Load] lays the
// file over them, and over that console.toml, in which the web console keeps
// what people set there. What it returns is complete and checked: whoever
// builds a part from it need not look for mistakes again. If there are any, the
// error is [Problems].
//
// The file that is shipped is the reference of all keys. A test holds it equal
// to the fields below.
//
// Source: TOML 1.0 (toml.io/en/v1.0.0), read by github.com/BurntSushi/toml.
package config

import (
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/pack"
)

// Config is all settings of a server. Paths in it are absolute after [Load].
type Config struct {
	Path string `toml:"-"` // the file it was read from; empty = defaults only

	Listen    Listen    `toml:"listen"`
	Store     Store     `toml:"store"`
	Retention Retention `toml:"retention"`
	Telegram  Telegram  `toml:"telegram"`
	Email     Email     `toml:"email"`
	Webhooks  []Webhook `toml:"webhook"`
	SNMP      SNMP      `toml:"snmp"`
	Alerts    Alerts    `toml:"alerts"`
	Devices   []Device  `toml:"device"`
	DNS       DNS       `toml:"dns"`
	Console   Console   `toml:"console"`
	Log       Log       `toml:"log"`

	version string      // of the text of the file
	packs   []pack.File // of the folder packs beside the file
	overlay *Overlay    // what console.toml held, and what is below it; nil = it was not looked for

	origin map[string]string // key -> where its value comes from, for Show; absent = default
}

// Listen says where messages may come in.
type Listen struct {
	UDP []string `toml:"udp"` // host:port, host empty = all addresses
	TCP []string `toml:"tcp"` // RFC 6587
	TLS []string `toml:"tls"` // RFC 5425; not empty = TLSCert and TLSKey are set

	TLSCert     string `toml:"tls_cert"`      // PEM file, chain included
	TLSKey      string `toml:"tls_key"`       // PEM file
	TLSClientCA string `toml:"tls_client_ca"` // PEM file; set = senders must show a certificate of it

	Allow []netip.Prefix `toml:"allow"` // who may send; empty = everyone

	ReceiveBuffer Size `toml:"receive_buffer"` // SO_RCVBUF; 0 = leave it to the system
	MaxMessage    Size `toml:"max_message"`    // longer messages are cut and counted
}

// Store says how messages are kept.
type Store struct {
	Directory  string        `toml:"directory"`   // empty = the system's place, see DataDirectory
	BatchSize  int           `toml:"batch_size"`  // messages a transaction, 1 to 10000
	BatchWait  time.Duration `toml:"batch_wait"`  // or after so long, 1ms to 10s
	QueueSize  int           `toml:"queue_size"`  // messages waiting in memory, BatchSize to 10 million
	Sync       string        `toml:"sync"`        // "full" or "normal"
	Timezone   string        `toml:"timezone"`    // "Local", "UTC" or a name such as "Asia/Dhaka"
	MaxDevices int           `toml:"max_devices"` // tables a day, 1 to 100000
}

// Retention says how long messages are kept. Zero anywhere = no such limit.
type Retention struct {
	Days    int  `toml:"days"`
	MaxSize Size `toml:"max_size"`
	MinFree Size `toml:"min_free"` // of the disk
}

// Telegram is the way to people's phones. It is off unless Token is set.
type Telegram struct {
	Token     Secret `toml:"token"` // the one in force: from here, TokenFile or the environment
	TokenFile string `toml:"token_file"`
	ChatID    string `toml:"chat_id" accept:"number"` // "-1001234567890" or "@name"
	ThreadID  int    `toml:"thread_id"`               // topic of the chat; 0 = none
	APIURL    URL    `toml:"api_url"`
	Proxy     URL    `toml:"proxy"` // http, https, socks5; empty = direct

	Commands     bool     `toml:"commands"`      // answer /status and others, and buttons under alerts
	AllowedUsers []string `toml:"allowed_users"` // who may: ids or "@name"; empty = who is in a chat
	Route        []Route  `toml:"route"`         // other chats for a part of the alerts
}

// A Route is one [[telegram.route]]: a chat or topic that is told of a part of
// the alerts. An alert must fit all that is given, of which something must be.
type Route struct {
	ChatID   string   `toml:"chat_id" accept:"number"` // empty = that of Telegram, for a topic of it
	ThreadID int      `toml:"thread_id"`               // topic; 0 = none
	Rules    []string `toml:"rules"`                   // names of rules, or what vendors' messages mean: "ONU lost power"; empty = any
	Sites    []string `toml:"sites"`                   // of [[device]]; empty = any, and devices without one
	Severity string   `toml:"severity"`                // this or worse; empty = any

	from string // file it stands in
}

// Enabled reports whether alerts go to Telegram.
func (t Telegram) Enabled() bool { return t.Token != "" }

// Alerts says which messages people are told of.
type Alerts struct {
	Keywords []string      `toml:"keywords"` // plain words, any case
	Packs    []string      `toml:"packs"`    // of alert.Packs
	Vendors  []string      `toml:"vendors"`  // of pack.Names, or "all"
	Cooldown time.Duration `toml:"cooldown"` // 1s to 7 days

	Silence    bool `toml:"silence"`     // people are told of devices that have gone quiet
	NewDevices bool `toml:"new_devices"` // and of those that are heard for the first time

	Rule []Rule `toml:"rule"`
}

// A Rule is one [[alerts.rule]].
type Rule struct {
	Name      string         `toml:"name"`
	Enabled   bool           `toml:"enabled"`   // false: it is kept and checked, and finds nothing
	Query     string         `toml:"query"`     // language of package query
	Device    []netip.Prefix `toml:"device"`    // empty = every device
	Threshold int            `toml:"threshold"` // messages within Within, 1 to 10000
	Within    time.Duration  `toml:"within"`    // 1s to 24h
	Cooldown  time.Duration  `toml:"cooldown"`  // 0 = that of Alerts
	Clear     string         `toml:"clear"`     // query that ends the trouble, or a time without such messages; empty = nothing does
	Key       []string       `toml:"key"`       // what makes two messages the same trouble: named groups of the queries, "app", "host"; "device" always does
	Hold      time.Duration  `toml:"hold"`      // how long it has to last before people are told, 0 to 24h
	Schedule  string         `toml:"schedule"`  // when it is in force, as "mon-fri 08:00-18:00"; empty = always
	Severity  string         `toml:"severity"`  // shown as at least this; empty = that of the message
	Text      string         `toml:"text"`      // what people read, with {device}, {site}, {object}, {message} and named groups; empty = the name
	Examples  []string       `toml:"examples"`  // "hit: ", "miss: " or "clear: " and a message, as it comes or its text alone: what the rule has to make of it
	Notify    []string       `toml:"notify"`    // "telegram", "email", "snmp", names of webhooks; empty = all there are

	from string // file it stands in
}

// A Device is one [[device]]: what people know of a sender and it does not say.
type Device struct {
	Address     netip.Addr    `toml:"address"`
	Name        string        `toml:"name"`
	Site        string        `toml:"site"`
	Timezone    string        `toml:"timezone"`     // of its clock; empty = that of the store
	Encoding    string        `toml:"encoding"`     // of its text, where it is not UTF-8; empty = unknown
	SilentAfter time.Duration `toml:"silent_after"` // 1m to 365d; SilentNever = its silence is no trouble; 0 = not set: against its habit

	from string          // file it stands in
	set  map[string]bool // keys given there
}

// SilentNever is what silent_after = "0" is read as.
const SilentNever time.Duration = -1

// DNS says what may be asked of the name servers of this machine.
type DNS struct {
	Reverse bool `toml:"reverse"` // names of devices that have none in the file
}

// Console is the web console and the HTTP API.
type Console struct {
	Listen             string   `toml:"listen"`               // empty = neither is there; beyond loopback somebody must be able to sign in
	Names              []string `toml:"names"`                // other names under which people open it
	PasswordOnLoopback bool     `toml:"password_on_loopback"` // who asks from this machine has to sign in, too
	TLS                bool     `toml:"tls"`                  // who asks from elsewhere needs it
	TLSCert            string   `toml:"tls_cert"`             // PEM file, chain included; empty = a certificate of our own
	TLSKey             string   `toml:"tls_key"`              // PEM file
}

// Log is Logboom's own log, not what devices send.
type Log struct {
	File       string `toml:"file"`         // empty = terminal in the foreground, SystemLogFile as a service
	Level      string `toml:"level"`        // debug, info, warn or error
	MaxSizeMB  int    `toml:"max_size_mb"`  // a new file is begun at this size
	MaxBackups int    `toml:"max_backups"`  // old files kept; 0 = all
	MaxAgeDays int    `toml:"max_age_days"` // 0 = no limit
}

// SlogLevel is Level as log/slog has it.
func (l Log) SlogLevel() slog.Level {
	var level slog.Level
	if level.UnmarshalText([]byte(l.Level)) != nil {
		return slog.LevelInfo
	}
	return level
}

// Default returns the settings of a machine without a file.
func Default() *Config {
	return &Config{
		Listen: Listen{
			UDP:           defaultUDP(),
			ReceiveBuffer: 16 << 20,
			MaxMessage:    64 << 10,
		},
		Store: Store{
			BatchSize:  1000,
			BatchWait:  100 * time.Millisecond,
			QueueSize:  50_000,
			Sync:       "full",
			Timezone:   "Local",
			MaxDevices: 10_000,
		},
		Retention: Retention{Days: 30, MinFree: 1 << 30},
		Telegram:  Telegram{APIURL: "https://api.telegram.org", Commands: true},
		Email:     Email{TLS: "starttls"},
		SNMP:      SNMP{Version: "2c", Send: "trap"},
		Alerts: Alerts{
			Keywords: alert.DefaultKeywords(),
			Packs:    alert.Packs(),
			Vendors:  []string{allVendors},
			Cooldown: 5 * time.Minute,
			Silence:  true,
		},
		Console: Console{Listen: "127.0.0.1:8514", TLS: true},
		Log:     Log{Level: "info", MaxSizeMB: 10, MaxBackups: 5, MaxAgeDays: 30},
	}
}

func defaultUDP() []string { return []string{":514", ":1514"} }

// defaultRule returns what a rule has that is not given in the file.
func defaultRule() Rule {
	return Rule{Enabled: true, Threshold: 1, Within: time.Minute}
}

// ListenDefault reports whether listen.udp is the default, which a server
// without the right to open port 514 may replace by higher ports.
func (c *Config) ListenDefault() bool { return slices.Equal(c.Listen.UDP, defaultUDP()) }

// DataDirectory returns where the day files are: store.directory, or the
// system's place if that is empty.
func (c *Config) DataDirectory() string {
	if c.Store.Directory != "" {
		return c.Store.Directory
	}
	return SystemDataDirectory()
}

// Location returns the zone of store.timezone, in which days begin and end.
func (c *Config) Location() *time.Location {
	loc, err := loadZone(c.Store.Timezone)
	if err != nil {
		return time.Local
	}
	return loc
}
