package syslog

import (
	"bytes"
	"encoding/base64"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// frames feeds pieces to a Framer and returns what it emits, "!" before what
// is oversize.
func frames(most int, end bool, pieces ...string) ([]string, error) {
	f := Framer{Max: most}
	var got []string
	emit := func(frame []byte, oversize bool) {
		s := string(frame)
		if oversize {
			s = "!" + s
		}
		got = append(got, s)
	}
	for _, p := range pieces {
		if err := f.Feed([]byte(p), emit); err != nil {
			return got, err
		}
	}
	if end {
		f.End(emit)
	}
	return got, nil
}

func TestFramer(t *testing.T) {
	tests := []struct {
		name string
		max  int
		in   string
		want []string
		err  error
	}{
		{"lines", 0, "<13>one\n<14>two\n", []string{"<13>one", "<14>two"}, nil},
		{"lines with CR LF", 0, "<13>one\r\n<14>two\r\n", []string{"<13>one", "<14>two"}, nil},
		{"CR inside a line stays", 0, "<13>a\rb\n", []string{"<13>a\rb"}, nil},
		{"NUL ends a message", 0, "<13>one\x00<14>two\x00", []string{"<13>one", "<14>two"}, nil},
		{"NUL and LF together", 0, "<13>one\x00\n<14>two\x00\n", []string{"<13>one", "<14>two"}, nil},
		{"empty lines are no messages", 0, "\n\r\n\n<13>one\n\n", []string{"<13>one"}, nil},
		{"last line without its end", 0, "<13>one\n<14>tw", []string{"<13>one", "<14>tw"}, nil},
		{"no PRI", 0, "link down\n", []string{"link down"}, nil},
		{"octet counts", 0, "7 <13>one9 <14>three", []string{"<13>one", "<14>three"}, nil},
		{"octet counts with LF behind", 0, "7 <13>one\n9 <14>three\n", []string{"<13>one", "<14>three"}, nil},
		{"octet count with LF inside", 0, "10 <13>a\nb\ncd", []string{"<13>a\nb\ncd"}, nil},
		{"octet count cut short by the end", 0, "20 <13>one", []string{"<13>one"}, nil},
		{"octet count with zeros in front", 0, "007 <13>one", []string{"<13>one"}, nil},
		{"both in one stream", 0, "7 <13>one<14>line\n7 <13>two", []string{"<13>one", "<14>line", "<13>two"}, nil},
		{"number at the start of a line", 0, "3 ports are down\n<13>next\n", []string{"3 ports are down", "<13>next"}, nil},
		{"number longer than the line", 0, "500 ports\n<13>next\n", []string{"500 ports", "<13>next"}, nil},
		{"number then letters", 0, "12monkeys\n", []string{"12monkeys"}, nil},
		{"number alone", 0, "4711\n", []string{"4711"}, nil},
		{"long number in a line", 0, "1789000000123456 uptime\n", []string{"1789000000123456 uptime"}, nil},
		{"count without PRI, then LF", 0, "5 hello\n5 world\n", []string{"hello", "world"}, nil},
		{"count without PRI, then a count", 0, "5 hello7 <13>one", []string{"hello", "<13>one"}, nil},
		{"count without PRI at the end", 0, "5 hello", []string{"hello"}, nil},
		{"count that does not fit is a line", 0, "4 hello\n", []string{"4 hello"}, nil},
		{"count of zero before PRI", 0, "0 <13>one", nil, ErrFrameLength},
		{"count beyond belief", 0, "99999999 <13>one", nil, ErrFrameLength},
		{"count beyond 64 bits", 0, "99999999999999999999 <13>one", nil, ErrFrameLength},
		{"messages before a bad count", 0, "7 <13>one0 <13>two", []string{"<13>one"}, ErrFrameLength},
		{"TLS hello", 0, "\x16\x03\x01\x02\x00\x01", nil, ErrTLS},
		{"control character first, but no TLS", 0, "\x16x\n", []string{"\x16x"}, nil},
		{"line of the largest size", 7, "<13>one\n", []string{"<13>one"}, nil},
		{"line too long", 7, "<13>three\n<13>two\n", []string{"!<13>thr", "<13>two"}, nil},
		{"line far too long", 7, "<13>" + strings.Repeat("x", 300) + "\n<13>two\n", []string{"!<13>xxx", "<13>two"}, nil},
		{"count of the largest size", 7, "7 <13>one", []string{"<13>one"}, nil},
		{"count too long", 7, "9 <13>three7 <13>two", []string{"!<13>thr", "<13>two"}, nil},
		{"count far too long", 7, "304 <13>" + strings.Repeat("x", 300) + "7 <13>two", []string{"!<13>xxx", "<13>two"}, nil},
		{"count without PRI too long", 7, "9 onetwothr7 <13>two", []string{"!onetwot", "<13>two"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, size := range []int{len(tt.in), 1, 2, 3, 5} {
				var pieces []string
				for p := range slices.Chunk([]byte(tt.in), max(size, 1)) {
					pieces = append(pieces, string(p))
				}
				got, err := frames(tt.max, true, pieces...)
				if !slices.Equal(got, tt.want) || !errors.Is(err, tt.err) {
					t.Errorf("in pieces of %d: %q, %v, want %q, %v", size, got, err, tt.want, tt.err)
				}
			}
		})
	}
}

func TestFramerEmitsAtOnce(t *testing.T) {
	for _, in := range []string{"<13>one\n", "<13>one\x00", "7 <13>one", "5 hello\n"} {
		got, err := frames(0, false, in)
		if len(got) != 1 || err != nil {
			t.Errorf("%q without its end: %q, %v", in, got, err)
		}
	}
}

func TestFramerErrorStays(t *testing.T) {
	var f Framer
	emit := func(frame []byte, _ bool) { t.Errorf("emitted %q", frame) }
	for range 2 {
		if err := f.Feed([]byte("0 <13>one\n<13>two\n"), emit); !errors.Is(err, ErrFrameLength) {
			t.Errorf("err = %v", err)
		}
	}
	f.End(emit)
}

func TestFramerIsBounded(t *testing.T) {
	f := Framer{Max: 100}
	long := bytes.Repeat([]byte("9"), 1000)
	for range 1000 {
		if err := f.Feed(long, func([]byte, bool) {}); err != nil {
			t.Fatal(err)
		}
		if n := f.Buffered(); n > 200 {
			t.Fatalf("holds %d bytes", n)
		}
	}
	f = Framer{Max: 100}
	if err := f.Feed([]byte("9999999 <13>"), func([]byte, bool) {}); err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		f.Feed(long, func([]byte, bool) {})
		if n := f.Buffered(); n > 200 {
			t.Fatalf("holds %d bytes of a counted message", n)
		}
	}
}

