package main

import (
	"encoding/csv"

	"github.com/logboom/logboom/internal/console"
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
			cells[j] = console.NoFormula(visible(c))
		}
		if err := w.Write(cells); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}
