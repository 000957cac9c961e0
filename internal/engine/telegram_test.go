package engine

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/config"
)

// telegramWorld is Telegram as people see it: chats of messages that change.
type telegramWorld struct {
	*httptest.Server
	mu      sync.Mutex
	chats   map[string][]chatMessage
	edits   int
	down    bool
	updates []string      // JSON without the number, in order; the first has number 1
	offset  int           // that was asked for last
	toasts  []string      // shown to who pressed a button
	change  chan struct{} // closed at every request that changed something
}

type chatMessage struct{ thread, text, markup string }

func newTelegramWorld(t *testing.T) *telegramWorld {
	t.Helper()
	w := &telegramWorld{chats: map[string][]chatMessage{}, change: make(chan struct{})}
	w.Server = httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(w.Close)
	return w
}

func (w *telegramWorld) serve(out http.ResponseWriter, r *http.Request) {
	method := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	_ = r.ParseMultipartForm(1 << 20)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down {
		out.WriteHeader(http.StatusBadGateway)
		return
	}
	chat, m := r.FormValue("chat_id"), chatMessage{r.FormValue("message_thread_id"), r.FormValue("text"), r.FormValue("reply_markup")}
	switch method {
	case "sendMessage":
		w.chats[chat] = append(w.chats[chat], m)
		fmt.Fprintf(out, `{"ok":true,"result":{"message_id":%d,"date":0,"chat":{"id":1,"type":"group"}}}`, len(w.chats[chat]))
	case "editMessageText":
		id, _ := strconv.Atoi(r.FormValue("message_id"))
		if id < 1 || id > len(w.chats[chat]) {
			out.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(out, `{"ok":false,"error_code":400,"description":"Bad Request: message to edit not found"}`)
			return
		}
		w.edits++
		m.thread = w.chats[chat][id-1].thread
		w.chats[chat][id-1] = m
		fmt.Fprintf(out, `{"ok":true,"result":{"message_id":%d,"date":0,"chat":{"id":1,"type":"group"}}}`, id)
	case "getMe":
		fmt.Fprint(out, `{"ok":true,"result":{"id":123,"is_bot":true,"first_name":"Logboom","username":"logboom_bot"}}`)
		return
	case "getUpdates":
		w.poll(out, r)
		return
	case "answerCallbackQuery":
		w.toasts = append(w.toasts, r.FormValue("text"))
		fmt.Fprint(out, `{"ok":true,"result":true}`)
	default:
		fmt.Fprint(out, `{"ok":false,"error_code":404,"description":"Not Found"}`)
	}
	close(w.change)
	w.change = make(chan struct{})
}

// poll answers getUpdates as Telegram does: what comes before the offset is
// not told again.
func (w *telegramWorld) poll(out http.ResponseWriter, r *http.Request) {
	var asked struct{ Offset int }
	_ = json.NewDecoder(r.Body).Decode(&asked)
	w.offset = asked.Offset
	if len(w.updates) < max(asked.Offset, 1) {
		change := w.change
		w.mu.Unlock()
		select {
		case <-change:
		case <-r.Context().Done():
		case <-time.After(5 * time.Second):
		}
		w.mu.Lock()
	}
	var list []string
	for i := max(asked.Offset, 1); i <= len(w.updates) && len(list) < 10; i++ {
		list = append(list, fmt.Sprintf(`{"update_id":%d,%s}`, i, w.updates[i-1]))
	}
	fmt.Fprintf(out, `{"ok":true,"result":[%s]}`, strings.Join(list, ","))
}

// update has somebody do something.
func (w *telegramWorld) update(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.updates = append(w.updates, fmt.Sprintf(format, args...))
	close(w.change)
	w.change = make(chan struct{})
}

// write has somebody write to a chat.
func (w *telegramWorld) write(chat, user int64, text string) {
	w.update(`"message":{"message_id":900,"date":%d,"chat":{"id":%d,"type":"supergroup"},"from":{"id":%d,"first_name":"Ann","username":"ann_lee"},"text":%q}`,
		time.Now().Unix(), chat, user, text)
}

