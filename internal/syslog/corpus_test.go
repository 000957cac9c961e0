package syslog

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// unescape turns a line of the raw corpus into the message that it stands for.
var unescape = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r", `\0`, "\x00")

// rawLines calls f with each message of the raw corpus.
func rawLines(t *testing.T, f func(file string, raw []byte)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(corpus(t), "raw", "*.log"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no raw lines: %v", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(bytes.NewReader(b))
		lines.Buffer(nil, 4<<20)
		for lines.Scan() {
			f(filepath.Base(file), []byte(unescape.Replace(lines.Text())))
		}
	}
}

// checkMessage holds what is true of every message, whatever was sent.
func checkMessage(t *testing.T, raw []byte, m *Message) {
	t.Helper()
	if !bytes.Equal(m.Raw, Trim(raw)) {
		t.Fatalf("Raw is %q, want %q", m.Raw, Trim(raw))
	}
	if m.MessageAt < 0 || m.MessageAt > len(m.Raw) {
		t.Fatalf("text at %d of %d bytes: %q", m.MessageAt, len(m.Raw), raw)
	}
	for _, s := range []Span{m.Hostname, m.AppName, m.ProcID, m.MsgID, m.StructuredData} {
		if uint64(s.Off)+uint64(s.Len) > uint64(len(m.Raw)) {
			t.Fatalf("span %v of %d bytes: %q", s, len(m.Raw), raw)
		}
	}
	if m.Facility > 23 || m.Severity > 7 {
		t.Fatalf("facility %d severity %d: %q", m.Facility, m.Severity, raw)
	}
	for _, s := range []Span{m.ProcID, m.MsgID} {
		if bytes.ContainsAny(m.Get(s), " ") {
			t.Fatalf("a blank in %q: %q", m.Get(s), raw)
		}
	}
	if !bytes.HasSuffix(m.Raw, m.Body()) || len(m.Body()) < len(m.Text()) {
		t.Fatalf("body %q, text %q: %q", m.Body(), m.Text(), raw)
	}
}

// TestCorpusPrefixes reads every beginning of every message: a datagram may be
// cut anywhere.
func TestP03CorpusPrefixes(t *testing.T) {
	p := NewParser()
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC).UnixMicro()
	lines := 0
	rawLines(t, func(_ string, raw []byte) {
		lines++
		for n := range min(len(raw), 400) + 1 {
			var m Message
			p.Parse(&m, raw[:n], now, nil)
			checkMessage(t, raw[:n], &m)
		}
		var m Message
		p.Parse(&m, raw, now, nil)
		checkMessage(t, raw, &m)
	})
	t.Logf("%d messages", lines)
}

