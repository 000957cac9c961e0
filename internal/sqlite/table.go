package sqlite

import (
	"fmt"
	"strings"
)

// Rows are given to SQLite so many at a time, or as many as hold so much text.
const (
	rowsTogether = 1000
	rowsBytes    = 128 << 10
)

// A Table is where an Appender inserts rows.
type Table struct {
	a        *Appender
	name     string
	columns  string
	conflict string // what follows the row
	width    int    // number of columns
	insert   *Stmt  // nil until needed
}

// Table returns a way into the table of that name, whose given columns, parted
// by commas, rows have values for. The name must not need quotes.
func (a *Appender) Table(name, columns string) *Table {
	return &Table{a: a, name: name, columns: columns, width: strings.Count(columns, ",") + 1}
}

// Upsert returns a way into a table as [Appender.Table] does, for rows that may
// be there already: conflict is the clause that says what then becomes of them,
// "ON CONFLICT(x) DO UPDATE SET ...".
func (a *Appender) Upsert(name, columns, conflict string) *Table {
	t := a.Table(name, columns)
	t.conflict = " " + conflict
	return t
}

// Insert inserts rows. For each, fill sets its values, one for every column in
// their order. If Insert fails, some of the rows may be inserted: the caller
// undoes the transaction.
func (t *Table) Insert(rows int, fill func(v *Values, row int)) error {
	v := &t.a.values
	for done := 0; done < rows; {
		v.reset()
		for n := 0; n < rowsTogether && done < rows && len(v.bytes) < rowsBytes; n++ {
			fill(v, done)
			done++
			if len(v.kinds) != (n+1)*t.width {
				return fmt.Errorf("row has %d values for %d columns", len(v.kinds)-n*t.width, t.width)
			}
		}
		if err := t.execute(v); err != nil {
			return err
		}
	}
	return nil
}

// execute inserts the rows that v holds.
func (t *Table) execute(v *Values) error {
	if t.insert == nil {
		t.insert = t.a.Statement("INSERT OR ROLLBACK INTO " + t.name + "(" + t.columns + ") VALUES (?" +
			strings.Repeat(",?", t.width-1) + ")" + t.conflict)
	}
	if err := t.a.statements.prepare(t.insert); err != nil {
		return err
	}
	return insertRows(t.insert.handle, t.width, v)
}