// press has somebody press a button under a message.
func (w *telegramWorld) press(chat int64, message int, user int64, data string) {
	w.update(`"callback_query":{"id":"1","from":{"id":%d,"first_name":"Ann","username":"ann_lee"},"data":%q,"message":{"message_id":%d,"date":1,"chat":{"id":%d,"type":"supergroup"},"text":"x"}}`,
		user, data, message, chat)
}

func (w *telegramWorld) set(down bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = down
}

// await waits until what is there satisfies ok.
func (w *telegramWorld) await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		w.mu.Lock()
		change, good := w.change, ok()
		w.mu.Unlock()
		if good {
			return
		}
		select {
		case <-change:
		case <-deadline:
			w.mu.Lock()
			defer w.mu.Unlock()
			t.Fatalf("%s: not within 30 s; there is %q", what, w.chats)
		}
	}
}

func (w *telegramWorld) has(chat string, n int, text string) bool {
	return len(w.chats[chat]) == n && strings.Contains(w.chats[chat][n-1].text, text)
}

func telegramConfig(w *telegramWorld, more string) string {
	return "[telegram]\ntoken = '123:marker-secret'\nchat_id = '-100123'\napi_url = '" + w.URL + "'\n" + more
}

// cutPON has an OLT say that 64 ONUs have lost power, or are back.
func cutPON(s *server, what string) {
	for onu := range 64 {
		s.send(0, "127.0.0.2", fmt.Sprintf("<134>Mar  4 21:10:00 OLT-N auditd[71]: ONU %s PON 0/3 ONU %d sn ABCD00AA%04d .", what, onu+1, onu+1))
	}
}

func TestAPONCutIsOneMessageThatIsChangedOnceWhenAllAreBack(t *testing.T) {
	w := newTelegramWorld(t)
	s := start(t, testConfig(t, telegramConfig(w, "")))
	cutPON(s, "Dying Gasp")
	w.await(t, "the cut", func() bool { return w.has("-100123", 1, "64 ONUs of PON 0/3 lost power") })
	for _, want := range []string{"down 64 of 64", "1, 2, 3", "63, 64", "127.0.0.2"} {
		if !strings.Contains(w.chats["-100123"][0].text, want) {
			t.Errorf("the message says nothing of %q: %s", want, w.chats["-100123"][0].text)
		}
	}
	cutPON(s, "Online")
	w.await(t, "its end", func() bool { return w.has("-100123", 1, "is over") })
	if err := s.stop(); err != nil {
		t.Fatalf("stopping: %v", err)
	}
	if w.edits != 1 || len(w.chats["-100123"]) != 1 || !strings.Contains(w.chats["-100123"][0].text, "all 64 are back") {
		t.Errorf("%d changes, messages %q; want one message, changed once, with all back", w.edits, w.chats)
	}
}

func TestTelegramOutageAndRestartTellEveryIncidentOnce(t *testing.T) {
	w := newTelegramWorld(t)
	cfg := testConfig(t, telegramConfig(w, "[alerts]\nkeywords = []\npacks = []\n[[alerts.rule]]\nname = 'fan'\nquery = 'fan'\nclear = 'cooled'\n"))
	s := start(t, cfg)
	says := func(device int, what string) { s.send(0, fmt.Sprintf("127.0.1.%d", device), "<131>sw: "+what) }
	says(1, "fan failed")
	w.await(t, "the first", func() bool { return w.has("-100123", 1, "127.0.1.1") })
	w.set(true)
	says(1, "cooled down")
	says(2, "fan failed")
	says(3, "fan failed")
	s.awaitStored(4)
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	s = start(t, cfg)
	says(3, "cooled down")
	s.awaitStored(1)
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	w.set(false)
	s = start(t, cfg)
	w.await(t, "all of them", func() bool {
		c := w.chats["-100123"]
		return len(c) == 3 && strings.Contains(c[0].text, "is over") && strings.Contains(c[1].text, "127.0.1.2") && strings.Contains(c[2].text, "is over")
	})
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	if len(w.chats["-100123"]) != 3 || w.edits != 1 {
		t.Errorf("%d changes, messages %q; want 3 messages and one change", w.edits, w.chats)
	}
}

