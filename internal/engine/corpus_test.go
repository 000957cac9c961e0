package engine

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/logboom/logboom/internal/query"
	"github.com/logboom/logboom/internal/store"
	"github.com/logboom/logboom/internal/syslog"
)

// corpus returns the folder of other projects' sample messages, or skips.
func corpus(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("LOGBOOM_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no sample messages: %v; LOGBOOM_CORPUS names their folder", err)
	}
	return dir
}

// samples returns the messages of that folder, as they came.
func samples(t *testing.T) (all [][]byte) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(corpus(t), "raw", "*.log"))
	if err != nil || len(files) == 0 {
		t.Fatalf("samples: %d files, %v", len(files), err)
	}
	unescape := strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r", `\0`, "\x00")
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(string(text), "\n"), "\n") {
			all = append(all, []byte(unescape.Replace(line)))
		}
	}
	return all
}

func TestEverySampleIsStoredOnceAndFoundAgainByteForByte(t *testing.T) {
	want := samples(t)
	s := start(t, testConfig(t, ""))
	to, err := net.ResolveUDPAddr("udp", s.e.Listeners()[0].Address)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.DialUDP("udp", nil, to)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for i, raw := range want {
		if _, err := c.Write(raw); err != nil {
			t.Fatal(err)
		}
		if i%200 == 199 {
			s.awaitStored(int64(i + 1)) // the smallest socket buffer holds so many
		}
	}
	s.awaitStored(int64(len(want)))

	i := 0
	err = s.e.store.Archive().Each(t.Context(), store.Search{}, func(r *syslog.Record) error {
		if i < len(want) && !bytes.Equal(r.Raw, syslog.Trim(want[i])) {
			t.Errorf("message %d is\n%q, sent was\n%q", i, r.Raw, want[i])
		}
		i++
		return nil
	})
	if err != nil || i != len(want) {
		t.Fatalf("%d messages found, %v; want %d", i, err, len(want))
	}

	// And each is found by words that are in it.
	missed := 0
	for _, raw := range want {
		text := string(syslog.Trim(raw))
		from := len(text) / 3
		phrase := strings.ToValidUTF8(text[from:min(from+24, len(text))], "")
		if strings.TrimSpace(phrase) == "" || strings.ContainsAny(phrase, "\"\\\x00\n\r") {
			continue
		}
		q, err := query.Parse(`"` + phrase + `"`)
		if err != nil {
			t.Errorf("query for %q: %v", phrase, err)
			continue
		}
		found, err := s.e.store.Archive().Search(t.Context(), store.Search{Query: q, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		hit := false
		for i := range found.Records {
			hit = hit || bytes.Equal(found.Records[i].Raw, syslog.Trim(raw))
		}
		if !hit {
			missed++
			t.Errorf("the phrase %q does not find %q", phrase, raw)
		}
	}
	t.Logf("%d messages, %d not found by a phrase of theirs", len(want), missed)
}
