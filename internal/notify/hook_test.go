package notify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A hook is the far side of a webhook. It takes no header and no body that is
// not as documented.
type hook struct {
	*httptest.Server
	t        *testing.T
	format   string
	answer   func(w http.ResponseWriter, r *http.Request) bool // true = it has answered
	mu       sync.Mutex
	requests []*http.Request
	bodies   []string
	texts    []string // as people see them
}

// secretPath stands in the URL of a webhook: who knows it may write.
const secretPath = "/services/T0secret_marker/B0secret_marker"

func newHook(t *testing.T, format string, answer func(w http.ResponseWriter, r *http.Request) bool) *hook {
	t.Helper()
	h := &hook{t: t, format: format, answer: answer}
	h.Server = httptest.NewServer(h)
	t.Cleanup(h.Close)
	return h
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return
	}
	if h.answer != nil && h.answer(w, r) {
		return
	}
	for name, values := range r.Header {
		known := []string{"Content-Type", "Content-Length", "User-Agent", "Accept-Encoding", "X-Logboom-Signature", "X-Logboom-Timestamp", "Authorization"}
		if !slices.Contains(known, name) || len(values) != 1 {
			http.Error(w, "header "+name, http.StatusBadRequest)
			return
		}
	}
	text, err := readHook(h.format, body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.requests, h.bodies, h.texts = append(h.requests, r), append(h.bodies, string(body)), append(h.texts, text)
	if h.format == "discord" {
		w.WriteHeader(http.StatusNoContent)
	}
}

func (h *hook) told() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.texts)
}

// readHook returns what people see of a body, and an error if the chat would
// not take it.
func readHook(format string, body []byte) (string, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	type textObject struct {
		Type, Text string
		Emoji      bool
	}
	switch format {
	case "json":
		var b jsonBody
		if err := d.Decode(&b); err != nil {
			return "", err
		}
		if len(b.Notices)+b.LeftOut != b.Count || len(body) > 1<<19 || b.Version != 1 {
			return "", fmt.Errorf("%d notices, %d left out of %d, %d bytes", len(b.Notices), b.LeftOut, b.Count, len(body))
		}
		return b.Title + "\n" + b.Text, nil
	case "slack":
		var b struct {
			Text   string
			Blocks []struct {
				Type string
				Text textObject
			}
		}
		if err := d.Decode(&b); err != nil {
			return "", err
		}
		var all []string
		for i, block := range b.Blocks {
			limit := []int{150, 3000}[min(i, 1)]
			if block.Text.Type != "plain_text" || units(block.Text.Text) > limit || block.Text.Text == "" {
				return "", fmt.Errorf("invalid_blocks: %d of %d characters of %s", units(block.Text.Text), limit, block.Text.Type)
			}
			all = append(all, block.Text.Text)
		}
		text := strings.Join(all, "\n")
		if strings.ContainsAny(text+b.Text, "<>") {
			return "", errors.New("markup in the text")
		}
		return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text), nil
	case "mattermost", "discord":
		var b struct {
			Text, Content string
			Mentions      struct{ Parse []string } `json:"allowed_mentions"`
		}
		if err := d.Decode(&b); err != nil {
			return "", err
		}
		limit := map[string]int{"mattermost": 4000, "discord": 2000}[format]
		text := b.Text + b.Content
		title, fence, ok := strings.Cut(text, "\n```\n")
		fence, end := strings.CutSuffix(fence, "\n```")
		switch {
		case units(text) > limit || text == "":
			return "", fmt.Errorf("%d characters", units(text))
		case !ok || !end || strings.Contains(fence, "```"):
			return "", fmt.Errorf("the block of code is not whole: %.100q", text)
		case strings.ContainsAny(title, "@\n"):
			return "", fmt.Errorf("title %q", title)
		case format == "discord" && (b.Mentions.Parse == nil || len(b.Mentions.Parse) > 0):
			return "", errors.New("people may be called")
		}
		return title + "\n" + fence, nil
	case "teams":
		var b struct {
			Type        string
			Attachments []struct {
				ContentType string `json:"contentType"`
				Content     struct {
					Schema  string `json:"$schema"`
					Type    string
					Version string
					MSTeams any
					Body    []struct {
						Type    string
						Inlines []struct{ Type, Text, Weight, Size string }
					}
				}
			}
		}
		if err := d.Decode(&b); err != nil {
			return "", err
		}
		if len(b.Attachments) != 1 || len(body) > 28<<10 { // Teams takes 28 KB
			return "", fmt.Errorf("%d cards, %d bytes", len(b.Attachments), len(body))
		}
		var all []string
		for _, block := range b.Attachments[0].Content.Body {
			if block.Type != "RichTextBlock" || len(block.Inlines) != 1 || block.Inlines[0].Type != "TextRun" {
				return "", fmt.Errorf("block %+v", block)
			}
			all = append(all, block.Inlines[0].Text)
		}
		return strings.Join(all, "\n"), nil
	case "ntfy":
		var b struct {
			Topic, Title, Message string
			Priority              int
		}
		if err := d.Decode(&b); err != nil {
			return "", err
		}
		if b.Topic != "B0secret_marker" || len(b.Message) > 4096 || b.Priority < 1 || b.Priority > 5 || strings.Contains(b.Title, "\n") {
			return "", fmt.Errorf("topic %q, %d bytes, priority %d", b.Topic, len(b.Message), b.Priority)
		}
		return b.Title + "\n" + b.Message, nil
	}
	return "", errors.New("no such format")
}
