package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// asked is what a desk was asked for.
type asked struct {
	mu    sync.Mutex
	calls []string
	fail  error
	book  *shelf
}

func (a *asked) note(format string, args ...any) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	call := fmt.Sprintf(format, args...)
	a.calls = append(a.calls, call)
	return "answer to " + call, a.fail
}

func (a *asked) Status(context.Context) (string, error)    { return a.note("status") }
func (a *asked) Incidents(context.Context) (string, error) { return a.note("incidents") }
func (a *asked) Devices(context.Context) (string, error)   { return a.note("devices") }
func (a *asked) Tail(_ context.Context, d string) (string, error) {
	return a.note("tail %s", d)
}

func (a *asked) Mute(_ context.Context, d time.Duration, by string) (until time.Time, err error) {
	_, err = a.note("mute %v by %s", d, by)
	if d > 0 {
		until = cutAt.Add(d)
	}
	return until, err
}

func (a *asked) Handle(_ context.Context, id int64, h Handling) (Handled, error) {
	mute := "-"
	if h.Mute != nil {
		mute = h.Mute.String()
	}
	if _, err := a.note("handle %d ack=%v mute=%s by %s", id, h.Ack, mute, h.By); err != nil {
		return Handled{}, err
	}
	i, ok, _ := a.book.Handled(context.Background(), id)
	if !ok {
		return i, fmt.Errorf("incident %d: %w", id, ErrNoIncident)
	}
	i.AckedBy = h.By
	return i, nil
}

func (a *asked) got() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return strings.Join(a.calls, "; ")
}

// kept are offsets in memory.
type kept struct {
	mu   sync.Mutex
	next map[string]int64
	fail error
}

func (k *kept) Offset(_ context.Context, bot string) (int64, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.next[bot], nil
}

func (k *kept) SetOffset(_ context.Context, bot string, next int64) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fail == nil {
		k.next[bot] = next
	}
	return k.fail
}

// chatAPI is the Bot API as a poller uses it.
type chatAPI struct {
	*httptest.Server
	mu      sync.Mutex
	updates string // JSON list that the next getUpdates returns
	code    int    // of getUpdates; 0 = it works
	said    string
	old     bool     // presses are too old
	asks    []string // bodies of getUpdates
	sent    []string // texts of sendMessage and answerCallbackQuery
}

func (c *chatAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch method := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]; method {
	case "getMe":
		fmt.Fprint(w, `{"ok":true,"result":{"id":1,"username":"our_bot"}}`)
	case "getUpdates":
		var body bytes.Buffer
		body.ReadFrom(r.Body)
		c.asks = append(c.asks, body.String())
		if c.code != 0 {
			refuse(w, c.code, c.said, "")
			return
		}
		fmt.Fprintf(w, `{"ok":true,"result":%s}`, c.updates)
		c.updates = "[]"
	case "sendMessage":
		if err := checkText(r.FormValue("text")); err != nil {
			refuse(w, 400, "Bad Request: "+err.Error(), "")
			return
		}
		c.sent = append(c.sent, r.FormValue("chat_id")+": "+r.FormValue("text"))
		fmt.Fprint(w, `{"ok":true,"result":{"message_id":5,"date":1,"chat":{"id":1,"type":"group"}}}`)
	case "answerCallbackQuery":
		if c.old {
			refuse(w, 400, "Bad Request: query is too old and response timeout expired or query ID is invalid", "")
			return
		}
		c.sent = append(c.sent, "toast: "+r.FormValue("text"))
		fmt.Fprint(w, `{"ok":true,"result":true}`)
	default:
		refuse(w, 404, "Not Found", "")
	}
}

// office is a poller with everything around it.
type office struct {
	*Poller
	api  *chatAPI
	desk *asked
	kept *kept
	book *shelf
	log  *bytes.Buffer
}

