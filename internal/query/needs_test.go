package query

import (
	"slices"
	"testing"
)

func TestNeeds(t *testing.T) {
	tests := []struct {
		query string
		want  [][]string
	}{
		{"", nil},
		{"Lost", [][]string{{"lost"}}},
		{`onu "Dying gasp"`, [][]string{{"onu"}, {"dying gasp"}}},
		{"onu OR ont", [][]string{{"onu", "ont"}}},
		{"onu OR severity:err", nil},
		{"(onu link) OR rogue", [][]string{{"link", "rogue"}}},
		{"-onu", nil},
		{"onu -lost severity:err", [][]string{{"onu"}}},
		{"потерян", nil},
		{`/onu \d+ (lost|off)/`, [][]string{{"onu "}, {"lo", "off"}}},
		{"port:0/1", [][]string{{"0/1"}}},
	}
	for _, tt := range tests {
		q, err := ParseRule(tt.query)
		if err != nil {
			t.Fatal(err)
		}
		if got := q.Needs(); !slices.EqualFunc(got, tt.want, slices.Equal) {
			t.Errorf("%s needs %q, want %q", tt.query, got, tt.want)
		}
	}
}
