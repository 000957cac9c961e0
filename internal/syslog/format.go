package syslog

// A Format tells by which habit the header of a message was read.
type Format uint8

// The formats. Unknown is a message without any header that was understood.
const (
	Unknown Format = iota
	RFC5424
	RFC3164
	Cisco     // IOS, ASA, IOS XR: "643: *Jan  8 19:46:03.295: %LINK-3-UPDOWN: "
	NXOS      // year first: ": 2020 Oct 22 19:01:28 MSK: %"
	Huawei    // "%%01" and the blocks of its OLTs
	H3C       // Comware: year last, "%%10"
	MikroTik  // topics: "system,info,account "
	FortiGate // "date=2026-01-02 time=15:04:05 devname=..."
	KeyValue  // other devices that begin with id=, time= or device=
	Meraki    // seconds since 1970 in place of a date
	NetScaler // month/day/year:time, or time and zone alone
	ZTE       // time before the date
	HSGQ      // "[2026/05/17 19:18:52]  Warning: "
	CEF       // "CEF:" and "LEEF:" behind any header
)

var formatNames = [...]string{
	"unknown", "rfc5424", "rfc3164", "cisco", "nxos", "huawei", "h3c", "mikrotik", "fortigate",
	"keyvalue", "meraki", "netscaler", "zte", "hsgq", "cef",
}

// String returns the name that commands and the API show: "rfc3164", "cisco".
func (f Format) String() string {
	if int(f) < len(formatNames) {
		return formatNames[f]
	}
	return formatNames[Unknown]
}
