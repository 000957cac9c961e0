package alert

import "bytes"

// Subscribers choose what they are called: "loid cleared", "ONU 0/2:9
// (recovered) dying-gasp". A word in the place of a name says nothing about
// what happened, so that it does not make an alarm harmless. Where it stands
// tells: behind a label, or in brackets behind the number of a thing that the
// message goes on about.

// labels are words before a name, in lower case; it follows whatever is between
// them.
var labels = [][]byte{
	[]byte("loid"), []byte("sn"), []byte("name"), []byte("desc"), []byte("description"), []byte("descr"), []byte("ssid"), []byte("essid"),
	[]byte("alias"), []byte("label"), []byte("customer"), []byte("subscriber"), []byte("password"), []byte("pw"), []byte("pwd"), []byte("remark"), []byte("comment"),
	[]byte("contact"), []byte("location"), []byte("loidpassword"), []byte("ontid"), []byte("onuid"), []byte("serial"),
}

// keys are words that are labels where = or : is behind them.
var keys = [][]byte{
	[]byte("user"), []byte("username"), []byte("account"), []byte("client"), []byte("host"), []byte("hostname"), []byte("sysname"), []byte("device"), []byte("id"), []byte("login"),
	[]byte("profile"), []byte("site"), []byte("owner"), []byte("address"),
}

// maxName is how far before a word the bracket or quote of a name is looked
// for, in bytes.
const maxName = 32

// named reports whether the word at text[start:end] stands in the place of a
// name.
func named(text []byte, start, end int) bool {
	at := start
	if open := opening(text, start); open >= 0 {
		if text[open] != '"' && text[open] != '\'' && numbered(text, open) && goesOn(text, end) {
			return true
		}
		at = open
	}
	key := false
	i := at
	for ; i > 0 && at-i < 4; i-- {
		switch text[i-1] {
		case '=', ':':
			key = true
			continue
		case ' ', '\t', '-', '_', '"', '\'':
			continue
		}
		break
	}
	k := i
	for k > 0 && i-k < maxName && symbolOf[text[k-1]] != between {
		k--
	}
	word := text[k:i]
	return k < i && (among(labels, word) || key && among(keys, word))
}

func among(list [][]byte, word []byte) bool {
	for _, w := range list {
		if len(w) == len(word) && bytes.EqualFold(w, word) {
			return true
		}
	}
	return false
}

// opening returns where the bracket or quote opens that text[at:] is in; -1 if
// it is in none.
func opening(text []byte, at int) int {
	for i := at - 1; i >= 0 && at-i <= maxName; i-- {
		switch text[i] {
		case '(', '[', '<', '{':
			return i
		case ')', ']', '>', '}', ',', ';', '\n':
			return -1
		case '"', '\'':
			if i == 0 || symbolOf[text[i-1]] == between {
				return i
			}
			return -1
		}
	}
	return -1
}

// numbered reports whether what stands before text[open] ends with a digit or
// with another bracket: "0/2:9 (name)", "0/2:9 [mac] [name]".
func numbered(text []byte, open int) bool {
	for open > 0 && (text[open-1] == ' ' || text[open-1] == '\t') {
		open--
	}
	if open == 0 {
		return false
	}
	c := text[open-1]
	return '0' <= c && c <= '9' || c == ')' || c == ']'
}

// goesOn reports whether there are words behind the bracket that closes after
// text[end].
func goesOn(text []byte, end int) bool {
	i := bytes.IndexAny(text[end:min(len(text), end+maxName)], ")]>}")
	if i < 0 {
		return false
	}
	return bytes.ContainsFunc(text[end+i:min(len(text), end+i+maxName)], func(r rune) bool { return r < 0x80 && symbolOf[r] != between })
}
