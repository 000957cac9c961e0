package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/logboom/logboom/internal/syslog"
)

// parseLine is the longest line that parse takes, in bytes.
const parseLine = 4 << 20

// A reading is how one message was read. Absent fields are null.
type reading struct {
	Facility   uint8                        `json:"facility"`
	Severity   uint8                        `json:"severity"`
	Timestamp  *string                      `json:"timestamp"` // RFC 3339
	Hostname   *string                      `json:"hostname"`
	AppName    *string                      `json:"app_name"`
	ProcID     *string                      `json:"proc_id"`
	MsgID      *string                      `json:"msg_id"`
	Structured map[string]map[string]string `json:"structured_data"`
	Message    string                       `json:"message"`
	Format     string                       `json:"format"`
}

func newParseCommand(a *app) *cobra.Command {
	var asJSON bool
	var now, timezone, encoding string
	cmd := &cobra.Command{
		Use:   "parse",
		Short: "Show how messages are read",
		Long: `Parse reads one raw message per line from standard input and prints one JSON
object per message: the fields that Logboom would store. In the lines, \n, \r,
\0 and \\ stand for those characters. With --json each line is an object with
"raw", or "raw_b64" for bytes that are no text.`,
		Example: `  echo '<131>Jun 13 10:00:01 OLT-2 EPON[7]: PON deregister' | logboom parse
  logboom parse --now 2026-11-22T08:00:00Z --timezone Asia/Dhaka < lines.txt
  echo '{"raw_b64": "PDE+eA=="}' | logboom parse --json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			p := linesParser{parser: syslog.NewParser(), json: asJSON, zone: time.Local}
			clock := time.Now()
			var err error
			if now != "" {
				if clock, err = time.Parse(time.RFC3339Nano, now); err != nil {
					return usage(`--now %q: expected RFC 3339, as in "2026-11-22T08:00:00Z"`, now)
				}
			}
			if p.now = clock.UnixMicro(); timezone != "" {
				if p.zone, err = time.LoadLocation(timezone); err != nil {
					return usage(`--timezone %q: expected a name such as "UTC", "Local" or "Asia/Dhaka"`, timezone)
				}
			}
			if encoding != "" {
				if p.charset, err = syslog.LookupCharset(encoding); err != nil {
					return usage("--encoding: %w", err)
				}
			}
			return a.parse(&p)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, `lines are JSON: {"raw": "..."} or {"raw_b64": "..."}`)
	cmd.Flags().StringVar(&now, "now", "", "take this `time` (RFC 3339) for that of receipt")
	cmd.Flags().StringVar(&timezone, "timezone", "", "`zone` of the devices, for times without one (default: that of this machine)")
	cmd.Flags().StringVar(&encoding, "encoding", "", "`charset` of messages that are not UTF-8, as for a [[device]]")
	return cmd
}

// parse reads lines from stdin and prints how they are read.
func (a *app) parse(p *linesParser) error {
	in := newLines(a.stdin, parseLine)
	out := bufio.NewWriter(a.stdout)
	enc := newJSON(out)
	enc.SetEscapeHTML(false)
	for n := 1; in.Scan(); n++ {
		raw, err := p.raw(in.Bytes())
		if err != nil {
			return errors.Join(out.Flush(), fmt.Errorf("line %d: %w", n, err))
		}
		if err := enc.Encode(p.read(raw)); err != nil {
			return err
		}
	}
	if err := in.Err(); err != nil {
		return errors.Join(out.Flush(), fmt.Errorf("reading lines: %w", err))
	}
	return out.Flush()
}

// linesParser reads messages from lines.
type linesParser struct {
	parser  *syslog.Parser
	message syslog.Message
	now     int64
	zone    *time.Location
	charset *syslog.Charset
	json    bool
}

// raw returns the bytes that a line stands for.
func (p *linesParser) raw(line []byte) ([]byte, error) {
	if !p.json {
		return unescape(line), nil
	}
	var o struct {
		Raw    *string `json:"raw"`
		Base64 *[]byte `json:"raw_b64"`
	}
	err := json.Unmarshal(line, &o)
	switch {
	case err != nil:
		return nil, fmt.Errorf(`expected a JSON object with "raw" or "raw_b64": %w`, err)
	case o.Base64 != nil:
		return *o.Base64, nil
	case o.Raw != nil:
		return []byte(*o.Raw), nil
	}
	return nil, errors.New(`the JSON object has neither "raw" nor "raw_b64"`)
}

// unescape turns \n, \r, \0 and \\ into what they stand for and leaves every
// other backslash as it is.
func unescape(line []byte) []byte {
	out := make([]byte, 0, len(line))
	for i := 0; i < len(line); i++ {
		if line[i] == '\\' && i+1 < len(line) {
			if c, ok := map[byte]byte{'n': '\n', 'r': '\r', '0': 0, '\\': '\\'}[line[i+1]]; ok {
				out = append(out, c)
				i++
				continue
			}
		}
		out = append(out, line[i])
	}
	return out
}

func (p *linesParser) read(raw []byte) reading {
	raw = syslog.Trim(raw)
	if p.charset != nil {
		raw = p.charset.Decode(nil, raw)
	}
	m := &p.message
	p.parser.Parse(m, raw, p.now, p.zone)
	r := reading{
		Facility: m.Facility, Severity: m.Severity, Hostname: span(m, m.Hostname), AppName: span(m, m.AppName),
		ProcID: span(m, m.ProcID), MsgID: span(m, m.MsgID), Message: string(m.Text()), Format: m.Format.String(),
	}
	if m.SentAt != syslog.NoTime {
		t := time.UnixMicro(m.SentAt).In(p.zone).Format(time.RFC3339Nano)
		r.Timestamp = &t
	}
	if sd := m.Get(m.StructuredData); sd != nil {
		r.Structured = syslog.ParseStructuredData(sd)
	}
	return r
}

func span(m *syslog.Message, s syslog.Span) *string {
	b := m.Get(s)
	if b == nil {
		return nil
	}
	text := string(b)
	return &text
}
