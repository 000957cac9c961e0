package sqlite

// Values are the rows that are about to be inserted, column by column, row by
// row. They are reused, and hold the text and blobs themselves: C reads all rows
// of a call from them, and may not be given memory that points to other memory.
type Values struct {
	kinds   []uint8
	numbers []int64 // of text and blobs: their lengths
	bytes   []byte  // of all texts and blobs, one after the other
}

// Kinds of values, as the C of rows.go knows them.
const (
	kindNull uint8 = iota
	kindInt
	kindText
	kindBlob
)

// reset forgets all rows.
func (v *Values) reset() {
	v.kinds, v.numbers, v.bytes = v.kinds[:0], v.numbers[:0], v.bytes[:0]
	if cap(v.bytes) > 2*rowsBytes {
		v.bytes = nil // a row was very large
	}
}

// Int sets the next value to a number.
func (v *Values) Int(n int64) {
	v.kinds = append(v.kinds, kindInt)
	v.numbers = append(v.numbers, n)
}

// Text sets the next value to a text.
func (v *Values) Text(b []byte) { v.put(kindText, b) }

// TextOrNull is Text, but NULL if b is empty.
func (v *Values) TextOrNull(b []byte) {
	if len(b) == 0 {
		v.Null()
		return
	}
	v.put(kindText, b)
}

// Blob sets the next value to bytes.
func (v *Values) Blob(b []byte) { v.put(kindBlob, b) }

func (v *Values) put(kind uint8, b []byte) {
	v.kinds = append(v.kinds, kind)
	v.numbers = append(v.numbers, int64(len(b)))
	v.bytes = append(v.bytes, b...)
}

// Null sets the next value to NULL.
func (v *Values) Null() {
	v.kinds = append(v.kinds, kindNull)
	v.numbers = append(v.numbers, 0)
}
