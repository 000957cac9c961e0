package main

import (
	"encoding/csv"
	"strings"
)

// csv writes a table: a line of names and n lines of cells. Cells that a
// spreadsheet would run as a formula begin with "'".
func (a *app) csv(names []string, n int, row func(int) []string) error {
	w := csv.NewWriter(a.stdout)
	w.UseCRLF = true // RFC 4180
	if err := w.Write(names); err != nil {
		return err
	}
	for i := range n {
		cells := row(i)
		for j, c := range cells {
			if c = visible(c); c != "" && strings.IndexByte("=+-@\t\r", c[0]) >= 0 {
				c = "'" + c
			}
			cells[j] = c
		}
		if err := w.Write(cells); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}