// Each alarm is killed somewhere between its arrival and its delivery.
func TestKilledServerTellsEveryIncidentAndItsEnd(t *testing.T) {
	w := newTelegramWorld(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "config.toml")
	writeFile(t, path, fmt.Sprintf("[store]\ndirectory = '%s'\n", filepath.Join(dir, "data"))+telegramConfig(w, "[alerts]\nkeywords = []\npacks = []\n[[alerts.rule]]\nname = 'fan'\nquery = 'fan'\nclear = 'cooled'\n"))
	const rounds = 4
	for i := range rounds {
		c := startChild(t, path)
		say := c.dial("udp", fmt.Sprintf("127.0.1.%d", i+1), c.udp)
		fmt.Fprint(say, "<131>sw: fan failed")
		c.awaitStored(1)
		c.kill()
		c = startChild(t, path)
		say = c.dial("udp", fmt.Sprintf("127.0.1.%d", i+1), c.udp)
		fmt.Fprint(say, "<131>sw: cooled down")
		c.awaitStored(1)
		c.kill()
	}
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Listen.UDP, cfg.Console.Listen = []string{"127.0.0.1:0"}, "127.0.0.1:0"
	s := start(t, cfg)
	over := func(i int) (n int) {
		for _, m := range w.chats["-100123"] {
			if strings.Contains(m.text, fmt.Sprintf("127.0.1.%d\n", i+1)) && strings.Contains(m.text, "is over") {
				n++
			}
		}
		return n
	}
	w.await(t, "every end", func() bool {
		for i := range rounds {
			if over(i) == 0 {
				return false
			}
		}
		return true
	})
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	if n := len(w.chats["-100123"]); n > rounds+1 { // killed just while Telegram answered
		t.Errorf("%d messages of %d incidents: %q", n, rounds, w.chats)
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

const fanRule = "[alerts]\nkeywords = []\npacks = []\n[[alerts.rule]]\nname = 'fan'\nquery = 'fan'\nclear = 'cooled'\n"

func TestButtonsAndCommands(t *testing.T) {
	w := newTelegramWorld(t)
	const chat, ann, eve = -100123, 77, 666
	cfg := testConfig(t, telegramConfig(w, "allowed_users = ['77']\n"+fanRule+"[[device]]\naddress = '127.0.0.2'\nname = 'OLT <North>'\nsite = 'Dhaka'\n"))
	s := start(t, cfg)
	s.send(0, "127.0.0.2", "<131>sw: fan failed <b>&")
	s.send(0, "127.0.0.2", "<134>sw: what came later")
	w.await(t, "the alert", func() bool { return w.has("-100123", 1, "fan") })
	if got := w.chats["-100123"][0].markup; !strings.Contains(got, "lb:ack:1") || !strings.Contains(got, "lb:m8:1") {
		t.Errorf("buttons %q", got)
	}
	last := func(text string) func() bool {
		return func() bool {
			c := w.chats["-100123"]
			return strings.Contains(c[len(c)-1].text, text)
		}
	}
	w.press(chat, 1, eve, "lb:ack:1")
	w.await(t, "no to who may not", func() bool { return len(w.toasts) == 1 && strings.Contains(w.toasts[0], "allowed_users") })
	w.press(chat, 1, ann, "lb:ack:99")
	w.await(t, "no to a forged press", func() bool { return len(w.toasts) == 2 && strings.Contains(w.toasts[1], "Nothing is known") })
	w.press(-999, 1, ann, "lb:ack:1") // a chat of somebody else
	w.press(chat, 1, ann, "lb:ack:1")
	w.await(t, "the acknowledgement", last("acknowledged by Ann (@ann_lee)"))
	w.press(chat, 1, ann, "lb:m1:1")
	w.await(t, "the mute", last("muted until"))

	w.write(chat, ann, "/status@logboom_bot")
	w.await(t, "status", last("incident open"))
	w.write(chat, ann, "/incidents")
	w.await(t, "incidents", last("#1 fan, OLT &lt;North&gt;"))
	w.write(chat, ann, "/devices@another_bot") // is not ours
	w.write(chat, ann, "/tail olt <north>")
	w.await(t, "tail", last("what came later"))
	if c := w.chats["-100123"]; !strings.Contains(strings.SplitN(c[len(c)-1].text, "what came later", 2)[0], "fan failed &lt;b&gt;&amp;") {
		t.Errorf("the newest is not the last: %q", c[len(c)-1].text)
	}
	w.write(chat, ann, "/mute 1h")
	w.await(t, "mute", last("Alerts are muted until"))
	w.write(chat, ann, "/mute off")
	w.await(t, "mute off", last("not muted any more"))
	w.write(chat, ann, "/help") // the sixth in a minute
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	n := len(w.chats["-100123"])

	s = start(t, cfg)
	s.send(0, "127.0.0.2", "<131>sw: cooled down")
	w.await(t, "the end", func() bool { return strings.Contains(w.chats["-100123"][0].text, "is over") })
	if w.chats["-100123"][0].markup != "" {
		t.Errorf("what is over has buttons %q", w.chats["-100123"][0].markup)
	}
	w.await(t, "the next poll", func() bool { return w.offset == len(w.updates)+1 })
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	if len(w.chats["-100123"]) != n {
		t.Errorf("after a restart: %d messages, want %d: %q", len(w.chats["-100123"]), n, w.chats)
	}
	if n != 6 {
		t.Errorf("%d messages, want the alert and five answers: %q", n, w.chats)
	}
}

func TestRoutesLeadToChatsAndTopics(t *testing.T) {
	w := newTelegramWorld(t)
	routes := `
[[telegram.route]]
chat_id = "-200"
sites = ["Dhaka"]
[[telegram.route]]
thread_id = 5
rules = ["FAN"]
severity = "err"
[[device]]
address = "127.0.0.2"
site = "dhaka"
`
	s := start(t, testConfig(t, telegramConfig(w, "commands = false\n")+fanRule+"[[alerts.rule]]\nname = 'door'\nquery = 'door'\n"+routes))
	s.send(0, "127.0.0.2", "<134>sw: door open")  // -200
	s.send(0, "127.0.0.3", "<134>sw: door open")  // the main chat
	s.send(0, "127.0.0.4", "<131>sw: fan failed") // topic 5
	s.send(0, "127.0.0.5", "<134>sw: fan slow")   // not bad enough: the main chat
	s.send(0, "127.0.0.2", "<131>sw: fan failed") // -200 and topic 5
	w.await(t, "all", func() bool { return len(w.chats["-100123"]) == 4 && len(w.chats["-200"]) == 2 })
	count := map[string]int{}
	for _, m := range w.chats["-100123"] {
		count[m.thread]++
		if m.markup != "" {
			t.Errorf("buttons %q without commands", m.markup)
		}
	}
	if count[""] != 2 || count["5"] != 2 {
		t.Errorf("messages by topic: %v, want 2 and 2: %q", count, w.chats)
	}
	s.send(0, "127.0.0.2", "<134>sw: cooled down")
	w.await(t, "the end in both", func() bool { return w.edits == 2 })
	if got := s.get("/api/v1/status"); !strings.Contains(got, `"telegram:-200"`) || !strings.Contains(got, `"telegram:-100123/5"`) {
		t.Errorf("the status does not name each chat: %s", got)
	}
}
