// Package query is the small language in which people say which messages they
// mean: in the search box, on the command line, in the live tail and in alert
// rules. A [Query] judges messages in memory and writes itself as a condition
// for SQLite that finds the same rows. The package does no I/O.
//
// # The language
//
// Words must all occur, as parts of the message, in any case. Quotes hold words
// together, a minus asks for messages without, OR (in capitals) binds weaker
// than standing side by side, brackets group:
//
//	deregister 0/1/2
//	"link down" -administratively
//	(rogue OR loopback) site:North
//
// A regular expression stands between slashes. It has the syntax of RE2, takes
// no notice of case unless it begins with (?-i), and its dot matches line
// breaks too. A slash within it is written \/.
//
//	/ONU 0\/1\/\d+ lost/
//
// It looks at the first 8 kB of a message, and its repeats must not make it too
// long: see [MaxMatched] and [MaxParts].
//
// Fields look at one part of a message. All but severity take a star at the
// end, for "begins with":
//
//	device:10.0.0.1  device:10.1.0.0/16  device:10.1.*  device:"OLT North"
//	name:OLT*  site:North  app:sshd  host:sw-*  facility:local7
//	port:0/1/2         the port as a whole: neither 0/1/20 nor 1/0/1/2
//	severity:err       exactly; severity:err+ is that and worse
//
// In a bare word, what begins with letters and a colon is a field; text of that
// kind is searched for in quotes: "Reason:Laser out".
//
// Letters beyond ASCII are compared by simple case folding; those of ASCII are
// equal to ASCII only, so that SQLite, which folds no others, finds no fewer.
//
// docs/search.md shows it to those who search.
package query

import (
	"net/netip"

	"github.com/logboom/logboom/internal/syslog"
)

// Limits of a query. What is beyond them is refused with an [*Error].
const (
	MaxText  = 1024 // bytes of a query
	MaxDepth = 20   // brackets and minus signs within each other
	MaxTerms = 64   // words, phrases, regular expressions and fields
	MaxParts = 1024 // of its regular expressions, with their repeats written out
)

// MaxMatched is how many bytes of a message regular expressions look at, as if
// it ended there. The time that they take grows with it and with their parts:
// at both limits it is some 0.1 s, at 64 kB it would be one.
const MaxMatched = 8 << 10

// A Directory knows what people call their devices. It is asked for every
// message that a query with names has to judge, from several goroutines.
type Directory interface {
	// Device returns the name and the site of a device, "" if it has none.
	Device(netip.Addr) (name, site string)
}

// A Query is a parsed query. It does not change, so that several goroutines may
// use it. The zero Query matches every message.
type Query struct {
	text string
	root node // nil = every message
}

// Parse reads a query; an empty one matches every message.
// The error is an [*Error].
func Parse(text string) (*Query, error) { return parse(text, false) }

// ParseRule reads the query of an alert rule: the same language, but words,
// phrases and regular expressions look at what was [Said] only and not at the
// rest of the header, so that a host name cannot raise an alarm.
// The error is an [*Error].
func ParseRule(text string) (*Query, error) { return parse(text, true) }

// Match reports whether the query holds for r. d may be nil: no device has a
// name then.
func (q *Query) Match(r *syslog.Record, d Directory) bool {
	return q.root == nil || q.root.match(r, d)
}

// MatchesAll reports whether the query is empty: every message matches.
func (q *Query) MatchesAll() bool { return q.root == nil }

// MayMatchSource reports whether any message of the device a can match; if not,
// nobody has to read them. d may be nil.
func (q *Query) MayMatchSource(a netip.Addr, d Directory) bool {
	return q.root == nil || !q.root.sql(scope{src: a.Unmap(), dir: d}).may.is(never)
}

// SQL returns a condition for SQLite over the columns facility, severity,
// hostname, app_name, raw and message_at of rows that the device src sent; with
// an invalid src they are of several devices. d may be nil.
//
// The condition holds for every row that [Query.Match] accepts and for as few
// others as SQLite can tell. If exact, there are no others, else Match has to
// look at each row. args stand for the question marks in where, in order.
func (q *Query) SQL(src netip.Addr, d Directory) (where string, args []any, exact bool) {
	if q.root == nil {
		return always.text, nil, true
	}
	return whole(q.root, src.Unmap(), d)
}

// String returns the query in its plain form, which is parsed to an equal one.
func (q *Query) String() string {
	if q.root == nil {
		return ""
	}
	if s := plain(q.root); len(s) <= MaxText {
		return s
	}
	return q.text
}
