package sqlite

// The driver takes a call of C for the arguments and the first step of one
// statement. Here one call inserts many rows, which costs less than the driver's
// fastest way, statements of fifty rows, and much less where rows are few: such a
// statement takes 68 KB of memory, one of a single row 3.
//
// The statement is the driver's, which prepares and closes it; the functions are
// those of the SQLite that it brings, or was linked to. Their names, types and
// numbers are SQLite's interface and stay as they are: https://sqlite.org/c3ref/intro.html.

/*
#include <stdint.h>

typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;

int sqlite3_bind_null(sqlite3_stmt *, int);
int sqlite3_bind_int64(sqlite3_stmt *, int, long long);
int sqlite3_bind_text(sqlite3_stmt *, int, const char *, int, void (*)(void *));
int sqlite3_bind_blob(sqlite3_stmt *, int, const void *, int, void (*)(void *));
int sqlite3_step(sqlite3_stmt *);
int sqlite3_reset(sqlite3_stmt *);
int sqlite3_clear_bindings(sqlite3_stmt *);
sqlite3 *sqlite3_db_handle(sqlite3_stmt *);
int sqlite3_extended_errcode(sqlite3 *);
int sqlite3_system_errno(sqlite3 *);
const char *sqlite3_errmsg(sqlite3 *);

enum { null, integer, text, blob }; // as in values.go
enum { ok = 0, done = 101 };        // SQLITE_OK, SQLITE_DONE

// insert_rows executes s for each row and returns SQLITE_OK, or the code of the
// first failure. The values are static until it returns, and then forgotten.
static int insert_rows(sqlite3_stmt *s, int columns, int rows, const uint8_t *kind, const int64_t *number, const char *bytes) {
	int code = ok;
	while (rows-- > 0 && code == ok) {
		for (int i = 1; i <= columns && code == ok; i++, kind++, number++) {
			switch (*kind) {
			case integer:
				code = sqlite3_bind_int64(s, i, *number);
				break;
			case text:
				code = sqlite3_bind_text(s, i, bytes, (int)*number, 0);
				bytes += *number;
				break;
			case blob:
				code = sqlite3_bind_blob(s, i, bytes, (int)*number, 0);
				bytes += *number;
				break;
			default:
				code = sqlite3_bind_null(s, i);
			}
		}
		if (code == ok && (code = sqlite3_step(s)) == done) {
			code = ok;
		}
		int reset = sqlite3_reset(s);
		if (code != ok && reset != ok) {
			code = reset;
		}
	}
	sqlite3_clear_bindings(s);
	return code;
}
#cgo noescape insert_rows
#cgo nocallback insert_rows
*/
import "C"

import (
	"database/sql/driver"
	"fmt"
	"reflect"
	"strings"
	"syscall"
	"unsafe"

	"github.com/mattn/go-sqlite3"
)

// A handle is how C knows a statement.
type handle = *C.sqlite3_stmt

// handleOf returns the handle of a statement that the driver has prepared. The
// driver keeps it in a field that has had this name and type since its first
// version.
func handleOf(s driver.Stmt) (handle, error) {
	if p, ok := s.(*sqlite3.SQLiteStmt); ok {
		f := reflect.ValueOf(p).Elem().FieldByName("s")
		if f.Kind() == reflect.Pointer && !f.IsNil() && strings.HasSuffix(f.Type().String(), "sqlite3_stmt") {
			return handle(f.UnsafePointer()), nil
		}
	}
	return nil, fmt.Errorf("no statement of SQLite in %T: build this program with the version of github.com/mattn/go-sqlite3 that go.mod names", s)
}

// insertRows executes a statement for each of the rows that v holds.
func insertRows(s handle, columns int, v *Values) error {
	if len(v.kinds) == 0 {
		return nil
	}
	rows := len(v.kinds) / columns
	bytes := unsafe.SliceData(v.bytes)
	if bytes == nil {
		bytes = new(byte) // a text of no bytes is no NULL
	}
	code := C.insert_rows(s, C.int(columns), C.int(rows), (*C.uint8_t)(&v.kinds[0]), (*C.int64_t)(&v.numbers[0]), (*C.char)(unsafe.Pointer(bytes)))
	if code == 0 {
		return nil
	}
	return failure(s, code)
}

// failure returns why s failed with a code, as the driver would.
func failure(s handle, code C.int) error {
	db := C.sqlite3_db_handle(s)
	extended := C.sqlite3_extended_errcode(db)
	if extended == 0 {
		extended = code
	}
	e := sqlite3.Error{Code: sqlite3.ErrNo(extended & 0xff), ExtendedCode: sqlite3.ErrNoExtended(extended)}
	if e.Code == sqlite3.ErrCantOpen || e.Code == sqlite3.ErrIoErr && e.ExtendedCode != sqlite3.ErrIoErrNoMem {
		e.SystemErrno = syscall.Errno(C.sqlite3_system_errno(db))
	}
	return &insertError{C.GoString(C.sqlite3_errmsg(db)), e}
}

// An insertError is an error of the driver with the text that the driver would
// give it, which nobody else can set.
type insertError struct {
	text string
	code sqlite3.Error
}

func (e *insertError) Error() string {
	if e.code.SystemErrno != 0 {
		return e.text + ": " + e.code.SystemErrno.Error()
	}
	return e.text
}

func (e *insertError) Unwrap() error { return e.code }
