package syslog

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// corpus returns the folder of messages that others have collected. It lies
// beside the repository, and the test is skipped where it does not.
func corpus(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("LOGBOOM_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	if _, err := os.Stat(filepath.Join(dir, "raw")); err != nil {
		t.Skipf("no corpus at %s; LOGBOOM_CORPUS names another place", dir)
	}
	return dir
}

// readJSONL decodes each line of a file of the corpus into a T.
func readJSONL[T any](t testing.TB, path string) []T {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []T
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var v T
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatalf("%s line %d: %v", path, len(all)+1, err)
		}
		all = append(all, v)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// A rawText is the message of a case: as text, or in base 64 where it is none.
type rawText struct {
	Raw    *string `json:"raw"`
	RawB64 *string `json:"raw_b64"`
}

func (r rawText) bytes(t testing.TB) []byte {
	t.Helper()
	switch {
	case r.Raw != nil:
		return []byte(*r.Raw)
	case r.RawB64 != nil:
		b, err := base64.StdEncoding.DecodeString(*r.RawB64)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	t.Fatal("a case without a message")
	return nil
}

// caseID names a case without repeating it: the lines of the corpus stay there.
func caseID(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:4])
}

type peerCase struct {
	rawText
	Expect map[string]any
	Source string
}

// invalid says that the peer refuses the message; what it read before is not
// compared, as we accept every message.
func (c peerCase) invalid() bool { return c.Expect["valid"] == false }

// got returns our field by the name that the sets give it; nil is absent.
func got(m *Message, field string) any {
	var v []byte
	switch field {
	case "facility":
		return float64(m.Facility)
	case "severity":
		return float64(m.Severity)
	case "hostname":
		v = m.Get(m.Hostname)
	case "app_name":
		v = m.Get(m.AppName)
	case "procid":
		v = m.Get(m.ProcID)
	case "msgid":
		v = m.Get(m.MsgID)
	case "message":
		v = m.Text()
	}
	if len(v) == 0 {
		return nil
	}
	return asJSON(v)
}

// asJSON returns b as a peer's JSON shows it, each byte that is no UTF-8 as
// U+FFFD.
func asJSON(b []byte) string {
	var s strings.Builder
	for _, r := range string(b) {
		s.WriteRune(r)
	}
	return s.String()
}

// TestConformance compares us with the tests of other parsers. Each
// disagreement is decided and explained in docs/conformance.md.
func TestConformance(t *testing.T) {
	dir := corpus(t)
	sets := []struct {
		peer      string
		least     float64           // share of the fields in which we must agree
		disagreed map[string]string // case:field -> why we read it otherwise
	}{
		{"victorialogs", 0.95, disagreedVictoriaLogs},
		{"fluentd", 0.95, disagreedFluentd},
		{"vrl", 0.95, nil},
		{"go-syslog-rfc3164", 0.95, nil},
		{"go-syslog-rfc5424", 0.95, disagreedGoSyslog5424},
	}
	for _, set := range sets {
		t.Run(set.peer, func(t *testing.T) {
			p := NewParser()
			now := time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC).UnixMicro()
			asserted, agreed := 0, 0
			used := map[string]bool{}
			for _, c := range readJSONL[peerCase](t, filepath.Join(dir, "conformance", set.peer+".jsonl")) {
				if c.invalid() {
					continue
				}
				raw := c.bytes(t)
				var m Message
				p.Parse(&m, raw, now, nil)
				for _, field := range []string{"facility", "severity", "hostname", "app_name", "message", "procid", "msgid"} {
					want, ok := c.Expect[field]
					if !ok {
						continue
					}
					have := got(&m, field)
					counted := field != "procid" && field != "msgid"
					if !counted && want == "-" {
						want = nil // RFC 5424: no value
					}
					if counted {
						asserted++
					}
					if have == want {
						if counted {
							agreed++
						}
						continue
					}
					key := caseID(raw) + ":" + field
					used[key] = true
					if set.disagreed[key] == "" {
						t.Errorf("%s (%s)\n  raw  %.200q\n  %s = %q, the peer says %q", key, c.Source, raw, field, have, want)
					}
				}
			}
			for key := range set.disagreed {
				if !used[key] {
					t.Errorf("%s is listed as a disagreement, but is none", key)
				}
			}
			share := float64(agreed) / float64(max(asserted, 1))
			t.Logf("%s: %d of %d fields, %.1f %%", set.peer, agreed, asserted, 100*share)
			if share < set.least {
				t.Errorf("agrees in %.1f %% of the fields, want %.0f %%", 100*share, 100*set.least)
			}
		})
	}
}

