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
	Message, Markup, Silent             string
	Length                              int64
	Proxy                               string // Proxy-Authorization
}

// A botAPI is Telegram's Bot API as far as Logboom uses it. It is strict: what
// Telegram would refuse, it refuses.
type botAPI struct {
	*httptest.Server
	mu       sync.Mutex
	requests []request
	messages map[string]string // what they show, by chat and number
	// answer, if not nil, answers a request that is well formed. It reports
	// false to let the message be accepted.
	answer func(w http.ResponseWriter, n int, r request) bool
}

func newBotAPI(t *testing.T, answer func(w http.ResponseWriter, n int, r request) bool) *botAPI {
	t.Helper()
	f := &botAPI{answer: answer, messages: map[string]string{}}
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
		Message: r.FormValue("message_id"), Markup: r.FormValue("reply_markup"), Silent: r.FormValue("disable_notification"),
		Length: r.ContentLength, Proxy: r.Header.Get("Proxy-Authorization"),
	}
	f.mu.Lock()
	f.requests = append(f.requests, q)
	n := len(f.requests)
	f.mu.Unlock()
	switch {
	case q.method() != "sendMessage" && q.method() != "editMessageText":
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
	if q.method() == "editMessageText" {
		f.mu.Lock()
		old, there := f.messages[q.Chat+"/"+q.Message]
		f.messages[q.Chat+"/"+q.Message] = q.Text + q.Markup
		f.mu.Unlock()
		switch {
		case !there:
			refuse(w, 400, "Bad Request: message to edit not found", "")
		case old == q.Text+q.Markup:
			refuse(w, 400, "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message", "")
		default:
			fmt.Fprintf(w, `{"ok":true,"result":{"message_id":%s,"date":1700000000,"chat":{"id":-100,"type":"supergroup"},"text":"x"}}`, q.Message)
		}
		return
	}
	f.mu.Lock()
	f.messages[fmt.Sprint(q.Chat, "/", n)] = q.Text + q.Markup
	f.mu.Unlock()
	fmt.Fprintf(w, `{"ok":true,"result":{"message_id":%d,"date":1700000000,"chat":{"id":-100,"type":"supergroup"},"text":"x"}}`, n)
}

// method returns what was asked for, "" if not with the right token.
func (r *request) method() string {
	method, ok := strings.CutPrefix(r.Path, "/bot"+testToken+"/")
	if !ok {
		return ""
	}
	return method
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
