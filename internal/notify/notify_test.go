package notify

import (
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

// note returns a note whose notice has everything in it.
func note(id int64) alert.Note {
	at := time.Date(2026, 11, 22, 13, 3, 12, 0, time.UTC).Add(time.Duration(id) * time.Second)
	return alert.Note{
		ID: id, Notifier: "telegram", CreatedAt: at.UnixMicro(),
		Notice: alert.Notice{
			Kind: alert.KindAlert, Rule: "PON deregister", Device: netip.MustParseAddr("192.0.2.1"),
			DeviceName: "OLT North", Site: "Dhaka", Severity: 3, Text: "ONU 1/27 deregister, Reason:Manual",
			At: at.UnixMicro(), Count: 17, More: 16,
		},
	}
}

func TestTelegramIsANotifier(t *testing.T) {
	testNotifier(t, func(t *testing.T, answer string) world {
		asked, release := make(chan struct{}, 9), make(chan struct{})
		api := newBotAPI(t, func(w http.ResponseWriter, _ int, _ request) bool {
			asked <- struct{}{}
			switch answer {
			case "hang":
				<-release
			case "refused":
				refuse(w, 400, "Bad Request: something new", "")
			case "down":
				refuse(w, 502, "Bad Gateway", "")
			case "forbidden":
				refuse(w, 403, "Forbidden: bot was kicked from the supergroup chat", "")
			case "busy":
				refuse(w, 429, "Too Many Requests: retry after 7", `{"retry_after":7}`)
			default:
				return false
			}
			return true
		})
		t.Cleanup(func() { close(release) }) // before that of the server, which waits for it
		if answer == "gone" {
			api.Close()
		}
		telegram := newTestTelegram(t, TelegramOptions{APIURL: api.URL})
		return world{
			notifier: telegram, arrived: asked, patient: true, secrets: []string{testToken, "secret_marker"},
			told: func() (texts []string) {
				for _, r := range api.got() {
					texts = append(texts, r.Text)
				}
				return texts
			},
		}
	})
}

func newTestTelegram(t *testing.T, o TelegramOptions) *Telegram {
	t.Helper()
	if o.Token == "" {
		o.Token = testToken
	}
	if o.ChatID == "" {
		o.ChatID = "-1001234567890"
	}
	n, err := NewTelegram(o)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
