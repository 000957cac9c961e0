package console

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/logboom/logboom/internal/query"
	"github.com/logboom/logboom/internal/syslog"
)

// Formats are the forms in which messages leave, for [NewRowWriter].
var Formats = []string{"text", "json", "csv"}

// RowOptions say how messages are written.
type RowOptions struct {
	Format    string          // one of Formats
	Location  *time.Location  // of the times; nil = UTC
	Directory query.Directory // names of devices; may be nil
	// Terminal says that CSV goes to a terminal: control characters are then
	// written out in it, as they always are in text.
	Terminal bool
	// Raw passes control characters on as they came, in text and to a terminal:
	// a message can then do to it what it likes.
	Raw bool
	// Color paints the severity in text, for a terminal.
	Color bool
	// Formulas leaves cells of CSV as they are that a spreadsheet would take
	// for a formula; else they begin with "'".
	Formulas bool
}

// A RowWriter writes messages one after the other: as lines of text for
// people, as JSON with one object per line, or as CSV with a line of names.
// JSON is exact, and [SafeJSON]; text and CSV show what they could not otherwise
// carry as \xNN.
type RowWriter struct {
	o    RowOptions
	w    io.Writer
	line []byte
}

var csvNames = []string{"id", "received_at", "sent_at", "device", "device_name", "facility", "severity", "hostname", "app_name", "proc_id", "msg_id", "structured_data", "message", "raw"}

// NewRowWriter returns a writer of messages to w, which should be buffered.
// The error is for people and names the formats.
func NewRowWriter(w io.Writer, o RowOptions) (*RowWriter, error) {
	if o.Location == nil {
		o.Location = time.UTC
	}
	rw := &RowWriter{o: o, w: w}
	switch o.Format {
	case "text", "json":
	case "csv":
		if _, err := w.Write(csvLine(nil, csvNames...)); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("format %q: must be one of %s", o.Format, strings.Join(Formats, ", "))
	}
	return rw, nil
}

// Write writes one message, at once and whole.
func (w *RowWriter) Write(r *syslog.Record) error {
	var err error
	switch w.o.Format {
	case "text":
		w.line = w.text(w.line[:0], r)
	case "csv":
		w.line = w.csv(w.line[:0], r)
	default:
		w.line, err = w.json(r)
	}
	if err == nil {
		_, err = w.w.Write(w.line)
	}
	return err
}

const (
	stampText = "2006-01-02 15:04:05.000"
	stampFull = "2006-01-02T15:04:05.000000Z07:00"
)

// A Line is a message as people read it in a terminal.
type Line struct {
	At        time.Time // of receipt, in the zone to be shown
	Severity  uint8
	Who       string // name or address of the device
	App, Text []byte // foreign
	Raw       bool   // control characters as they came
	Color     bool   // severity in colour
}

// AppendLine appends l: when, how bad, who, which program, what.
func AppendLine(b []byte, l *Line) []byte {
	shown := Visible
	if l.Raw {
		shown = func(b []byte) []byte { return b }
	}
	b = append(l.At.AppendFormat(b, stampText), "  "...)
	paint := l.Color && colors[l.Severity&7] != ""
	if paint {
		b = append(b, colors[l.Severity&7]...)
	}
	b = fmt.Appendf(b, "%-7s", syslog.SeverityName(l.Severity))
	if paint {
		b = append(b, colorOff...)
	}
	b = fmt.Appendf(b, "  %-15s  ", shown([]byte(l.Who)))
	// Some texts begin with what is taken for the name, such as the topics of
	// MikroTik.
	if len(l.App) > 0 && !bytes.HasPrefix(l.Text, l.App) {
		b = append(append(b, shown(l.App)...), ": "...)
	}
	return append(append(b, shown(l.Text)...), '\n')
}

// colors of the severities, by number; SGR sequences of ECMA-48. Only what
// matters is coloured.
var colors = [8]string{"\x1b[1;97;45m", "\x1b[1;97;45m", "\x1b[1;97;45m", "\x1b[1;31m", "\x1b[33m", "", "\x1b[2m", "\x1b[2m"}

const colorOff = "\x1b[0m"

func (w *RowWriter) text(b []byte, r *syslog.Record) []byte {
	l := Line{At: time.UnixMicro(r.ReceivedAt).In(w.o.Location), Severity: r.Severity, Who: r.Source.String(), App: r.Get(r.AppName), Text: r.Text(), Raw: w.o.Raw, Color: w.o.Color}
	if w.o.Directory != nil {
		if name, _ := w.o.Directory.Device(r.Source); name != "" {
			l.Who = name
		}
	}
	return AppendLine(b, &l)
}

// exported is a message in JSON lines. Times carry the offset of the zone;
// facility and severity are numbers, as "logboom parse" prints them.
type exported struct {
	ID         string  `json:"id"`
	ReceivedAt string  `json:"received_at"`
	SentAt     *string `json:"sent_at"`
	Device     string  `json:"device"`
	DeviceName *string `json:"device_name"`
	Facility   uint8   `json:"facility"`
	Severity   uint8   `json:"severity"`
	Hostname   *string `json:"hostname"`
	AppName    *string `json:"app_name"`
	ProcID     *string `json:"proc_id"`
	MsgID      *string `json:"msg_id"`
	Structured *string `json:"structured_data"`
	Message    string  `json:"message"`
	Raw        *string `json:"raw,omitempty"`
	RawBase64  *string `json:"raw_b64,omitempty"`
}

