package console

import (
	"cmp"
	"encoding/base64"
	"net/netip"
	"strings"
	"unicode/utf8"

	"github.com/logboom/logboom/internal/query"
	"github.com/logboom/logboom/internal/syslog"
)

// shownCharacters is how much of a message stands in a list. One line of
// 200 kB is enough to stop a browser; GET messages?id= has all of it.
const shownCharacters = 2000

// row is a message in GET messages. Fields that the message does not have are
// null.
type row struct {
	ID         string  `json:"id"`          // "20261122:48120331"
	ReceivedAt int64   `json:"received_at"` // µs since 1970 UTC, as all times here
	SentAt     *int64  `json:"sent_at"`
	Device     string  `json:"device"`
	DeviceName string  `json:"device_name,omitempty"`
	Site       string  `json:"site,omitempty"`
	Facility   uint8   `json:"facility"`
	Severity   uint8   `json:"severity"`
	Hostname   *string `json:"hostname"`
	AppName    *string `json:"app_name"`
	ProcID     *string `json:"proc_id"`
	MsgID      *string `json:"msg_id"`
	Structured *string `json:"structured_data"`
	Message    string  `json:"message"`
	Raw        *string `json:"raw,omitempty"`       // as it came, if that is valid UTF-8
	RawBase64  *string `json:"raw_b64,omitempty"`   // as it came, if it is not
	Truncated  bool    `json:"truncated,omitempty"` // message and raw are cut
}

// newRow returns r as JSON has it, texts cut to most characters; 0 = not cut.
func newRow(r *syslog.Record, d query.Directory, most int) row {
	out := row{
		ID: r.Position.String(), ReceivedAt: r.ReceivedAt, Device: r.Source.String(), Facility: r.Facility, Severity: r.Severity,
		Hostname: field(r, r.Hostname), AppName: field(r, r.AppName), ProcID: field(r, r.ProcID), MsgID: field(r, r.MsgID),
		Structured: field(r, r.StructuredData),
	}
	if r.SentAt != syslog.NoTime {
		out.SentAt = &r.SentAt
	}
	if d != nil {
		out.DeviceName, out.Site = d.Device(r.Source)
	}
	text, raw := r.Text(), r.Raw
	if most > 0 {
		var cut1, cut2 bool
		text, cut1 = cut(text, most)
		raw, cut2 = cut(raw, most)
		out.Truncated = cut1 || cut2
	}
	out.Message = string(text)
	if utf8.Valid(raw) {
		s := string(raw)
		out.Raw = &s
	} else {
		s := base64.StdEncoding.EncodeToString(raw)
		out.RawBase64 = &s
	}
	return out
}

func field(r *syslog.Record, s syslog.Span) *string {
	b := r.Get(s)
	if b == nil {
		return nil
	}
	t := string(b)
	return &t
}

// compareAddresses orders addresses as numbers, and anything else by its text.
func compareAddresses(a, b string) int {
	x, err1 := netip.ParseAddr(a)
	y, err2 := netip.ParseAddr(b)
	if err1 != nil || err2 != nil {
		return strings.Compare(a, b)
	}
	return cmp.Or(x.Compare(y), strings.Compare(a, b))
}
