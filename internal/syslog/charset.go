package syslog

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
)

// ErrCharset is wrapped by the error of [LookupCharset].
var ErrCharset = errors.New("unknown encoding")

// A Charset is the encoding in which a device writes its text. It may be used
// by several goroutines.
type Charset struct {
	name     string
	encoding encoding.Encoding
}

// LookupCharset finds an encoding by any name that browsers or IANA know it by, in
// any case. The error wraps [ErrCharset] and lists examples.
func LookupCharset(name string) (*Charset, error) {
	e, err := htmlindex.Get(name)
	if err != nil {
		e, err = ianaindex.IANA.Encoding(name) // also knows the code pages of DOS
	}
	if err != nil || e == nil || e == encoding.Replacement {
		return nil, fmt.Errorf("%w %q; for example gbk, gb18030, big5, shift_jis, euc-kr, windows-1251, koi8-r, windows-1252, latin1 or utf-8", ErrCharset, name)
	}
	canonical, err := htmlindex.Name(e)
	if err != nil {
		canonical = name
	}
	return &Charset{canonical, e}, nil
}

// String returns the name of the encoding, "gbk" for example.
func (c *Charset) String() string { return c.name }

// Decode appends src as UTF-8 to dst. A src that is valid UTF-8 already is
// appended as it is, since devices mix; bytes that the encoding does not know
// become U+FFFD.
func (c *Charset) Decode(dst, src []byte) []byte {
	if utf8.Valid(src) {
		return append(dst, src...)
	}
	out, err := c.encoding.NewDecoder().Bytes(src)
	if err != nil { // cannot happen: a decoder replaces what it does not know
		return append(dst, src...)
	}
	return append(dst, out...)
}
