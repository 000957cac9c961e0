package console

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"unicode/utf8"

	"github.com/logboom/logboom/internal/syslog"
)

// fullFields are the columns of a row of a live tail that was asked for with
// full=1: all there is of a message. Absent fields are null. A text that is no
// valid UTF-8 is an object, {"b64": ...}. message_at counts bytes of raw.
var fullFields = []string{
	"id", "received_at", "sent_at", "device", "facility", "severity",
	"hostname", "app_name", "proc_id", "msg_id", "structured_data", "message_at", "raw",
}

// exactText is foreign text in a full row, to the byte.
type exactText []byte

type encodedText struct {
	Base64 string `json:"b64"`
}

func (t exactText) MarshalJSON() ([]byte, error) {
	switch {
	case t == nil:
		return []byte("null"), nil
	case utf8.Valid(t):
		return json.Marshal(string(t))
	}
	return json.Marshal(encodedText{base64.StdEncoding.EncodeToString(t)})
}

func (t *exactText) UnmarshalJSON(b []byte) error {
	var s *string
	if json.Unmarshal(b, &s) == nil {
		if *t = nil; s != nil {
			*t = exactText(*s)
		}
		return nil
	}
	var e encodedText
	if err := json.Unmarshal(b, &e); err != nil {
		return err
	}
	raw, err := base64.StdEncoding.DecodeString(e.Base64)
	*t = raw
	return err
}

// fullCells returns r as a full row, which holds on to nothing of r.
func fullCells(r *syslog.Record) []any {
	text := func(b []byte) exactText {
		if b == nil {
			return nil
		}
		return append(exactText{}, b...)
	}
	var sent *int64
	if r.SentAt != syslog.NoTime {
		at := r.SentAt
		sent = &at
	}
	return []any{
		r.ID, r.ReceivedAt, sent, r.Source.String(), r.Facility, r.Severity,
		text(r.Get(r.Hostname)), text(r.Get(r.AppName)), text(r.Get(r.ProcID)), text(r.Get(r.MsgID)), text(r.Get(r.StructuredData)),
		r.MessageAt, append(exactText{}, r.Raw...),
	}
}

// ReadRow makes a record of a row that a live tail gave to who asked for full=1.
// Columns of a newer server are passed over.
func ReadRow(day int, fields []string, cells []json.RawMessage) (*syslog.Record, error) {
	r := &syslog.Record{Position: syslog.Position{Day: day}}
	var sent *int64
	var device string
	var texts [5]exactText
	var raw exactText
	to := map[string]any{
		"id": &r.ID, "received_at": &r.ReceivedAt, "sent_at": &sent, "device": &device, "facility": &r.Facility, "severity": &r.Severity,
		"hostname": &texts[0], "app_name": &texts[1], "proc_id": &texts[2], "msg_id": &texts[3], "structured_data": &texts[4],
		"message_at": &r.MessageAt, "raw": &raw,
	}
	for i, cell := range cells[:min(len(cells), len(fields))] {
		if to[fields[i]] == nil {
			continue
		}
		if err := json.Unmarshal(cell, to[fields[i]]); err != nil {
			return nil, fmt.Errorf("%s: %w", fields[i], err)
		}
		delete(to, fields[i])
	}
	if len(to) > 0 || r.MessageAt < 0 || r.MessageAt > len(raw) {
		return nil, errors.New("a row is not whole; the server is of another version")
	}
	if r.SentAt = syslog.NoTime; sent != nil {
		r.SentAt = *sent
	}
	r.Source, _ = netip.ParseAddr(device) // the zero Addr is "invalid IP"
	// The fields lie behind the message, beyond the length of Raw, as in records
	// of the store.
	buf := []byte(raw)
	for i, span := range []*syslog.Span{&r.Hostname, &r.AppName, &r.ProcID, &r.MsgID, &r.StructuredData} {
		if len(texts[i]) > 0 {
			*span = syslog.Span{Off: uint32(len(buf)), Len: uint32(len(texts[i]))}
			buf = append(buf, texts[i]...)
		}
	}
	r.Raw = buf[:len(raw):len(buf)]
	return r, nil
}
