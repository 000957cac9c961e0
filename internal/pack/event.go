// Package pack reads what equipment says.
package pack

import "github.com/logboom/logboom/internal/syslog"

type State uint8

const (
	Info State = iota
	Raise
	Clear
)

const NoSeverity = 8

type Event struct {
	Vendor   string
	Kind     string
	State    State
	Clears   []string
	PON      string
	ONU      string
	Serial   string
	Port     string
	Cause    string
	Severity uint8
	Proves   bool
}

type KindInfo struct {
	Kind, Title string
	Severity    uint8
	Alarm       bool
}

func Kinds() []KindInfo {
	return []KindInfo{{"onu_power", "ONU lost power", 3, true}, {"onu_los", "ONU lost its signal", 3, true}, {"onu_down", "ONU offline", 3, true}, {"pon_down", "PON down", 2, true}, {"pon_mass_power", "ONUs without power", 2, true}, {"link", "Port down", 3, true}, {"login_ok", "Login", 6, false}}
}

type Reader struct{}

func (r *Reader) Read(m *syslog.Record, vendor string) (Event, bool) { return Event{}, false }

type Set struct{}

func (s *Set) NewReader() *Reader { return &Reader{} }
