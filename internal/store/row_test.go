package store

import (
	"net/netip"
	"testing"

	"github.com/logboom/logboom/internal/syslog"
)

// What is stored of a message comes back: bytes, fields, times.
func TestRecordsComeBackAsTheyWere(t *testing.T) {
	l := newLibrary(t)
	a := l.archive()
	raws := []struct {
		name, raw, text string
	}{
		{"plain", "<13>Nov 22 10:00:00 host app[1]: hello", "hello"},
		{"empty", "", ""},
		{"text beyond ASCII in the header", "<13>größe: café", "café"},
		{"four bytes a character", "<13>🪵🪵 boom", "boom"},
		{"binary", "<13>\x00\xff\xfe: \x00tail", "\x00tail"},
		{"GBK", "<13>\xd0\xc2: \xc9\xe8", "\xc9\xe8"},
		{"with line breaks", "<13>a\r\nb: c\nd", "c\nd"},
	}
	var want []syslog.Record
	for _, tt := range raws {
		r := note("192.0.2.7", noon, tt.raw)
		r.MessageAt = len(tt.raw) - len(tt.text)
		// A record that was read has its fields within raw; take some of it.
		if len(tt.raw) > 4 {
			r.Hostname = syslog.Span{Off: 1, Len: 2}
			r.StructuredData = syslog.Span{Off: 2, Len: 2}
			r.SentAt = noon.UnixMicro() - 5
			r.Facility, r.Severity = 23, 0
		}
		want = append(want, r)
	}
	want = l.direct(thisDay, want...)
	got, err := a.Search(t.Context(), Search{})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got.Records, want)
	for i, tt := range raws {
		if text := string(got.Records[i].Text()); text != tt.text {
			t.Errorf("%s: text %q, want %q", tt.name, text, tt.text)
		}
	}
}

// Others can write into the file what we never would.
func TestForeignValuesDoNoHarm(t *testing.T) {
	l := newLibrary(t)
	l.direct(thisDay, note("10.0.0.1", noon, "good"))
	table := TableName(netip.MustParseAddr("10.0.0.1"), thisDay)
	for _, values := range []string{
		"2,NULL,'x',NULL,'high',7,NULL,NULL,NULL,NULL,NULL,NULL",
		"3,1,1,300,-4,'h',NULL,NULL,NULL,NULL,'short',1000",
		"4,1,1,1,1,NULL,NULL,NULL,NULL,NULL,x'00ff',-7",
		"5,1.5,1,1,1,NULL,NULL,NULL,NULL,NULL,12.5,'x'",
		"6,1,1,1,1,NULL,NULL,NULL,NULL,NULL,CAST(x'c3' AS TEXT),1",
	} {
		_, err := l.db(thisDay, 0).Exec("INSERT INTO " + table + "(" + Columns + ") VALUES(" + values + ")")
		l.must(err)
	}
	_, err := l.db(thisDay, 0).Exec("INSERT INTO inbox(id,address,raw) VALUES(7,'not an address','waits')")
	l.must(err)
	r, err := l.archive().Search(t.Context(), Search{})
	if err != nil || len(r.Records) != 7 {
		t.Fatalf("%d records, %v", len(r.Records), err)
	}
	for i := range r.Records {
		r.Records[i].Text()
		r.Records[i].Get(r.Records[i].Hostname)
	}
}

func FuzzBytesOf(f *testing.F) {
	f.Add("größe", int64(3))
	f.Add("\xff\x80", int64(1))
	f.Fuzz(func(t *testing.T, s string, n int64) {
		if i := bytesOf(s, n); i < 0 || i > len(s) {
			t.Fatalf("bytesOf(%q, %d) = %d", s, n, i)
		}
	})
}
