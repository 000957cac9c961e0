package store

import (
	"database/sql/driver"
	"fmt"
	"net/netip"
	"strings"

	"github.com/logboom/logboom/internal/sqlite"
)

// inspect returns the names of the tables in the file. Whoever can write into
// the directory can leave a file there that would do something when it is used:
// a trigger that deletes what is stored, a view without an end in the place of
// a table. Such a file is not ours, and the error says so.
func (f *dayFile) inspect() (tables map[string]bool, err error) {
	tables = make(map[string]bool)
	err = f.db.Query("SELECT type,name,coalesce(sql,'') FROM sqlite_schema", nil, func(v []driver.Value) error {
		kind, name, sql := text(v[0]), text(v[1]), text(v[2])
		switch {
		case kind == "table" && strings.HasPrefix(sql, "CREATE TABLE"):
			tables[name] = true
		case kind == "trigger":
			return fmt.Errorf("it has a trigger, %q, which would act on what is stored: %w", name, sqlite.ErrForeign)
		case kind != "index" && (name == inboxTable || name == "devices" || strings.HasPrefix(name, "logs_")):
			return fmt.Errorf("%q in it is no ordinary table: %w", name, sqlite.ErrForeign)
		}
		return nil
	})
	return tables, err
}

// isTableOf reports whether name is that of the table in which the messages of
// an address are on a day. Other names are never used in SQL.
func isTableOf(address, name string, day int) bool {
	if address == otherAddress {
		return name == OtherTable(day)
	}
	a, err := netip.ParseAddr(address) // the zero Addr, if the address is not known
	if err != nil && address != AddressText(a) {
		return false
	}
	return name == TableName(a, day)
}
