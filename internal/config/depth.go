package config

// maxDepth bounds how deep brackets and dotted keys may be nested. The file
// needs 3; the time that the TOML parser takes grows with the cube of it.
const maxDepth = 16

// tooDeep returns the line of text, which need not be valid TOML, where brackets
// and dots are nested deeper than most; 0 = nowhere. Dots of numbers count too.
// It follows the parser as far as that reads: what is broken is taken out before
// the rest is read again, and has to be looked at again.
func tooDeep(text string, most int) int {
	var above []int // for each open bracket, how deep it stands
	depth, line := 0, 1
	base := func() int { // of what stands in the innermost bracket
		if len(above) == 0 {
			return 0
		}
		return above[len(above)-1] + 1
	}
	for i := 0; i < len(text); {
		switch text[i] {
		case '\n':
			line++
			depth = base()
		case '#':
			for i < len(text) && text[i] != '\n' {
				i++
			}
			continue
		case '"', '\'':
			n := stringLen(text[i:])
			for _, c := range []byte(text[i : i+n]) {
				if c == '\n' {
					line++
				}
			}
			i += n
			continue
		case '[', '{':
			above = append(above, depth)
			depth++
		case ']', '}':
			if len(above) > 0 {
				depth = above[len(above)-1]
				above = above[:len(above)-1]
			}
		case '.':
			depth++
		case ',':
			depth = base()
		}
		if depth > most {
			return line
		}
		i++
	}
	return 0
}