func newOffice(t testing.TB, allowed ...string) *office {
	t.Helper()
	o := &office{api: &chatAPI{updates: "[]"}, kept: &kept{next: map[string]int64{}}, book: newShelf(), log: new(bytes.Buffer)}
	o.api.Server = httptest.NewServer(o.api)
	t.Cleanup(o.api.Close)
	o.desk = &asked{book: o.book}
	var chats []*Telegram
	for name, chat := range map[string]string{"telegram": "-100"} {
		tg, err := NewTelegram(TelegramOptions{Name: name, Token: testToken, ChatID: chat, APIURL: o.api.URL, Book: o.book, Buttons: true})
		if err != nil {
			t.Fatal(err)
		}
		chats = append(chats, tg)
	}
	part, err := NewTelegram(TelegramOptions{Name: "telegram:-200", Token: testToken, ChatID: "-200", APIURL: o.api.URL, Book: o.book, Buttons: true})
	if err != nil {
		t.Fatal(err)
	}
	o.Poller = NewPoller(PollerOptions{Chats: append(chats, part), Allowed: allowed, Desk: o.desk, Offsets: o.kept, Log: slog.New(slog.NewTextHandler(o.log, nil))})
	o.book.put(Handled{Incident: cut(7, 3)})
	o.book.put(Handled{Incident: cut(8, 0)})
	for _, id := range []int64{7, 8} {
		if err := o.book.SetTold(t.Context(), "telegram", id, "-100", Told{fmt.Sprint(id * 10), 1}); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// take has the poller take the updates of one answer.
func (o *office) take(t testing.TB, updates ...string) {
	t.Helper()
	o.api.updates = "[" + strings.Join(updates, ",") + "]"
	next, _ := o.kept.Offset(t.Context(), o.botID)
	if _, _, err := o.round(t.Context(), next); err != nil {
		t.Fatal(err)
	}
}

var updateID int64

func wrote(chat int64, text string) string {
	updateID++
	said, _ := json.Marshal(text)
	return fmt.Sprintf(`{"update_id":%d,"message":{"message_id":1,"date":%d,"chat":{"id":%d,"type":"group"},"from":{"id":77,"first_name":"Ann","username":"Ann_Lee"},"text":%s}}`,
		updateID, time.Now().Unix(), chat, said)
}

func pressedBy(chat, user int64, data string) string {
	updateID++
	said, _ := json.Marshal(data)
	return fmt.Sprintf(`{"update_id":%d,"callback_query":{"id":"9","from":{"id":%d,"first_name":"Ann"},"data":%s,"message":{"message_id":70,"date":0,"chat":{"id":%d,"type":"group"}}}}`,
		updateID, user, said, chat)
}

func TestUpdateIsTakenOnce(t *testing.T) {
	o := newOffice(t)
	first := wrote(-100, "/status")
	o.take(t, first)
	o.take(t, first) // an API that does not look at the offset
	if got := o.desk.got(); got != "status" {
		t.Errorf("the desk was asked for %q, want status once", got)
	}
	if want := fmt.Sprintf(`"offset":%d`, updateID+1); !strings.Contains(o.api.asks[1], want) {
		t.Errorf("asked for %s, want %s", o.api.asks[1], want)
	}
}

func TestUpdateThatCannotBeKeptIsNotObeyed(t *testing.T) {
	o := newOffice(t)
	o.kept.fail = errors.New("disk full")
	o.api.updates = "[" + wrote(-100, "/mute 8h") + "]"
	if _, _, err := o.round(t.Context(), 0); err == nil || o.desk.got() != "" {
		t.Errorf("err = %v, the desk was asked for %q", err, o.desk.got())
	}
}

func TestFloodOfCommandsIsBounded(t *testing.T) {
	o := newOffice(t)
	for range 20 {
		var many []string
		for range 10 {
			many = append(many, wrote(-100, "/status"))
		}
		o.take(t, many...)
	}
	if len(o.api.sent) != answersOfGroup.most || strings.Count(o.desk.got(), "status") != answersOfGroup.most {
		t.Errorf("%d answers, %q; want %d", len(o.api.sent), o.desk.got(), answersOfGroup.most)
	}
	if o.Refused() != 200-int64(answersOfGroup.most) {
		t.Errorf("%d were refused, want %d", o.Refused(), 200-answersOfGroup.most)
	}
	if lines := strings.Count(o.log.String(), "\n"); lines > 2 {
		t.Errorf("%d lines in the log:\n%s", lines, o.log)
	}
}

func TestFloodOfStrangersKeepsNobodyFromAsking(t *testing.T) {
	o := newOffice(t, "77")
	for range 20 {
		var many []string
		for i := range 10 {
			many = append(many, strings.Replace(wrote(-100, "/status"), `"id":77`, fmt.Sprintf(`"id":%d`, 1000+i), 1), pressedBy(-100, int64(2000+i), "lb:ack:7"))
		}
		o.take(t, many[:10]...)
		o.take(t, many[10:]...)
	}
	o.take(t, wrote(-100, "/status"), pressedBy(-100, 77, "lb:ack:7"))
	if got := o.desk.got(); got != "" && !strings.HasPrefix(got, "status; handle 7") {
		t.Errorf("the desk was asked for %q", got)
	}
	if n := len(o.api.sent); n > 70 {
		t.Errorf("%d answers", n)
	}
}

func TestDeskThatFailsIsNoSecret(t *testing.T) {
	o := newOffice(t)
	o.desk.fail = errors.New("disk at /secret/place is full")
	o.take(t, wrote(-100, "/status"))
	if got := strings.Join(o.api.sent, ""); !strings.Contains(got, "did not work") || strings.Contains(got, "secret") {
		t.Errorf("answered %q", got)
	}
	if !strings.Contains(o.log.String(), "/secret/place") {
		t.Errorf("the log does not say why: %s", o.log)
	}
}

func TestPollerExplainsWhatIsInItsWay(t *testing.T) {
	tests := []struct {
		name    string
		code    int
		said    string
		want    string
		lasting bool
	}{
		{"another program polls", 409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running", "another program takes the commands", true},
		{"a webhook is set", 409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first", "deleteWebhook", true},
		{"the token is wrong", 401, "Unauthorized", "@BotFather", true},
		{"a trouble of Telegram", 502, "Bad Gateway", "trouble of its own", false},
		{"too fast", 429, "Too Many Requests: retry after 9", "429", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t)
			o.api.code, o.api.said = tt.code, tt.said
			_, rest, err := o.round(t.Context(), 1)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), testToken) {
				t.Fatalf("err = %v, want one with %q", err, tt.want)
			}
			if tt.lasting && rest < conflictRest {
				t.Errorf("rests %v, want at least %v", rest, conflictRest)
			}
			o.unwell(err, rest)
			if (o.Trouble() != nil) != tt.lasting {
				t.Errorf("Trouble() = %v", o.Trouble())
			}
			o.well()
			if o.Trouble() != nil {
				t.Errorf("Trouble() = %v after it was over", o.Trouble())
			}
		})
	}
}

