package main

import (
	"strings"
	"testing"
)

func TestWordsOfAQueryAreNoFlags(t *testing.T) {
	tests := []struct{ in, want string }{
		{"search onu", "search -- onu"},
		{"search onu -dhcp", "search -- onu -dhcp"},
		{"search -dhcp --from -1h onu", "search --from -1h -- -dhcp onu"},
		{"search --from=-1h -x", "search --from=-1h -- -x"},
		{"--config f tail -dhcp", "--config f tail -- -dhcp"},
		{"tail -n 5 -noise", "tail -n 5 -- -noise"},
		{"tail -n5", "tail -n5"},
		{"tail --raw -n", "tail --raw -n"},
		{"export -o out.csv -output", "export -o out.csv -- -output"},
		{"search -h", "search -h"},
		{"search a -- --from b", "search -- a --from b"},
		{"search --limit", "search --limit"},
		{"search - a", "search -- - a"},
		{"send -x hello", "send -x hello"},
		{"search", "search"},
		{"--help search", "--help search"},
		{"", ""},
	}
	for _, tt := range tests {
		if got := strings.Join(wordsLast(newRoot(&app{}), strings.Fields(tt.in)), " "); got != tt.want {
			t.Errorf("%q became %q, want %q", tt.in, got, tt.want)
		}
	}
}
