package pack

import "slices"

// A KindInfo is what people are told of a kind of event.
type KindInfo struct {
	Kind     string
	Title    string // "ONU lost power"
	Severity uint8  // shown at least as this, 0 to 7
	Alarm    bool   // false: an event and never an incident
}

// Kinds returns all kinds of events, in a fixed order: of ONUs, PONs, ports, the
// device, people, protocols; then those that are no alarms.
//
// Nothing ends a reboot, login_fail or attack: they are raised and pass.
func Kinds() []KindInfo { return slices.Clone(kinds) }

var kinds = []KindInfo{
	{"onu_power", "ONU lost power", 3, true},
	{"onu_los", "ONU lost its signal", 3, true},
	{"onu_down", "ONU offline", 3, true},
	{"onu_alarm", "ONU reports an alarm", 4, true},
	{"onu_degraded", "ONU signal is bad", 4, true},
	{"onu_optics", "ONU optical power out of range", 4, true},
	{"onu_auth", "ONU not accepted", 4, true},
	{"onu_new", "Unknown ONU found", 5, true},
	{"onu_rogue", "Rogue ONU found", 2, true},
	{"onu_loop", "Loop found behind an ONU", 4, true},
	{"pon_down", "PON port down", 2, true},
	{"pon_mass_power", "Many ONUs of a PON lost power", 2, true},
	{"pon_errors", "Errors on a PON", 4, true},

	{"link", "Link down", 4, true},
	{"link_errors", "Errors on a link", 4, true},
	{"optics", "Optical module failed or out of range", 4, true},
	{"loop", "Loop found", 3, true},
	{"mac_flap", "MAC address moves between ports", 4, true},
	{"storm", "Storm of packets found", 4, true},
	{"stp", "Port blocked by spanning tree", 4, true},
	{"port_disabled", "Port disabled for an error", 4, true},
	{"port_security", "Port security violated", 4, true},

	{"power", "Power supply failed", 2, true},
	{"battery", "Battery low or failed", 3, true},
	{"fan", "Fan failed", 3, true},
	{"temp", "Temperature out of range", 3, true},
	{"voltage", "Voltage out of range", 4, true},
	{"cpu", "Processor overloaded", 4, true},
	{"memory", "Out of memory", 4, true},
	{"board", "Board or module failed", 3, true},
	{"chassis", "Chassis reports an alarm", 4, true},
	{"stack", "Stack unit lost", 3, true},
	{"reboot", "Device restarted", 4, true},

	{"login_fail", "Login failed", 5, true},
	{"attack", "Attack found", 4, true},
	{"dhcp_rogue", "DHCP server found in the wrong place", 4, true},
	{"ip_conflict", "Address used twice", 4, true},

	{"bgp", "BGP session down", 3, true},
	{"ospf", "OSPF neighbour down", 3, true},
	{"isis", "IS-IS adjacency down", 3, true},
	{"bfd", "BFD session down", 4, true},
	{"neighbour", "Neighbour down", 4, true},
	{"time_sync", "Clock not synchronised", 5, true},

	{"onu_port", "LAN port of an ONU", 6, false},
	{"onu_removed", "ONU removed by an operator", 6, false},
	{"login_ok", "Login", 6, false},
	{"logout", "Logout", 6, false},
	{"config", "Configuration", 6, false},
	{"audit", "Command", 6, false},
	{"topology", "Spanning tree changed", 6, false},
	{"notice", "Notice", 6, false},
}

func isKind(s string) bool {
	return slices.ContainsFunc(kinds, func(k KindInfo) bool { return k.Kind == s })
}
