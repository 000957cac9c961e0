package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/logboom/logboom/internal/syslog"
)

// hard are messages of which a live tail must not lose anything.
func hard() []syslog.Record {
	raws := []string{
		"<131>Jun 13 10:00:01 OLT-2 EPON[7]: PON deregister",
		`<165>1 2025-06-13T10:00:01.003Z host app 12 ID47 [a b="c"] ` + strings.Repeat("ü", 70_000),
		"<13>Jun 13 10:00:01 h\xffst \xfe: caf\xe9 \x00\x1b[2J\u202e end",
		"", "no header at all", "\xc3",
	}
	parser := syslog.NewParser()
	var out []syslog.Record
	for i, raw := range raws {
		r := record(20261122, int64(i+1), "10.0.0.2", "")
		parser.Parse(&r.Message, []byte(raw), r.ReceivedAt, nil)
		out = append(out, r)
	}
	return out
}

func TestFullTailGivesRowsAsTheyAreStored(t *testing.T) {
	records := hard()
	synctest.Test(t, func(t *testing.T) {
		c, p := tailing(t, &shelf{})
		s, cancel := open(t, c, request("GET", "/api/v1/tail?full=1", ""))
		defer cancel()
		s.take()
		p <- told{records: records}
		synctest.Wait()
		var got []*syslog.Record
		es, _ := events(s.take())
		for _, e := range es {
			var b struct {
				Fields []string
				Rows   [][]json.RawMessage
			}
			if err := json.Unmarshal([]byte(e.data), &b); err != nil {
				t.Fatal(err)
			}
			for _, cells := range b.Rows {
				r, err := ReadRow(20261122, b.Fields, cells)
				if err != nil {
					t.Fatalf("%s: %v", cells, err)
				}
				got = append(got, r)
			}
		}
		if len(got) != len(records) {
			t.Fatalf("%d rows, want %d", len(got), len(records))
		}
		for _, format := range Formats {
			for i := range records {
				if want, got := written(t, format, &records[i]), written(t, format, got[i]); got != want {
					t.Errorf("%s of message %d is\n%.300q, want\n%.300q", format, i+1, got, want)
				}
			}
		}
		for i, r := range got {
			if !bytes.Equal(r.Raw, records[i].Raw) || !bytes.Equal(r.Text(), records[i].Text()) {
				t.Errorf("message %d is %.100q", i+1, r.Raw)
			}
		}
	})
}

func TestTailGivesFieldsThatAreAskedFor(t *testing.T) {
	records := hard()[:4]
	records[3].Facility = 200
	synctest.Test(t, func(t *testing.T) {
		c, p := tailing(t, &shelf{})
		s, cancel := open(t, c, request("GET", "/api/v1/tail?fields=msg_id,hostname,sent_at,facility,proc_id", ""))
		defer cancel()
		s.take()
		p <- told{records: records}
		synctest.Wait()
		es, _ := events(s.take())
		if len(es) != 1 {
			t.Fatalf("%d events", len(es))
		}
		var b struct {
			Fields []string
			Rows   [][]any
		}
		if err := json.Unmarshal([]byte(es[0].data), &b); err != nil || fmt.Sprint(b.Fields[len(tailFields):]) != "[msg_id hostname sent_at facility proc_id]" {
			t.Fatalf("%v, fields %v", err, b.Fields)
		}
		for i, want := range []string{"[<nil> OLT-2 *** 16 7]", "[ID47 host *** 20 12]", "[<nil> h\ufffdst *** 1 <nil>]", "[<nil> <nil> <nil> 200 <nil>]"} {
			row := b.Rows[i][len(tailFields):]
			if records[i].SentAt != syslog.NoTime {
				if row[2] != float64(records[i].SentAt) {
					t.Errorf("row %d was sent at %v, want %d", i, row[2], records[i].SentAt)
				}
				row[2] = "***"
			}
			if got := fmt.Sprint(row); got != want {
				t.Errorf("row %d has %s, want %s", i, got, want)
			}
		}
	})
}

func written(t *testing.T, format string, r *syslog.Record) string {
	var b strings.Builder
	w, err := NewRowWriter(&b, RowOptions{Format: format})
	if err == nil {
		err = w.Write(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFullTailIsBoundedInBytes(t *testing.T) {
	const n, size = 20, 1 << 20 // more than tailBytes
	var records []syslog.Record
	for i := range int64(n) {
		records = append(records, record(20261122, i+1, "10.0.0.2", strconv.FormatInt(i, 10)+strings.Repeat("x", size)))
	}
	look := func(t *testing.T, s *sheet) {
		es, _ := events(s.take())
		rows, skipped := 0, int64(0)
		for _, e := range es {
			b := batchOf(t, e)
			rows, skipped = rows+len(b.Rows), skipped+b.Skipped
			if len(e.data) > 3*size {
				t.Errorf("an event of %d bytes", len(e.data))
			}
		}
		if rows < 10 || rows > 16 || int64(rows)+skipped != n {
			t.Errorf("%d rows, %d skipped, of %d", rows, skipped, n)
		}
		if last := es[len(es)-1].id; last != fmt.Sprintf("20261122:%d", n) {
			t.Errorf("the last is %s", last)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		c, p := tailing(t, &shelf{records: records})
		s, cancel := open(t, c, request("GET", "/api/v1/tail?full=1", ""))
		defer cancel()
		s.take()
		p <- told{records: records}
		synctest.Wait()
		look(t, s)
		again, cancel := open(t, c, request("GET", "/api/v1/tail?full=1&after=20261122:0", ""))
		defer cancel()
		look(t, again)
	})
}

func TestReadRowRefusesWhatIsNotWhole(t *testing.T) {
	for name, tt := range map[string]struct{ fields, cells string }{
		"of a server that does not know full": {`["id","received_at","device","severity","app_name","message"]`, `[1,2,"10.0.0.2",3,"","x"]`},
		"a text that begins behind its end": {`["id","received_at","sent_at","device","facility","severity","hostname","app_name","proc_id","msg_id","structured_data","message_at","raw"]`,
			`[1,2,null,"10.0.0.2",1,3,null,null,null,null,null,9,"x"]`},
		"a number that is none": {`["id"]`, `["x"]`},
	} {
		var fields []string
		var cells []json.RawMessage
		if json.Unmarshal([]byte(tt.fields), &fields) != nil || json.Unmarshal([]byte(tt.cells), &cells) != nil {
			t.Fatal(name)
		}
		if r, err := ReadRow(20261122, fields, cells); err == nil {
			t.Errorf("%s: read as %+v", name, r)
		}
	}
}
