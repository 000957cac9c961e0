package notify

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"
)

// testToken must not be in any text that people see.
const testToken = "123456789:AAF-this_is_a_secret_marker"

// A request is what the fake Bot API was asked.
type request struct {
	Path                                string
	Chat, Thread, Text, Mode, NoPreview string
	Length                              int64
	Proxy                               string // Proxy-Authorization
}

// A botAPI is Telegram's Bot API as far as Logboom uses it. It is strict: what
// Telegram would refuse, it refuses.
type botAPI struct {
	*httptest.Server
	mu       sync.Mutex
	requests []request
	// answer, if not nil, answers a request that is well formed. It reports
	// false to let the message be accepted.
	answer func(w http.ResponseWriter, n int, r request) bool
}

func newBotAPI(t *testing.T, answer func(w http.ResponseWriter, n int, r request) bool) *botAPI {
	t.Helper()
	f := &botAPI{answer: answer}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *botAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseMultipartForm(1 << 20); err != nil {
		refuse(w, 400, "Bad Request: "+err.Error(), "")
		return
	}
	q := request{
		Path: r.URL.Path, Chat: r.FormValue("chat_id"), Thread: r.FormValue("message_thread_id"),
		Text: r.FormValue("text"), Mode: r.FormValue("parse_mode"), NoPreview: r.FormValue("link_preview_options"),
		Length: r.ContentLength, Proxy: r.Header.Get("Proxy-Authorization"),
	}
	f.mu.Lock()
	f.requests = append(f.requests, q)
	n := len(f.requests)
	f.mu.Unlock()
	switch {
	case q.Path != "/bot"+testToken+"/sendMessage":
		refuse(w, 404, "Not Found", "")
		return
	case q.Mode == "HTML":
		if err := checkHTML(q.Text); err != nil {
			refuse(w, 400, "Bad Request: can't parse entities: "+err.Error(), "")
			return
		}
	}
	if err := checkText(q.Text); err != nil {
		refuse(w, 400, "Bad Request: "+err.Error(), "")
		return
	}
	if f.answer != nil && f.answer(w, n, q) {
		return
	}
	fmt.Fprintf(w, `{"ok":true,"result":{"message_id":%d,"date":1700000000,"chat":{"id":-100,"type":"supergroup"},"text":"x"}}`, n)
}

func (f *botAPI) got() []request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]request(nil), f.requests...)
}

// refuse answers as the Bot API does; parameters is JSON or empty.
func refuse(w http.ResponseWriter, code int, description, parameters string) {
	if parameters == "" {
		parameters = "{}"
	}
	said, _ := json.Marshal(description)
	w.WriteHeader(code)
	fmt.Fprintf(w, `{"ok":false,"error_code":%d,"description":%s,"parameters":%s}`, code, said, parameters)
}

func checkText(s string) error {
	if strings.TrimSpace(s) == "" {
		return fmt.Errorf("message text is empty")
	}
	if n := len(utf16.Encode([]rune(s))); n > 4096 {
		return fmt.Errorf("message is too long")
	}
	for _, r := range s {
		if r < 0x20 && r != '\n' || r == 0x7f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfffd {
			return fmt.Errorf("character %U reached Telegram", r)
		}
	}
	return nil
}

// checkHTML is strict about the little HTML that we use.
func checkHTML(s string) error {
	var open []string
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '<':
			end := strings.IndexByte(s[i:], '>')
			if end < 0 {
				return fmt.Errorf("unclosed start tag at byte offset %d", i)
			}
			tag := s[i+1 : i+end]
			switch {
			case tag == "b" || tag == "code":
				open = append(open, tag)
			case len(open) > 0 && tag == "/"+open[len(open)-1]:
				open = open[:len(open)-1]
			default:
				return fmt.Errorf("unsupported start tag %q at byte offset %d", tag, i)
			}
			i += end
		case '>':
			return fmt.Errorf("unexpected > at byte offset %d", i)
		case '&':
			if !strings.HasPrefix(s[i:], "&lt;") && !strings.HasPrefix(s[i:], "&gt;") && !strings.HasPrefix(s[i:], "&amp;") {
				return fmt.Errorf("bad entity at byte offset %d", i)
			}
		}
	}
	if len(open) > 0 {
		return fmt.Errorf("can't find end tag corresponding to start tag %q", open[0])
	}
	return nil
}
