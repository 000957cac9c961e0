package notify

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// settingUp asks a Bot API that answers each method with a text, or refuses it.
func settingUp(t *testing.T, answers map[string]string) *Setup {
	t.Helper()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method, ok := strings.CutPrefix(r.URL.Path, "/bot"+testToken+"/")
		if said := answers[method]; ok && strings.HasPrefix(said, "{") {
			fmt.Fprint(w, said)
		} else if code, text, found := strings.Cut(said, " "); found {
			n := 0
			fmt.Sscan(code, &n)
			refuse(w, n, text, "")
		} else {
			refuse(w, 401, "Unauthorized", "")
		}
	}))
	t.Cleanup(api.Close)
	s, err := NewSetup(testToken, api.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSetupFindsTheBotAndItsChats(t *testing.T) {
	s := settingUp(t, map[string]string{
		"getMe": `{"ok":true,"result":{"id":1,"is_bot":true,"first_name":"NOC\u202e alarms","username":"noc_bot","can_join_groups":true}}`,
		"getUpdates": `{"ok":true,"result":[
			{"update_id":1,"message":{"chat":{"id":7,"type":"private","first_name":"Ann","last_name":"Lee","username":"ann"},"text":"/start"}},
			{"update_id":2,"my_chat_member":{"chat":{"id":-5,"type":"group","title":"gone"},"new_chat_member":{"status":"member"}}},
			{"update_id":3,"my_chat_member":{"chat":{"id":-5,"type":"group","title":"gone"},"new_chat_member":{"status":"kicked"}}},
			{"update_id":4,"message":{"chat":{"id":-1001234567890,"type":"supergroup","title":"NOC\nshift"},"message_thread_id":17,"is_topic_message":true}},
			{"update_id":5,"message":{"chat":{"id":9,"type":"alien"}}}, "nonsense", 5,
			{"update_id":6,"message":{"chat":{"id":7,"type":"private","first_name":"Ann","username":"ann"},"text":"again"}}]}`,
	})
	bot, err := s.Bot(t.Context())
	if err != nil || bot.Username != "noc_bot" || strings.Contains(bot.Name, "\u202e") || !bot.Groups {
		t.Errorf("%+v, %v", bot, err)
	}
	chats, err := s.Chats(t.Context(), 0)
	if want := "[{7 private Ann (@ann) 0} {-1001234567890 supergroup NOC shift 17}]"; err != nil || fmt.Sprint(chats) != want {
		t.Errorf("%v, %v, want %s", chats, err, want)
	}
}

func TestSetupSaysWhatIsWrong(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	tests := []struct {
		name, method, said string
		want               string
	}{
		{"a wrong token", "getMe", "401 Unauthorized", "the bot's token is not accepted (401)"},
		{"another program", "getUpdates", "409 Conflict: terminated by other getUpdates request", "another program takes the commands of this bot (409)"},
		{"a webhook", "getUpdates", "409 Conflict: can't use getUpdates method while webhook is active", "go to a webhook"},
		{"blocked", "sendMessage", "403 Forbidden: bot was blocked by the user", "may not write to chat -5 (403"},
		{"no such chat", "sendMessage", "400 Bad Request: chat not found", "there is no chat -5"},
		{"too many", "getMe", "429 Too Many Requests", "too many"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := settingUp(t, map[string]string{tt.method: tt.said})
			var err error
			switch tt.method {
			case "getMe":
				_, err = s.Bot(t.Context())
			case "getUpdates":
				_, err = s.Chats(t.Context(), time.Second)
			default:
				err = s.Try(t.Context(), "-5", 0)
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "AAF-") {
				t.Errorf("%v, want %q and no token", err, tt.want)
			}
		})
	}
	s, err := NewSetup(testToken, gone.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Bot(t.Context()); err == nil || !strings.Contains(err.Error(), "refuses the connection") || strings.Contains(err.Error(), "AAF-") {
		t.Errorf("nobody there: %v", err)
	}
	for _, token := range []string{"", "what ever!", "../../x"} {
		if _, err := NewSetup(token, "", ""); err == nil || token != "" && strings.Contains(err.Error(), token) {
			t.Errorf("token %q: %v", token, err)
		}
	}
}

func TestChatsAreBounded(t *testing.T) {
	var l chatList
	for i := range 3 * mostChats {
		l.note(fmt.Appendf(nil, `{"message":{"chat":{"id":%d,"type":"private","first_name":%q}}}`, i+1, strings.Repeat("x", 5000)))
	}
	if c := l.newest(); len(c) != mostChats || c[0].ID != fmt.Sprint(3*mostChats) || len(c[0].Title) > 100 {
		t.Errorf("%d chats, the first %.100v", len(c), c[0])
	}
}

func FuzzChatsOfUpdates(f *testing.F) {
	f.Add([]byte(`{"message":{"chat":{"id":7,"type":"private","first_name":"Ann"}}}`))
	f.Add([]byte(`{"my_chat_member":{"chat":{"id":-5,"type":"group"},"new_chat_member":{"status":"left"}}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var l chatList
		l.note(b)
		for _, c := range l.newest() {
			if c.ID == "" || c.ID == "0" || c.Thread < 0 || !json.Valid([]byte(c.ID)) || strings.ContainsAny(c.Title, "\n\x00") {
				t.Errorf("%+v of %q", c, b)
			}
		}
	})
}
