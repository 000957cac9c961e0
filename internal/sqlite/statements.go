package sqlite

import (
	"context"
	"database/sql/driver"
	"io"
)

// maxPrepared bounds the prepared statements of an Appender: the sum of their
// weights, of which each stands for some 1,200 bytes.
const maxPrepared = 20_000

// ownWeight is the weight of a statement, besides 1 for each row it inserts.
const ownWeight = 2

// A Stmt is a statement that is prepared when it is first executed, and stays
// so while it is among the most used ones.
type Stmt struct {
	a        *Appender
	query    string
	weight   int
	prepared driver.Stmt // nil: not prepared
	newer    *Stmt       // neighbours in the cache
	older    *Stmt
}

// Statement returns a statement to be executed many times.
func (a *Appender) Statement(query string) *Stmt {
	return &Stmt{a: a, query: query, weight: ownWeight + 1}
}

// Exec executes the statement. Arguments are int64, string, []byte or nil.
func (s *Stmt) Exec(args ...any) error {
	named := make([]driver.NamedValue, len(args))
	for i, v := range args {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return s.exec(named)
}

// exec executes the statement to its end. A query binds all its arguments and
// takes the first step in a single call of C, and a statement that returns no
// rows ends with that step; Exec would call C for each argument.
func (s *Stmt) exec(args []driver.NamedValue) error {
	if err := s.a.statements.prepare(s); err != nil {
		return err
	}
	query, ok := s.prepared.(driver.StmtQueryContext)
	if !ok {
		_, err := s.prepared.(driver.StmtExecContext).ExecContext(context.Background(), args)
		return err
	}
	rows, err := query.QueryContext(context.Background(), args)
	if err != nil {
		return err
	}
	for err == nil {
		err = rows.Next(nil) // io.EOF at once, unless the driver has put off the first step
	}
	if err == io.EOF {
		err = nil
	}
	if e := rows.Close(); err == nil {
		err = e
	}
	return err
}

// close gives the prepared statement back to SQLite.
func (s *Stmt) close() {
	if s.prepared != nil {
		s.a.statements.remove(s)
	}
}

// A statementCache is the list of prepared statements, ordered by use.
type statementCache struct {
	newest, oldest *Stmt
	weight         int
}

// prepare makes sure that s is prepared, and the newest.
func (c *statementCache) prepare(s *Stmt) error {
	if s.prepared != nil {
		if s != c.newest {
			c.unlink(s)
			c.link(s)
		}
		return nil
	}
	for c.weight+s.weight > maxPrepared && c.oldest != nil {
		c.remove(c.oldest)
	}
	p, err := s.a.conn.PrepareContext(context.Background(), s.query)
	if err != nil {
		return err
	}
	s.prepared = p
	c.link(s)
	return nil
}

func (c *statementCache) link(s *Stmt) {
	s.older, s.newer = c.newest, nil
	if c.newest != nil {
		c.newest.newer = s
	}
	c.newest = s
	if c.oldest == nil {
		c.oldest = s
	}
	c.weight += s.weight
}

func (c *statementCache) unlink(s *Stmt) {
	if s.newer != nil {
		s.newer.older = s.older
	} else {
		c.newest = s.older
	}
	if s.older != nil {
		s.older.newer = s.newer
	} else {
		c.oldest = s.newer
	}
	s.newer, s.older = nil, nil
	c.weight -= s.weight
}

func (c *statementCache) remove(s *Stmt) {
	c.unlink(s)
	s.prepared.Close() // what it reports was reported when it was executed
	s.prepared = nil
}

func (c *statementCache) clear() {
	for c.oldest != nil {
		c.remove(c.oldest)
	}
}
