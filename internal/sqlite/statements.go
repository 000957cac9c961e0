package sqlite

import (
	"context"
	"database/sql/driver"
)

// maxPrepared bounds the prepared statements of an Appender, some 3,400 bytes each.
const maxPrepared = 10_000

// A Stmt is a statement that is prepared when it is first executed, and stays
// so while it is among the most used ones.
type Stmt struct {
	a        *Appender
	query    string
	prepared driver.Stmt // nil: not prepared
	handle   handle      // of the prepared one
	newer    *Stmt       // neighbours in the cache
	older    *Stmt
}

// Statement returns a statement to be executed many times.
func (a *Appender) Statement(query string) *Stmt {
	return &Stmt{a: a, query: query}
}

// Exec executes the statement. Arguments are int64, string, []byte or nil.
func (s *Stmt) Exec(args ...any) error {
	named := make([]driver.NamedValue, len(args))
	for i, v := range args {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	if err := s.a.statements.prepare(s); err != nil {
		return err
	}
	_, err := s.prepared.(driver.StmtExecContext).ExecContext(context.Background(), named)
	return err
}

// A statementCache is the list of prepared statements, ordered by use.
type statementCache struct {
	newest, oldest *Stmt
	n, most        int
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
	for c.n >= c.most {
		c.remove(c.oldest)
	}
	p, err := s.a.conn.PrepareContext(context.Background(), s.query)
	if err != nil {
		return err
	}
	if s.handle, err = handleOf(p); err != nil {
		p.Close()
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
	c.n++
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
	c.n--
}

func (c *statementCache) remove(s *Stmt) {
	c.unlink(s)
	s.prepared.Close() // what it reports was reported when it was executed
	s.prepared, s.handle = nil, nil
}

func (c *statementCache) clear() {
	for c.oldest != nil {
		c.remove(c.oldest)
	}
}