func TestPollerEndsWithItsContext(t *testing.T) {
	o := newOffice(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- o.Run(ctx) }() // ends with cancel
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run() = %v", err)
	}
}

// Whoever acknowledges in a hurry is obeyed, though no answer comes any more.
func TestWhatDoesSomethingIsObeyedBeyondTheAnswers(t *testing.T) {
	o := newOffice(t)
	var many []string
	for range answersOfGroup.most {
		many = append(many, wrote(-100, "/status"))
	}
	o.take(t, append(many, wrote(-100, "/mute 2h"), wrote(-100, "/devices"))...)
	if got := o.desk.got(); !strings.Contains(got, "mute") || strings.Contains(got, "devices") {
		t.Errorf("the desk was asked for %q", got)
	}
	if len(o.api.sent) != answersOfGroup.most || o.Refused() != 1 {
		t.Errorf("%d answers, %d refused, want %d and 1", len(o.api.sent), o.Refused(), answersOfGroup.most)
	}
}

func TestCommandsLimitLeavesRoomForAnswers(t *testing.T) {
	for topics := range 8 {
		l := CommandsLimit(true, topics)
		if n := l.Burst*max(topics, 1) + answersOfGroup.most; n > telegramLimit.Burst || l.Burst < 2 {
			t.Errorf("%d topics: %d messages a minute, %+v", topics, n, l)
		}
	}
	if CommandsLimit(false, 1) != telegramLimit {
		t.Errorf("without commands: %+v", CommandsLimit(false, 1))
	}
}
