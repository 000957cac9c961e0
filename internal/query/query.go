// Package query is the small language in which people say which messages they
// mean: in the search box, on the command line, in the live tail and in alert
// rules. It is silent on I/O: a [Query] judges messages in memory, and writes
// itself as a condition for SQLite that finds the same rows.
//
// A query is words that must all occur, in any case:
//
//	deregister 0/1/2
//	"link down" -administratively
//	(rogue OR loopback) device:10.1.* severity:warning+
//	/ONU \d+\/\d+ lost/
//
// DESIGN.md, "Query language", is the contract.
package query

import (
	"net/netip"

	"github.com/logboom/logboom/internal/syslog"
)

// A Directory knows what people call their devices. It is asked for each
// message, so it must be fast, and from several goroutines.
type Directory interface {
	// Device returns the name and site of a device, "" if it has none.
	Device(netip.Addr) (name, site string)
}

// A Query is a parsed query. It does not change and may be used by several
// goroutines.
type Query struct {
	text string
	root node
	rule bool // words look at the text of the message only
}

type node interface {
	match(m *message) bool
}

type message struct {
	record *syslog.Record
	dir    Directory
}

// Parse reads a query; "" matches every message. The error is an [*Error].
func Parse(text string) (*Query, error) { return parse(text, false) }

// ParseRule reads a query of an alert rule: the same language, but words,
// phrases and regular expressions look at the text of the message only and not
// at its header, so that a host name cannot raise an alarm.
// The error is an [*Error].
func ParseRule(text string) (*Query, error) { return parse(text, true) }

func parse(text string, rule bool) (*Query, error) {
	return &Query{text: text, rule: rule}, nil
}

// Match reports whether the query holds for r. d may be nil.
func (q *Query) Match(r *syslog.Record, d Directory) bool {
	return q.root == nil || q.root.match(&message{r, d})
}

// MayMatchSource reports whether a message of the device a can match at all;
// if not, its table need not be read. d may be nil.
func (q *Query) MayMatchSource(a netip.Addr, d Directory) bool { return true }

// SQL returns a condition over the columns facility, severity, hostname,
// app_name, raw and message_at that holds for every row that [Query.Match]
// accepts, and for as few others as SQLite can tell. If exact, there are no
// others; if not, Match has to look at each row. src is the device whose rows
// these are, invalid if they are of several. args are bound to the "?" in
// where, in order.
func (q *Query) SQL(src netip.Addr, d Directory) (where string, args []any, exact bool) {
	return "1", nil, q.root == nil
}

// String returns the query in its plain form, which parses to an equal one.
func (q *Query) String() string { return q.text }
