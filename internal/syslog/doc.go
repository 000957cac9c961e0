// Package syslog turns the bytes that network equipment sends into [Message]
// values, and streams of bytes into frames. It performs no I/O, reads no clock
// and starts no goroutine.
//
// [Parser.Parse] cannot fail. It knows the structured format of RFC 5424, the
// older and loosely followed one of RFC 3164, and what devices send in its
// place: sequence numbers, "*" and ".", up times and doubled headers (Cisco),
// the year before the time (Huawei), after it (H3C) or in front of the date
// (NX-OS, ZTE), offsets and zone names glued on or following, epoch times
// (Meraki), date= time= (FortiGate), brackets (HSGQ), topics alone (MikroTik),
// and no header at all. Whatever could not be read stays in the text: no
// datagram is lost for being badly formed.
//
// # What is a header and what is text
//
// The text is what follows the tag. The tag is the name of a program, or what
// the device writes in its place, and becomes AppName: "sshd" of "sshd[71]: ",
// "%LINK-3-UPDOWN" of "%LINK-3-UPDOWN: ", "IFNET/4/IF_STATE" of
// "%%01IFNET/4/IF_STATE(l)[7]:". Where both stand one after the other, the
// program is the tag and the mnemonic begins the text. [Message.Body] is the
// text with its tag, for rules that need both. The topics of MikroTik and the
// "CEF:" of CEF stay in the text as well, since readers of these need them.
//
// A first word without a colon is taken as a program only where it looks like
// one ("sudo", "apache_error", a name followed by a bracket); else it is text.
// A word with a colon that names a severity ("Warning:") is text, too.
//
// A PRI that is missing or invalid gives facility 1 and severity 5, and an
// invalid one is part of the text. "-" means absent.
//
// # Time
//
// A time without a year is in the year that brings it nearest to the time of
// receipt, so that December's messages arriving in January are not a year off;
// February 29 has no time where none of the years around now has that day. A
// time without a zone is in the zone of the device; in the hour that a change
// of clocks repeats or skips, the reading nearest to the time of receipt. Zone
// names mean what the device's own zone calls so; else the table in zones.go
// decides (CST is North America, IST is India). Second 60 is the next second.
// What cannot be a time gives [NoTime].
//
// Sources: RFC 5424 section 6 (format), RFC 3164 sections 4 and 5 (BSD
// format, and what relays meet), RFC 3339 section 5.6 (time), RFC 6587
// section 3.4 (framing over TCP).
package syslog
