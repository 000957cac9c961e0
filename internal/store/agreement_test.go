package store

import (
	"bytes"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/logboom/logboom/internal/query"
	"github.com/logboom/logboom/internal/sqlite"
	"github.com/logboom/logboom/internal/syslog"
)

// pieces are what messages and queries of the agreement test are made of: what
// SQLite and Go may see differently.
var pieces = []string{
	"lost", "LOST", "Onu", "onu", "0/1", "0/1/2:7", "10/1", "Gi0/1", "100%", "a_b", "a%b", `C:\x`, "%", "_", `\`, `"`, "'", "link", "lin\u212a", "Lo\u017ft", "s", "k",
	"порт", "ПОРТ", "Порт", "掉电", "ß", "ẞ", "İ", "ı", "ǅ", "ǆ", "Σ", "ς", "σ", "é", "É", "e\u0301", "\U0001F600", "\ufffd", ";--", "-x", "(", ")", "/", ":", "*",
}

// broken are pieces that make a message a BLOB.
var broken = []string{"\x00", "\xff", "\xc3", "\xe6\x8e", "\xed\xa0\x80"}

// people name the devices of the agreement test.
type people struct{}

var senders = []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("2001:db8::1")}

func (people) Device(a netip.Addr) (name, site string) {
	if a == senders[0] {
		return "Onu порт", "link"
	}
	return "", ""
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// wording returns some pieces, at times with what makes a BLOB of it.
func wording(r *rand.Rand, most int, blobs bool) string {
	var b strings.Builder
	for range r.IntN(most + 1) {
		if blobs && r.IntN(8) == 0 {
			b.WriteString(pick(r, broken))
		}
		b.WriteString(pick(r, pieces))
		if r.IntN(2) == 0 {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// inQuotes writes s as a phrase or value.
func inQuotes(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// condition returns a random query.
func condition(r *rand.Rand, depth int) string {
	if depth > 0 {
		switch r.IntN(6) {
		case 0:
			return "(" + condition(r, depth-1) + " OR " + condition(r, depth-1) + ")"
		case 1:
			return condition(r, depth-1) + " " + condition(r, depth-1)
		case 2:
			return "-(" + condition(r, depth-1) + ")"
		}
	}
	star := pick(r, []string{"", "*"})
	value := pick(r, pieces)
	switch r.IntN(14) {
	case 0:
		return "severity:" + pick(r, []string{"err", "err+", "0", "debug+", "emerg+"})
	case 1:
		return "facility:" + pick(r, []string{"kern", "local*", "23"})
	case 2:
		return "host:" + inQuotes(pick(r, []string{"", value})+star)
	case 3:
		return "app:" + inQuotes(pick(r, []string{"", value})+star)
	case 4:
		return pick(r, []string{"device:10.0.0.1", "device:10.0.0.*", "device:10.0.0.0/31", `device:"onu ПОРТ"`, "device:2001:db8::/32", "name:onu*", `name:""`, "site:LIN*"})
	case 5:
		return "port:" + inQuotes(pick(r, []string{"0/1", "0/1/2:7", "gi0/1", "порт", "100%", "_"})+star)
	case 6:
		return pick(r, []string{`/lo[s\x{17f}]t/`, `/(?-i)lost/`, `/onu.*lost/`, `/(порт|link)/`, `/\x00/`, `/\d\/\d/`, `/li(n|m)k|s/`, `/^.?$/`, `/[^a-z]онт|onu? /`})
	case 7:
		return "-" + inQuotes(value)
	}
	return inQuotes(value + pick(r, []string{"", "", " ", pick(r, pieces)}))
}

// TestSQLAgreesWithMatch holds that the SQL of a query finds every row that the
// query matches in memory, and no other where it says so.
func TestP07SQLAgreesWithMatch(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	records, db := agreementRows(t, r, 600)
	queries, exact := 0, 0
	for range 500 {
		s := condition(r, 3)
		for _, parse := range []func(string) (*query.Query, error){query.Parse, query.ParseRule} {
			q, err := parse(s)
			if err != nil {
				t.Fatalf("%s: %v", s, err)
			}
			for _, src := range []netip.Addr{{}, senders[0]} {
				queries++
				if agree(t, db, records, s, q, src) {
					exact++
				}
			}
		}
	}
	t.Logf("%d of %d conditions are exact", exact, queries)
}

// agree compares the rows of src, or of all if it is invalid.
func agree(t *testing.T, db *sql.DB, records []syslog.Record, text string, q *query.Query, src netip.Addr) (exact bool) {
	t.Helper()
	where, args, exact := q.SQL(src, people{})
	rows, err := db.Query("SELECT id FROM rows WHERE "+where, args...)
	if err != nil {
		t.Fatalf("%s as %s: %v", text, where, err)
	}
	defer rows.Close()
	found := map[int64]bool{}
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		found[id] = true
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	may := !src.IsValid() || q.MayMatchSource(src, people{})
	for i := range records {
		m := &records[i]
		if src.IsValid() && m.Source != src {
			continue
		}
		want := q.Match(m, people{})
		if want && (!found[m.ID] || !may) {
			t.Fatalf("%s matches %q (host %q, app %q), but %s with %q finds it: %v, may match: %v", text, m.Raw, m.Get(m.Hostname), m.Get(m.AppName), where, args, found[m.ID], may)
		}
		if exact && found[m.ID] && !want {
			t.Fatalf("%s does not match %q (host %q, app %q), but %s with %q is exact and finds it", text, m.Raw, m.Get(m.Hostname), m.Get(m.AppName), where, args)
		}
	}
	return exact
}

// agreementRows writes random messages in plain SQL.
func agreementRows(t *testing.T, r *rand.Rand, n int) ([]syslog.Record, *sql.DB) {
	t.Helper()
	db, err := sqlite.OpenWriter(filepath.Join(t.TempDir(), "rows.db"), sqlite.Options{Fast: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Exec(`CREATE TABLE rows(id INTEGER PRIMARY KEY, facility INTEGER, severity INTEGER, hostname TEXT, app_name TEXT, raw TEXT, message_at INTEGER)`); err != nil {
		t.Fatal(err)
	}
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	var records []syslog.Record
	for id := range int64(n) {
		m := syslog.Record{Source: pick(r, senders)}
		m.ID = id
		m.Facility, m.Severity = uint8(r.IntN(24)), uint8(r.IntN(8))
		host, app := pick(r, append(slices.Clone(pieces), "", "", "")), pick(r, append(slices.Clone(pieces), "", "%LINK-3-LOST"))
		head := fmt.Sprintf("<%d>%s %s: ", m.Facility*8+m.Severity, host, app)
		m.Raw = []byte(head + wording(r, 5, true))
		m.MessageAt = len(head)
		at := strings.Index(head, ">") + 1
		m.Hostname = syslog.Span{Off: uint32(at), Len: uint32(len(host))}
		m.AppName = syslog.Span{Off: uint32(at + len(host) + 1), Len: uint32(len(app))}
		records = append(records, m)

		var raw any = m.Raw
		begin := m.MessageAt
		if utf8.Valid(m.Raw) && bytes.IndexByte(m.Raw, 0) < 0 {
			raw, begin = string(m.Raw), utf8.RuneCount(m.Raw[:m.MessageAt])
		}
		column := func(s string) any {
			if s == "" && r.IntN(2) == 0 {
				return nil
			}
			return s
		}
		if _, err := tx.Exec(`INSERT INTO rows VALUES(?,?,?,?,?,?,?)`, id, m.Facility, m.Severity, column(host), column(app), raw, begin); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return records, db
}