// TestCorpusHeaders holds how many messages of each kind of equipment have a
// header that we understand. Files that are absent here have none: they were
// collected without.
func TestCorpusHeaders(t *testing.T) {
	type counts struct{ lines, time, host, app int }
	have := map[string]counts{}
	p := NewParser()
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC).UnixMicro()
	rawLines(t, func(file string, raw []byte) {
		vendor, _, _ := strings.Cut(file, "__")
		var m Message
		p.Parse(&m, raw, now, nil)
		c := have[vendor]
		c.lines++
		if m.SentAt != NoTime {
			c.time++
		}
		if m.Hostname.Len > 0 {
			c.host++
		}
		if m.AppName.Len > 0 {
			c.app++
		}
		have[vendor] = c
	})
	for vendor, least := range map[string]counts{ // of a hundred
		"arista":          {time: 100, host: 100, app: 100},
		"brocade":         {time: 100, host: 100, app: 100},
		"cisco-ios":       {time: 90, host: 60, app: 100},
		"cisco-iosxr":     {time: 100, host: 100, app: 100},
		"cisco-nxos":      {time: 100, host: 100, app: 100},
		"fortinet":        {time: 100, host: 100},
		"h3c":             {time: 100, host: 100, app: 100},
		"huawei-h3c":      {time: 100, host: 100, app: 100},
		"huawei-vrp":      {time: 100, host: 100, app: 100},
		"infoblox":        {time: 100, host: 100, app: 100},
		"juniper":         {time: 97, host: 95, app: 90},
		"macos":           {time: 100, host: 100, app: 100},
		"mikrotik":        {time: 100, host: 100, app: 100},
		"olt-hioso":       {time: 100, host: 100},
		"olt-hsgq-cdata":  {time: 100},
		"olt-zte":         {time: 100},
		"opengear":        {time: 100, host: 100, app: 100},
		"ubiquiti":        {time: 100, host: 100, app: 100},
		"vmware-esxi":     {time: 100, host: 100, app: 100},
		"mixed-vendors":   {time: 100, host: 85, app: 85},
		"hpe-aruba":       {time: 90, host: 90, app: 50},
		"paloalto":        {time: 70, host: 100},
		"dell-networking": {time: 100, host: 100, app: 100},
		"f5":              {time: 100, host: 95, app: 95},
	} {
		c := have[vendor]
		if c.lines == 0 {
			t.Errorf("%s: no lines", vendor)
			continue
		}
		if c.time*100 < least.time*c.lines || c.host*100 < least.host*c.lines || c.app*100 < least.app*c.lines {
			t.Errorf("%s: of %d lines %d have a time, %d a host, %d a program; want %d %%, %d %%, %d %%",
				vendor, c.lines, c.time, c.host, c.app, least.time, least.host, least.app)
		}
	}
}

func TestCorpusDatagrams(t *testing.T) {
	p := NewParser()
	for _, c := range readJSONL[struct {
		peerCase
		ID string
	}](t, filepath.Join(corpus(t), "datagrams.jsonl")) {
		raw := c.bytes(t)
		var m Message
		p.Parse(&m, raw, time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC).UnixMicro(), nil)
		checkMessage(t, raw, &m)
		for field, want := range c.Expect {
			if have := got(&m, field); have != want {
				t.Errorf("%s: %s = %v, want %v", c.ID, field, have, want)
			}
		}
		if strings.HasPrefix(c.ID, "pri-0") && (m.Facility != 1 || m.Severity != 5 || !bytes.Equal(m.Text(), m.Raw)) {
			t.Errorf("%s: %d.%d %q, want 1.5 and the whole of it", c.ID, m.Facility, m.Severity, m.Text())
		}
	}
}

func TestCorpusTimestamps(t *testing.T) {
	p := NewParser()
	for _, c := range readJSONL[struct {
		Raw  string
		Want *string `json:"expect_time"`
		Now  string
		TZ   string
		Note string
	}](t, filepath.Join(corpus(t), "timestamps.jsonl")) {
		now, err := time.Parse(time.RFC3339, c.Now)
		if err != nil {
			t.Fatal(err)
		}
		loc, err := time.LoadLocation(c.TZ)
		if err != nil {
			t.Fatal(err)
		}
		var m Message
		p.Parse(&m, []byte(c.Raw), now.UnixMicro(), loc)
		if c.Want == nil {
			switch { // a local time that exists not at all, or twice
			case strings.Contains(c.Note, "hour"), strings.Contains(c.Note, "nearest"):
				if d := time.UnixMicro(m.SentAt).Sub(now).Abs(); d > time.Hour {
					t.Errorf("%q: %v away from the time of receipt", c.Raw, d)
				}
			case m.SentAt != NoTime:
				t.Errorf("%q: %v, want none", c.Raw, time.UnixMicro(m.SentAt).UTC())
			}
			continue
		}
		want, err := time.Parse(time.RFC3339Nano, *c.Want)
		if err != nil {
			t.Fatal(err)
		}
		if m.SentAt != want.UnixMicro() {
			t.Errorf("%q: %v, want %v", c.Raw, time.UnixMicro(m.SentAt).UTC(), want)
		}
	}
}
