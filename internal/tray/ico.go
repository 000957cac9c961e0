package tray

import "encoding/binary"

// nearest returns the image of an .ico whose width is size, or else the
// smallest that is larger, or else the largest; nil if it is no .ico.
//
// The file begins with 6 bytes, the last two of them the number of images, and
// an entry of 16 bytes for each: width first (0 = 256), length at 8, place at
// 12.
func nearest(ico []byte, size int) []byte {
	if len(ico) < 6 {
		return nil
	}
	var best []byte
	width := 0
	for i := range int(binary.LittleEndian.Uint16(ico[4:])) {
		at := 6 + 16*i
		if at+16 > len(ico) {
			break
		}
		w := int(ico[at])
		if w == 0 {
			w = 256
		}
		length, place := uint64(binary.LittleEndian.Uint32(ico[at+8:])), uint64(binary.LittleEndian.Uint32(ico[at+12:]))
		if length == 0 || place+length > uint64(len(ico)) {
			continue
		}
		better := best == nil || w >= size && (width < size || w < width) || w < size && width < size && w > width
		if better {
			best, width = ico[place:place+length], w
		}
	}
	return best
}