// The reasons are explained in docs/conformance.md.
const (
	dashIsAbsent  = "a dash in the place of a name means that there is none"
	byteOrderMark = "the mark tells the encoding of the text and is no part of it; RFC 5424 section 6.4"
	otherMessage  = "the peer's test reuses the expectation of another message"
	escapedEOL    = "the line ends with a backslash and an n, which are text"
)

var (
	disagreedVictoriaLogs = map[string]string{
		"29241c63:app_name": dashIsAbsent,
		"92b5fbb0:hostname": dashIsAbsent,
		"92b5fbb0:app_name": dashIsAbsent,
	}
	disagreedFluentd = map[string]string{
		"852843e3:message": escapedEOL,
		"8d9e3b4c:message": otherMessage,
	}
	disagreedGoSyslog5424 = map[string]string{
		"0d0d90de:message": byteOrderMark,
		"05d71cc7:message": byteOrderMark,
		"03c3829e:message": byteOrderMark,
		"84860848:message": byteOrderMark,
		"64f31754:message": byteOrderMark,
		"e328dfa5:message": byteOrderMark,
		"34bc5f30:message": byteOrderMark,
		"fe0fcd9e:message": byteOrderMark,
		"84bc38ee:message": byteOrderMark,
		"2ba5c13f:message": byteOrderMark,
		"2d8fd245:message": byteOrderMark,
		"6868d0cf:message": byteOrderMark,
		"120d220e:message": byteOrderMark,
		"bee080b1:message": byteOrderMark,
		"31c9b3ae:message": byteOrderMark,
		"32f5e7dd:message": byteOrderMark,
		"ffbb9b1f:message": byteOrderMark,
		"5b67e7f7:message": byteOrderMark,
		"91e5114c:message": byteOrderMark,
		"3dd50b1f:message": byteOrderMark,
		"b302ed57:message": byteOrderMark,
		"6f3a8de2:message": byteOrderMark,
	}
)

// TestConformanceStructuredData compares structured data, as maps, with the
// peers that give it.
func TestConformanceStructuredData(t *testing.T) {
	dir := corpus(t)
	p := NewParser()
	for _, peer := range []string{"victorialogs", "vrl", "go-syslog-rfc5424"} {
		for _, c := range readJSONL[peerCase](t, filepath.Join(dir, "conformance", peer+".jsonl")) {
			if c.invalid() {
				continue
			}
			var m Message
			p.Parse(&m, c.bytes(t), 0, nil)
			sd := ParseStructuredData(m.Get(m.StructuredData))
			if want, ok := c.Expect["structured_data"].(map[string]any); ok {
				have, _ := json.Marshal(sd)
				wanted, _ := json.Marshal(want)
				if !bytes.Equal(have, wanted) && len(want) > 0 {
					t.Errorf("%s: %.200q\n  %s\n  want %s", peer, m.Raw, have, wanted)
				}
			}
			flat, _ := c.Expect["structured_data_flat"].(map[string]any)
			for key, want := range flat {
				if !hasFlat(sd, key, want.(string)) {
					t.Errorf("%s: %.200q\n  %q, want %s=%q", peer, m.Raw, sd, key, want)
				}
			}
		}
	}
}

// hasFlat looks for a parameter by "element.parameter", the way of
// VictoriaLogs, which also has elements without parameters and parameters
// without an element.
func hasFlat(sd map[string]map[string]string, key, want string) bool {
	if params, ok := sd[key]; ok && want == "" && len(params) == 0 {
		return true
	}
	for id, params := range sd {
		for name, value := range params {
			if value == want && (key == id+"."+name || id == "" && key == name) {
				return true
			}
		}
	}
	return false
}
