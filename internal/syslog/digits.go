package syslog

// noPair is more than two digits can be, in a bit that no two digits set.
const noPair = 1 << 7

// pair reads two digits; noPair or more if they are none.
func pair(c, d byte) int {
	c -= '0'
	d -= '0'
	if c > 9 || d > 9 {
		return noPair
	}
	return int(c)*10 + int(d)
}

// twoDigits reads two digits, the first of which may be a blank.
func twoDigits(c, d byte) (n int, ok bool) {
	if c == ' ' {
		c = '0'
	}
	return int(c-'0')*10 + int(d-'0'), isDigit(c) && isDigit(d)
}

// scanNumber reads 1 to digits digits at i.
func scanNumber(b []byte, i, digits int) (n, next int, ok bool) {
	next = i
	for next < len(b) && next-i < digits && isDigit(b[next]) {
		n = n*10 + int(b[next]-'0')
		next++
	}
	return n, next, next > i && (next >= len(b) || !isDigit(b[next]))
}

// scanMonthName reads the first three letters of a month, in any case; 0 if
// there is none.
func scanMonthName(b []byte, i int) int {
	if len(b)-i < 3 {
		return 0
	}
	switch uint32(b[i]|0x20)<<16 | uint32(b[i+1]|0x20)<<8 | uint32(b[i+2]|0x20) {
	case 'j'<<16 | 'a'<<8 | 'n':
		return 1
	case 'f'<<16 | 'e'<<8 | 'b':
		return 2
	case 'm'<<16 | 'a'<<8 | 'r':
		return 3
	case 'a'<<16 | 'p'<<8 | 'r':
		return 4
	case 'm'<<16 | 'a'<<8 | 'y':
		return 5
	case 'j'<<16 | 'u'<<8 | 'n':
		return 6
	case 'j'<<16 | 'u'<<8 | 'l':
		return 7
	case 'a'<<16 | 'u'<<8 | 'g':
		return 8
	case 's'<<16 | 'e'<<8 | 'p':
		return 9
	case 'o'<<16 | 'c'<<8 | 't':
		return 10
	case 'n'<<16 | 'o'<<8 | 'v':
		return 11
	case 'd'<<16 | 'e'<<8 | 'c':
		return 12
	}
	return 0
}
