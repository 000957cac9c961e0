package main

import (
	"bufio"
	"io"
)

// newLines returns a scanner of lines of at most most bytes, without the LF.
func newLines(r io.Reader, most int) *bufio.Scanner {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 64<<10), most)
	return s
}
