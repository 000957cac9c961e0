package syslog

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A Position names a stored message for as long as its day is kept. Positions
// order the messages of a day by arrival. The zero Position is before all.
type Position struct {
	Day int   // year*10000 + month*100 + day, in the zone of the store
	ID  int64 // from 1, over all devices of the day
}

// ErrPosition is what [ParsePosition] returns for a text that is no position.
var ErrPosition = errors.New(`not a message id; expected day and number, as in "20261122:48120331"`)

// String returns p as "20261122:48120331".
func (p Position) String() string { return fmt.Sprintf("%08d:%d", p.Day, p.ID) }

// Compare orders positions by day, then by id.
func (p Position) Compare(q Position) int {
	return cmp.Or(cmp.Compare(p.Day, q.Day), cmp.Compare(p.ID, q.ID))
}

// ParsePosition reads what [Position.String] writes. The error is [ErrPosition].
func ParsePosition(s string) (Position, error) {
	day, id, ok := strings.Cut(s, ":")
	d, err1 := strconv.Atoi(day)
	n, err2 := strconv.ParseInt(id, 10, 64)
	if !ok || err1 != nil || err2 != nil || len(day) != 8 || d < 19700101 || n < 0 {
		return Position{}, ErrPosition
	}
	return Position{Day: d, ID: n}, nil
}
