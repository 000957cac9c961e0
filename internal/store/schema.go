package store

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// This is the schema that is promised to everyone who opens a day file.
const (
	// Columns are those of every table of messages, in their order, without
	// the virtual one.
	Columns = "id,received_at,sent_at,facility,severity,hostname,app_name,proc_id,msg_id,structured_data,raw,message_at"

	columnsBeforeAddress = `id INTEGER PRIMARY KEY`
	columnsAfterAddress  = `received_at INTEGER,sent_at INTEGER,facility INTEGER,severity INTEGER,` +
		`hostname TEXT,app_name TEXT,proc_id TEXT,msg_id TEXT,structured_data TEXT,` +
		`raw TEXT,message_at INTEGER,message AS (substr(raw, message_at + 1))`

	// inboxTable holds the rows that are not yet in the table of their device.
	inboxTable = "inbox"
	// otherAddress stands in devices for the table of rows without a table of
	// their own.
	otherAddress = "other"

	// applicationID marks our day files: "Logb".
	applicationID = 0x4c6f6762
)

// dayMigrations make the schema of a day file. Tables of devices are made when
// the devices speak.
var dayMigrations = []string{`
CREATE TABLE devices(address TEXT PRIMARY KEY,table_name TEXT NOT NULL,first_at INTEGER,last_at INTEGER,messages INTEGER NOT NULL DEFAULT 0);
CREATE TABLE inbox(` + columnsBeforeAddress + `,address TEXT,` + columnsAfterAddress + `)`}

// createTable returns the statement that makes the table of a device.
func createTable(name string) string {
	return "CREATE TABLE IF NOT EXISTS " + name + "(" + columnsBeforeAddress + "," + columnsAfterAddress + ")"
}

// createOther returns the statement that makes the table for the rows of many
// devices.
func createOther(name string) string {
	return "CREATE TABLE IF NOT EXISTS " + name + "(" + columnsBeforeAddress + ",address TEXT," + columnsAfterAddress + ")"
}

// AddressText returns a as it stands in the address columns: v4-mapped as v4,
// without a zone; "unknown" for the zero Addr.
func AddressText(a netip.Addr) string {
	if !a.IsValid() {
		return "unknown"
	}
	return a.Unmap().WithZone("").String()
}

// TableName returns the name of the table of device a on a day. It needs no
// quotes in SQL.
func TableName(a netip.Addr, day int) string {
	return fmt.Sprintf("logs_%s_%08d", strings.NewReplacer(".", "_", ":", "_").Replace(AddressText(a)), day)
}

// OtherTable returns the name of the table in which, with an address column,
// the rows of devices beyond the limit of tables are.
func OtherTable(day int) string { return fmt.Sprintf("logs_other_%08d", day) }

// FileName returns the name of the file of a day. Part 0 is the one people
// look for; parts from 1 exist only on days when it could not be written.
func FileName(day, part int) string {
	if part == 0 {
		return fmt.Sprintf("syslog_%08d.db", day)
	}
	return fmt.Sprintf("syslog_%08d.%d.db", day, part)
}

// ParseFileName is the inverse of FileName. Other names, among them those of
// damaged files that were set aside and of write-ahead logs, are not ok.
func ParseFileName(name string) (day, part int, ok bool) {
	s, prefixed := strings.CutPrefix(name, "syslog_")
	s, suffixed := strings.CutSuffix(s, ".db")
	if !prefixed || !suffixed {
		return 0, 0, false
	}
	date, number, more := strings.Cut(s, ".")
	day, err := strconv.Atoi(date)
	if err != nil || len(date) != 8 {
		return 0, 0, false
	}
	if more {
		if part, err = strconv.Atoi(number); err != nil || part < 1 {
			return 0, 0, false
		}
	}
	return day, part, FileName(day, part) == name
}

// A dayPath is one file of a day.
type dayPath struct {
	Day, Part int
	Path      string
}

// dayFiles returns the day files in a directory, oldest day first, then by
// part. Files that were set aside as damaged are not among them.
func dayFiles(directory string) ([]dayPath, error) {
	entries, err := os.ReadDir(directory)
	if err != nil {
		return nil, err
	}
	var files []dayPath
	for _, e := range entries {
		if day, part, ok := ParseFileName(e.Name()); ok && isFile(directory, e) {
			files = append(files, dayPath{day, part, filepath.Join(directory, e.Name())})
		}
	}
	slices.SortFunc(files, func(a, b dayPath) int {
		if a.Day != b.Day {
			return a.Day - b.Day
		}
		return a.Part - b.Part
	})
	return files, nil
}

// isFile reports whether an entry of a directory is a file, or leads to one.
// Opening anything else may wait for ever, as for the writer of a FIFO.
func isFile(directory string, e os.DirEntry) bool {
	if e.Type()&os.ModeSymlink == 0 {
		return e.Type().IsRegular()
	}
	info, err := os.Stat(filepath.Join(directory, e.Name()))
	return err == nil && info.Mode().IsRegular()
}

// DayOf returns the day of a time in µs since 1970 UTC, as
// year*10000 + month*100 + day in the zone.
func DayOf(micros int64, zone *time.Location) int {
	return dayNumber(time.UnixMicro(micros).In(zone))
}

func dayNumber(t time.Time) int {
	y, m, d := t.Date()
	return y*10000 + int(m)*100 + d
}

// A span of time in which every moment belongs to one day. Days can consist of
// more than one span: zones have set their clocks back over midnight.
type daySpan struct {
	Day        int
	start, end int64 // µs since 1970 UTC, end excluded
}

func (s daySpan) contains(micros int64) bool { return micros >= s.start && micros < s.end }

// spanOf returns a span around a time, ending at the latest where the zone
// changes its offset.
func spanOf(micros int64, zone *time.Location) daySpan {
	const day = 24 * 60 * 60 * 1e6
	t := time.UnixMicro(micros).In(zone)
	_, seconds := t.Zone()
	offset := int64(seconds) * 1e6
	start := floorDiv(micros+offset, day)*day - offset
	span := daySpan{DayOf(micros, zone), start, start + day}
	from, to := t.ZoneBounds()
	if !from.IsZero() {
		span.start = max(span.start, from.UnixMicro())
	}
	if !to.IsZero() {
		span.end = min(span.end, to.UnixMicro())
	}
	return span
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
