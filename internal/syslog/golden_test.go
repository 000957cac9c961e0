package syslog

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the .golden files anew")

// A goldenLine is a message as "logboom parse" prints it.
type goldenLine struct {
	Facility       string                       `json:"facility"`
	Severity       string                       `json:"severity"`
	Timestamp      *string                      `json:"timestamp"`
	Hostname       string                       `json:"hostname,omitempty"`
	AppName        string                       `json:"app_name,omitempty"`
	ProcID         string                       `json:"proc_id,omitempty"`
	MsgID          string                       `json:"msg_id,omitempty"`
	StructuredData map[string]map[string]string `json:"structured_data,omitempty"`
	Message        string                       `json:"message"`
	Format         string                       `json:"format"`
}

// TestDevices reads the lines of testdata/devices; its README tells more.
func TestDevices(t *testing.T) {
	logs, err := filepath.Glob(filepath.Join("testdata", "devices", "*.log"))
	if err != nil || len(logs) == 0 {
		t.Fatalf("no lines of devices: %v", err)
	}
	for _, log := range logs {
		name := strings.TrimSuffix(filepath.Base(log), ".log")
		t.Run(name, func(t *testing.T) {
			lines, err := os.ReadFile(log)
			if err != nil {
				t.Fatal(err)
			}
			var have bytes.Buffer
			out := json.NewEncoder(&have)
			out.SetEscapeHTML(false)
			p := NewParser()
			for line := range strings.Lines(strings.ReplaceAll(string(lines), "\r\n", "\n")) {
				raw := []byte(unescape.Replace(strings.TrimSuffix(line, "\n")))
				var m Message
				p.Parse(&m, raw, receipt.UnixMicro(), nil)
				checkMessage(t, raw, &m)
				if err := out.Encode(golden(&m)); err != nil {
					t.Fatal(err)
				}
			}
			file := strings.TrimSuffix(log, ".log") + ".golden"
			if *update {
				if err := os.WriteFile(file, have.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n"))
			if !bytes.Equal(have.Bytes(), want) {
				t.Errorf("have\n%swant\n%s", have.Bytes(), want)
			}
		})
	}
}

func golden(m *Message) goldenLine {
	g := goldenLine{
		Facility: FacilityName(m.Facility), Severity: SeverityName(m.Severity),
		Hostname: string(m.Get(m.Hostname)), AppName: string(m.Get(m.AppName)), ProcID: string(m.Get(m.ProcID)), MsgID: string(m.Get(m.MsgID)),
		StructuredData: ParseStructuredData(m.Get(m.StructuredData)), Message: string(m.Text()), Format: m.Format.String(),
	}
	if m.SentAt != NoTime {
		s := time.UnixMicro(m.SentAt).UTC().Format(time.RFC3339Nano)
		g.Timestamp = &s
	}
	return g
}
