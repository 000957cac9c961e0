package console

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/query"
)

// nobody takes what is written to it.
type nobody struct{ http.ResponseWriter }

func (nobody) Write(b []byte) (int, error) { return len(b), nil }
func (nobody) Flush()                      {}

// BenchmarkTail is what a live tail does every 100 ms with 8,000 messages, a batch
// at 80,000/s: it counts them and writes fifty.
func BenchmarkTail(b *testing.B) {
	records := many(20261122, 1, 8000)
	for _, tt := range []struct{ name, query string }{{"everything", ""}, {"a word", "message"}, {"a word and a severity", "severity:notice+ message"}} {
		b.Run(tt.name, func(b *testing.B) {
			q, err := query.Parse(tt.query)
			if err != nil {
				b.Fatal(err)
			}
			w := nobody{httptest.NewRecorder()}
			s := &stream{query: q, w: w, control: http.NewResponseController(w), seen: map[int]int64{}}
			b.ReportAllocs()
			for b.Loop() {
				s.tokens, s.filled = 50, time.Now()
				if !s.send(b.Context(), records, 0) {
					b.Fatal("nothing was written")
				}
			}
		})
	}
}
