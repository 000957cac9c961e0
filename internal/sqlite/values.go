package sqlite

import (
	"database/sql/driver"
	"unsafe"
)

// Values are the rows that are about to be inserted, column by column, row by
// row. They are reused: setting a value allocates nothing.
//
// The driver takes its arguments as interfaces, and Go allocates memory when a
// number or a string is put into one. Values therefore has an interface made
// once for every cell and changes what it points to. That is allowed only
// because nobody keeps an argument: the driver copies it before it returns.
type Values struct {
	args  []driver.NamedValue
	cells []cell
	used  int
	bytes int // of text and blobs
}

// A cell is the place to which the interfaces of an argument point.
type cell struct {
	number                int64
	text                  string
	blob                  []byte
	asInt, asText, asBlob any
}

// words is how an interface lies in memory: its type and where its value is.
type words struct{ typ, data unsafe.Pointer }

// box returns an interface of v's type whose value is at p.
func box(v any, p unsafe.Pointer) any {
	(*words)(unsafe.Pointer(&v)).data = p
	return v
}

// reset forgets all rows and makes room for n values.
func (v *Values) reset(n int) {
	v.used, v.bytes = 0, 0
	if n <= len(v.cells) {
		return
	}
	v.cells = make([]cell, n)
	v.args = make([]driver.NamedValue, n)
	for i := range v.cells {
		c := &v.cells[i]
		c.asInt = box(int64(0), unsafe.Pointer(&c.number))
		c.asText = box("", unsafe.Pointer(&c.text))
		c.asBlob = box([]byte(nil), unsafe.Pointer(&c.blob))
	}
}

// Int sets the next value to a number.
func (v *Values) Int(n int64) {
	c := &v.cells[v.used]
	c.number = n
	v.args[v.used].Value = c.asInt
	v.used++
}

// Text sets the next value to a text, which b must hold, unchanged, until the
// rows are inserted.
func (v *Values) Text(b []byte) {
	c := &v.cells[v.used]
	c.text = unsafe.String(unsafe.SliceData(b), len(b))
	v.args[v.used].Value = c.asText
	v.used++
	v.bytes += len(b)
}

// TextOrNull is Text, but NULL if b is empty.
func (v *Values) TextOrNull(b []byte) {
	if len(b) == 0 {
		v.Null()
		return
	}
	v.Text(b)
}

// Blob sets the next value to bytes, which must stay unchanged until the rows
// are inserted.
func (v *Values) Blob(b []byte) {
	if b == nil {
		b = []byte{}
	}
	c := &v.cells[v.used]
	c.blob = b
	v.args[v.used].Value = c.asBlob
	v.used++
	v.bytes += len(b)
}

// Null sets the next value to NULL.
func (v *Values) Null() {
	v.args[v.used].Value = nil
	v.used++
}

// take returns the arguments for a statement with n values, beginning at
// value number from.
func (v *Values) take(from, n int) []driver.NamedValue {
	args := v.args[from : from+n]
	for i := range args {
		args[i].Ordinal = i + 1
	}
	return args
}