// notOurs are the cases of the corpus in which we do otherwise.
var notOurs = map[string]string{
	"oc-not-a-number":  "a number with letters behind it begins a line: one message, as the case allows",
	"oc-short-at-eof":  "what came is kept: one message",
	"oc-max-plus-one":  "the message over the limit is passed on cut, marked as oversize, and so is the next",
	"multi-line-regex": "an option there; each line is a message here",
}

func TestFramerCorpus(t *testing.T) {
	type framingCase struct {
		ID     string
		Chunks []string `json:"chunks_b64"`
		Frames []string `json:"frames_b64"`
		Limit  int
	}
	decode := func(s string) string {
		b, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, c := range readJSONL[framingCase](t, filepath.Join(corpus(t), "framing.jsonl")) {
		t.Run(c.ID, func(t *testing.T) {
			var all string
			var chunks, want []string
			for _, s := range c.Chunks {
				chunks = append(chunks, decode(s))
				all += decode(s)
			}
			for _, s := range c.Frames {
				want = append(want, decode(s))
			}
			first, firstErr := frames(c.Limit, true, chunks...)
			if notOurs[c.ID] == "" && !slices.Equal(first, want) {
				t.Errorf("%q (%v)\nwant %q", first, firstErr, want)
			}
			for cut := range len(all) {
				got, err := frames(c.Limit, true, all[:cut], all[cut:])
				if !slices.Equal(got, first) || (err == nil) != (firstErr == nil) {
					t.Fatalf("cut at %d: %q, %v\nwhole: %q, %v", cut, got, err, first, firstErr)
				}
			}
		})
	}
}

// TestFramerGoSyslog feeds the streams of go-syslog's octet counting tests: as
// many messages as it reads, before any broken count.
func TestFramerGoSyslog(t *testing.T) {
	type streamCase struct {
		rawText
		Descr  string
		Expect struct {
			Frames []map[string]any `json:"frames_best_effort"`
		}
	}
	for _, c := range readJSONL[streamCase](t, filepath.Join(corpus(t), "conformance", "go-syslog-octetcounting-framing.jsonl")) {
		raw := string(c.bytes(t))
		got, err := frames(0, true, raw)
		messages := 0
		for _, f := range c.Expect.Frames {
			if _, ok := f["facility"]; ok {
				messages++
			}
		}
		if err == nil && len(got) < messages {
			t.Errorf("%s: %d messages, go-syslog reads %d\n%.200q", c.Descr, len(got), messages, raw)
		}
	}
}
