package syslog

// zoneOffsets are the two offsets that a name may mean; the one that brings the
// time nearer to the time of receipt is taken. Most names mean one.
type zoneOffsets struct{ a, b int64 } // seconds east of UTC

// zoneTable gives the offset of a zone by name. Where the world uses a name
// more than once, the entry says which is taken; a device whose own zone goes
// by the name gets that one instead. ok is false for an unknown name.
func zoneTable(name []byte) (z zoneOffsets, ok bool) {
	const h, half = 3600, 1800
	one := func(o int64) (zoneOffsets, bool) { return zoneOffsets{o, o}, true }
	switch string(name) {
	case "Z", "UTC", "GMT", "WET", "UCT":
		return one(0)
	case "BST", "WEST", "CET", "MEZ", "MET", "WAT": // BST: Britain
		return one(h)
	case "CEST", "MESZ", "MEST", "EET", "CAT", "SAST":
		return one(2 * h)
	case "EEST", "MSK", "EAT", "TRT", "IDT":
		return one(3 * h)
	case "IRST":
		return one(3*h + half)
	case "MSD", "GST", "SAMT", "AZT", "GET", "AMT", "MUT": // GST: Gulf; AMT: Armenia
		return one(4 * h)
	case "AFT":
		return one(4*h + half)
	case "PKT", "UZT", "YEKT", "TJT", "TMT", "MVT":
		return one(5 * h)
	case "IST", "SLST": // IST: India, not Israel or Ireland
		return one(5*h + half)
	case "NPT":
		return one(5*h + 2700)
	case "BDT", "BTT", "ALMT", "OMST", "KGT": // BDT: Bangladesh
		return one(6 * h)
	case "MMT":
		return one(6*h + half)
	case "ICT", "WIB", "KRAT", "NOVT", "HOVT":
		return one(7 * h)
	case "HKT", "SGT", "MYT", "PHT", "WITA", "AWST", "IRKT", "ULAT":
		return one(8 * h)
	case "JST", "KST", "WIT", "YAKT":
		return one(9 * h)
	case "ACST":
		return one(9*h + half)
	case "AEST", "VLAT", "CHST":
		return one(10 * h)
	case "ACDT":
		return one(10*h + half)
	case "AEDT", "SAKT", "MAGT":
		return one(11 * h)
	case "NZST", "FJT", "PETT":
		return one(12 * h)
	case "NZDT":
		return one(13 * h)
	case "NST":
		return one(-3*h - half)
	case "NDT":
		return one(-2*h - half)
	case "BRST":
		return one(-2 * h)
	case "ADT", "BRT", "ART", "UYT", "CLST", "GFT":
		return one(-3 * h)
	case "EDT", "AST", "CLT", "BOT", "VET", "PYT", "GYT": // AST: Atlantic, not Arabia
		return one(-4 * h)
	case "EST", "CDT", "COT", "PET", "ECT":
		return one(-5 * h)
	case "CST", "MDT": // CST: North America, not China or Cuba
		return one(-6 * h)
	case "MST", "PDT":
		return one(-7 * h)
	case "PST", "AKDT": // PST: North America, not the Philippines
		return one(-8 * h)
	case "AKST", "HDT":
		return one(-9 * h)
	case "HST":
		return one(-10 * h)
	case "SST":
		return one(-11 * h)
	case "ET":
		return zoneOffsets{-5 * h, -4 * h}, true
	case "CT":
		return zoneOffsets{-6 * h, -5 * h}, true
	case "MT":
		return zoneOffsets{-7 * h, -6 * h}, true
	case "PT":
		return zoneOffsets{-8 * h, -7 * h}, true
	}
	return zoneOffsets{}, false
}

// commonZone says whether name is one that stands behind a time far more often
// than it names a host.
func commonZone(name []byte) bool {
	switch string(name) {
	case "UTC", "GMT", "Z", "CET", "CEST", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "MSK", "EET", "EEST", "BST", "IST", "JST":
		return true
	}
	return false
}
