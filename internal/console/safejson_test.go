package console

import (
	"encoding/json"
	"testing"
)

// FuzzAppendString holds that rows of a live tail have the strings that
// encoding/json and SafeJSON write elsewhere.
func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "plain", `a "quoted" \ one`, "<b>&", "a\x00b\x1f\b\f\n\r\t\x7f", "\xff\xfe\xe4", "größe 😀", "\u2028\u2029", "\u009b2J \u202egnp\u2069", "\ufffd"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		data, err := json.Marshal(string(text))
		if err != nil {
			t.Fatal(err)
		}
		want := string(SafeJSON(data))
		if got := string(appendString([]byte("x"), text)); got != "x"+want {
			t.Errorf("appendString(%q) = %s, want x%s", text, got, want)
		}
	})
}
