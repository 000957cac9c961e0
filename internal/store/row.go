package store

import (
	"database/sql/driver"
	"net/netip"

	"github.com/logboom/logboom/internal/syslog"
)

// numColumns is the number of columns in Columns; an address may follow them.
const numColumns = 12

// recordOf makes a record of a row of a day file: the values of Columns and,
// in a table of several devices, the address. Files can be changed by others,
// so a value of another type than ours stands for an absent one.
//
// The fields are laid behind the raw message in one buffer, beyond the length
// of Raw but within its capacity, which is where their spans point.
func recordOf(row []driver.Value, day int, source netip.Addr) syslog.Record {
	if len(row) > numColumns {
		source = addressOf(row[numColumns])
	}
	r := syslog.Record{
		Position:   syslog.Position{Day: day, ID: integer(row[0], 0)},
		ReceivedAt: integer(row[1], 0),
		Source:     source,
	}
	r.SentAt = integer(row[2], syslog.NoTime)
	r.Facility = uint8(integer(row[3], syslog.DefaultFacility))
	r.Severity = uint8(integer(row[4], syslog.DefaultSeverity))

	const first, raw, last = 5, 10, 10 // hostname to structured_data, then raw
	size := 0
	for _, v := range row[first : last+1] {
		size += size1(v)
	}
	buf := appendText(make([]byte, 0, size), row[raw])
	length := len(buf)
	for i, span := range [...]*syslog.Span{&r.Hostname, &r.AppName, &r.ProcID, &r.MsgID, &r.StructuredData} {
		off := len(buf)
		buf = appendText(buf, row[first+i])
		if len(buf) > off {
			*span = syslog.Span{Off: uint32(off), Len: uint32(len(buf) - off)}
		}
	}
	r.Raw = buf[:length:len(buf)]

	at := integer(row[11], 0)
	if text, ok := row[raw].(string); ok {
		r.MessageAt = bytesOf(text, at)
	} else {
		r.MessageAt = int(min(max(at, 0), int64(length)))
	}
	return r
}

// integer returns an INTEGER, or otherwise if v is none.
func integer(v driver.Value, otherwise int64) int64 {
	if n, ok := v.(int64); ok {
		return n
	}
	return otherwise
}

// size1 returns the length of a TEXT or BLOB in bytes.
func size1(v driver.Value) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case []byte:
		return len(v)
	}
	return 0
}

func appendText(dst []byte, v driver.Value) []byte {
	switch v := v.(type) {
	case string:
		return append(dst, v...)
	case []byte:
		return append(dst, v...)
	}
	return dst
}

// bytesOf returns how many bytes the first n characters of text take up, at
// most all, counted as SQLite's substr counts them.
func bytesOf(text string, n int64) int {
	i := 0
	for ; n > 0 && i < len(text); n-- {
		c := text[i]
		i++
		if c >= 0xc0 {
			for i < len(text) && text[i]&0xc0 == 0x80 {
				i++
			}
		}
	}
	return i
}

// addressOf reads what AddressText wrote; "unknown" is the zero Addr.
func addressOf(v driver.Value) netip.Addr {
	s, _ := v.(string)
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}
	}
	return a
}
