package query

import (
	"net/netip"
	"testing"
)

// FuzzParse holds that a query is read or refused with a place inside it, and
// that its plain form is the same query.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", "onu -rogue", `"dying gasp" OR /los[if]/`, "(a OR b) severity:err+ -(-c)", `device:10.0.0.0/8 name:"a b*" port:0/1*`,
		`/a\/b\\/ "\"\\" C:\x`, `-"->" "OR" "a*" **`, "site:Москва ſ K", "app: x", `app:"" "`, "\xff\x00", "a AND b AND", `msg="x"y`, "-host:a(b)c",
	} {
		f.Add(s, "ONU 0/1/2:7 dying gasp \xff\x00 a b c")
	}
	f.Fuzz(func(t *testing.T, text, message string) {
		q, err := Parse(text)
		if err != nil {
			e := err.(*Error)
			if e.Offset < 0 || e.Length < 0 || e.Offset+e.Length > len(text) || e.Message == "" || e.Error() == "" {
				t.Fatalf("%q: place %d, %d: %v", text, e.Offset, e.Length, err)
			}
			return
		}
		r := record(1, 5, "host", "app", message)
		again, err := Parse(q.String())
		if err != nil {
			t.Fatalf("%q in its plain form %q: %v", text, q, err)
		}
		if again.String() != q.String() || again.Match(r, names{}) != q.Match(r, names{}) {
			t.Fatalf("%q and its plain form %q are not the same", text, q)
		}
		one, _, _ := q.SQL(netip.Addr{}, nil)
		if two, _, _ := again.SQL(netip.Addr{}, nil); one != two {
			t.Fatalf("%q becomes %s, its plain form %q %s", text, one, q, two)
		}
	})
}