func (w *RowWriter) json(r *syslog.Record) ([]byte, error) {
	e := exported{
		ID: r.Position.String(), ReceivedAt: w.stamp(r.ReceivedAt), Device: r.Source.String(),
		Facility: r.Facility, Severity: r.Severity,
		Hostname: field(r, r.Hostname), AppName: field(r, r.AppName), ProcID: field(r, r.ProcID), MsgID: field(r, r.MsgID),
		Structured: field(r, r.StructuredData), Message: string(r.Text()),
	}
	if r.SentAt != syslog.NoTime {
		s := w.stamp(r.SentAt)
		e.SentAt = &s
	}
	if w.o.Directory != nil {
		if name, _ := w.o.Directory.Device(r.Source); name != "" {
			e.DeviceName = &name
		}
	}
	s := string(r.Raw)
	if e.Raw = &s; !utf8.Valid(r.Raw) {
		s = base64.StdEncoding.EncodeToString(r.Raw)
		e.Raw, e.RawBase64 = nil, &s
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // a file for programs, not part of a page
	if err := enc.Encode(&e); err != nil {
		return nil, err
	}
	return SafeJSON(b.Bytes()), nil
}

func (w *RowWriter) stamp(µs int64) string {
	return time.UnixMicro(µs).In(w.o.Location).Format(stampFull)
}

func (w *RowWriter) csv(b []byte, r *syslog.Record) []byte {
	sent, name := "", ""
	if r.SentAt != syslog.NoTime {
		sent = w.stamp(r.SentAt)
	}
	if w.o.Directory != nil {
		name, _ = w.o.Directory.Device(r.Source)
	}
	return csvLine(b, r.Position.String(), w.stamp(r.ReceivedAt), sent, r.Source.String(), w.cell([]byte(name)),
		syslog.FacilityName(r.Facility), syslog.SeverityName(r.Severity),
		w.cell(r.Get(r.Hostname)), w.cell(r.Get(r.AppName)), w.cell(r.Get(r.ProcID)), w.cell(r.Get(r.MsgID)),
		w.cell(r.Get(r.StructuredData)), w.cell(r.Text()), w.cell(r.Raw))
}

// csvLine appends a line as RFC 4180 has it. encoding/csv either ends lines
// with LF or changes the line breaks inside the cells.
func csvLine(b []byte, cells ...string) []byte {
	for i, cell := range cells {
		if i > 0 {
			b = append(b, ',')
		}
		if strings.ContainsAny(cell, ",\"\r\n") || strings.TrimSpace(cell) != cell {
			b = append(append(append(b, '"'), strings.ReplaceAll(cell, `"`, `""`)...), '"')
		} else {
			b = append(b, cell...)
		}
	}
	return append(b, '\r', '\n')
}

// cell returns foreign text as a cell: valid UTF-8 without NUL, which cuts
// cells in some programs, and no formula that runs when the file is opened.
func (w *RowWriter) cell(b []byte) string {
	if w.o.Terminal && !w.o.Raw {
		b = Visible(b)
	}
	s := string(b)
	if !utf8.Valid(b) || bytes.IndexByte(b, 0) >= 0 {
		var out strings.Builder
		for i := 0; i < len(b); {
			r, n := utf8.DecodeRune(b[i:])
			if r == 0 || r == utf8.RuneError && n == 1 {
				fmt.Fprintf(&out, `\x%02x`, b[i])
			} else {
				out.Write(b[i : i+n])
			}
			i += n
		}
		s = out.String()
	}
	if w.o.Formulas {
		return s
	}
	return NoFormula(s)
}

// NoFormula returns a cell of CSV so that no spreadsheet runs it: with "'"
// before what would be taken for a formula, at its beginning and behind what
// separates cells in the spreadsheets of many countries.
func NoFormula(cell string) string {
	var out strings.Builder
	begins, done := true, 0
	for i, r := range cell {
		switch {
		case begins && strings.ContainsRune("=+-@\t\r\n＝＋－＠", r):
			out.WriteString(cell[done:i] + "'")
			done, begins = i, r < ' '
		case r == ';' || r == '\t' || r == '\n' || r == '\r':
			begins = true
		case r != ' ' && r != '"':
			begins = false
		}
	}
	return out.String() + cell[done:]
}

// Visible returns b with everything that would do something to a terminal, or
// hide text from people, written out: \n, \r, \x1b, \u202e. Invalid UTF-8
// becomes \xNN. Tabs stay. It returns b itself if there is nothing to do.
func Visible(b []byte) []byte {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if acts(r, n) {
			return visible(b, i)
		}
		i += n
	}
	return b
}

func visible(b []byte, from int) []byte {
	out := append(make([]byte, 0, len(b)+16), b[:from]...)
	for i := from; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		switch {
		case !acts(r, n):
			out = append(out, b[i:i+n]...)
		case r == '\n' || r == '\r':
			out = append(out, strconv.Quote(string(r))[1:3]...)
		case r < 0x80:
			out = fmt.Appendf(out, `\x%02x`, r)
		case r == utf8.RuneError && n == 1:
			out = fmt.Appendf(out, `\x%02x`, b[i])
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		i += n
	}
	return out
}

// acts reports whether a character does something instead of being seen: C0
// and C1 controls, line and paragraph separators, bidirectional overrides, zero
// width characters but the joiners that scripts need, tags, and bytes that are
// no UTF-8.
func acts(r rune, size int) bool {
	switch {
	case r == '\t', r == 0x200c, r == 0x200d:
		return false
	case r < ' ', r >= 0x7f && r <= 0x9f, r == utf8.RuneError && size == 1:
		return true
	case r < 0x200b:
		return r == 0xad || r == 0x61c || r == 0x180e
	}
	return r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2060 && r <= 0x2069 || r == 0xfeff || r >= 0xfff9 && r <= 0xfffb || r >= 0xe0000 && r <= 0xe007f
}
