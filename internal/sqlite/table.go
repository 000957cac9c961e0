package sqlite

import (
	"fmt"
	"strings"
)

// rowsPerStatement are the numbers of rows that one INSERT takes. More than 50
// gain nothing more.
var rowsPerStatement = [...]int{50, 8, 1}

// maxStatementBytes is how much text the rows of one INSERT may hold before it
// is split up. The driver keeps a buffer of that size with each statement.
const maxStatementBytes = 64 << 10

// A Table is where an Appender inserts rows.
type Table struct {
	a             *Appender
	name, columns string
	conflict      string                       // what follows the rows
	width         int                          // number of columns
	inserts       [len(rowsPerStatement)]*Stmt // nil until needed
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

// statement returns the INSERT of rowsPerStatement[i] rows.
func (t *Table) statement(i int) *Stmt {
	if t.inserts[i] == nil {
		row := "(?" + strings.Repeat(",?", t.width-1) + ")"
		t.inserts[i] = t.a.Statement("INSERT OR ROLLBACK INTO " + t.name + "(" + t.columns + ") VALUES " +
			row + strings.Repeat(","+row, rowsPerStatement[i]-1) + t.conflict)
		t.inserts[i].weight = ownWeight + rowsPerStatement[i]
	}
	return t.inserts[i]
}

// Insert inserts rows. For each, fill sets its values, one for every column in
// their order. If Insert fails, some of the rows may be inserted: the caller
// undoes the transaction.
func (t *Table) Insert(rows int, fill func(v *Values, row int)) error {
	v := &t.a.values
	most := rowsPerStatement[0]
	for done := 0; done < rows; {
		v.reset(most * t.width)
		n := 0
		for n < most && done+n < rows && v.bytes < maxStatementBytes {
			fill(v, done+n)
			n++
			if v.used != n*t.width {
				return fmt.Errorf("row has %d values for %d columns", v.used-(n-1)*t.width, t.width)
			}
		}
		if err := t.insert(n); err != nil {
			return err
		}
		done += n
	}
	return nil
}

// insert inserts the n rows that the values hold.
func (t *Table) insert(n int) error {
	v := &t.a.values
	for i, at := 0, 0; at < n; {
		size := rowsPerStatement[i]
		if n-at < size {
			i++
			continue
		}
		s := t.statement(i)
		if err := s.exec(v.take(at*t.width, size*t.width)); err != nil {
			return err
		}
		if v.bytes >= maxStatementBytes {
			s.close()
		}
		at += size
	}
	return nil
}
