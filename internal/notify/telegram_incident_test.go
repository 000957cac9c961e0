package notify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

// shelf is a [Book] in memory.
type shelf struct {
	mu        sync.Mutex
	told      map[string]Told // by notifier, incident and place
	incidents map[int64]Handled
	fail      error // of what writes
}

func newShelf() *shelf { return &shelf{told: map[string]Told{}, incidents: map[int64]Handled{}} }

func (s *shelf) Told(_ context.Context, notifier string, incident int64, place string) (Told, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.told[fmt.Sprint(notifier, " ", incident, " ", place)]
	return t, ok, nil
}

func (s *shelf) NewestTold(_ context.Context, notifier, place string) (newest int64, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.told {
		var id int64
		var n, p string
		if _, err := fmt.Sscan(key, &n, &id, &p); err == nil && n == notifier && p == place {
			newest = max(newest, id)
		}
	}
	return newest, nil
}

func (s *shelf) SetTold(_ context.Context, notifier string, incident int64, place string, t Told) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail == nil {
		s.told[fmt.Sprint(notifier, " ", incident, " ", place)] = t
	}
	return s.fail
}

func (s *shelf) IncidentTold(_ context.Context, notifier, place, message string) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.incidents {
		if s.told[fmt.Sprint(notifier, " ", id, " ", place)].Message == message {
			return id, nil
		}
	}
	return 0, nil
}

func (s *shelf) Handled(_ context.Context, id int64) (Handled, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h, ok := s.incidents[id]
	return h, ok, nil
}

func (s *shelf) put(h Handled) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.incidents[h.ID] = h
}

var cutAt = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// cut returns the incident of a PON that lost 3 ONUs, of which so many are
// down.
func cut(id int64, down int) alert.Incident {
	i := alert.Incident{
		ID: id, Rule: "ONUs lost", Device: netip.MustParseAddr("192.0.2.1"), DeviceName: "OLT <North>", Site: "Dhaka", Object: "PON 0/6",
		Severity: 2, State: alert.IncidentOpen, OpenedAt: cutAt.UnixMicro(), UpdatedAt: cutAt.UnixMicro(), Count: 3, Alarms: 1,
		Cause: "power", Confidence: 95, Total: 3, Down: down, Text: "ONU 0/6/3 dying gasp",
	}
	for n := range 3 {
		i.Members = append(i.Members, alert.Member{Object: fmt.Sprint("PON 0/6 ONU ", n+1), At: cutAt.UnixMicro()})
	}
	if down == 0 {
		i.State, i.ClearedAt = alert.IncidentCleared, cutAt.Add(90*time.Second).UnixMicro()
		i.UpdatedAt = i.ClearedAt
	}
	return i
}

func about(kind alert.Kind, i alert.Incident) []alert.Note {
	return []alert.Note{{ID: 1, Notifier: "telegram", Notice: alert.Notice{
		Kind: kind, Rule: i.Rule, Device: i.Device, Severity: i.Severity, Text: i.Text, At: time.Now().UnixMicro(), Count: 1, Incident: &i,
	}}}
}

// tells is a Telegram with a book and a far side.
func tells(t *testing.T, book Book, answer func(n int, r request) (code int, said string)) (*Telegram, *botAPI) {
	t.Helper()
	api := newBotAPI(t, nil)
	if answer != nil {
		api = newBotAPI(t, refuseAs(answer))
	}
	tg, err := NewTelegram(TelegramOptions{Token: testToken, ChatID: "-100", APIURL: api.URL, Book: book, Buttons: true})
	if err != nil {
		t.Fatal(err)
	}
	return tg, api
}

// refuseAs answers with what answer says; code 0 = the message is accepted.
func refuseAs(answer func(n int, r request) (code int, said string)) func(http.ResponseWriter, int, request) bool {
	return func(w http.ResponseWriter, n int, r request) bool {
		code, said := answer(n, r)
		if code != 0 {
			refuse(w, code, said, "")
		}
		return code != 0
	}
}

func deliver(t *testing.T, tg *Telegram, notes []alert.Note) {
	t.Helper()
	if retry, after, err := tg.Send(t.Context(), notes); err != nil {
		t.Fatalf("Send() = %v, %v, %v", retry, after, err)
	}
}

func methods(requests []request) string {
	var all []string
	for _, r := range requests {
		m := r.method()
		if r.Message != "" {
			m += " " + r.Message
		}
		all = append(all, m)
	}
	return strings.Join(all, ", ")
}

func TestIncidentIsOneMessage(t *testing.T) {
	again := func(i alert.Incident, alarms int) alert.Incident { i.Alarms = alarms; return i }
	grown := cut(7, 3)
	grown.Total, grown.UpdatedAt = 4, grown.UpdatedAt+1e6
	tests := []struct {
		name  string
		notes [][]alert.Note
		want  string
	}{
		{"told and over", [][]alert.Note{about(alert.KindAlert, cut(7, 3)), about(alert.KindClear, cut(7, 0))}, "sendMessage, editMessageText 1"},
		{"told, grown and over", [][]alert.Note{about(alert.KindAlert, cut(7, 3)), about(alert.KindMore, grown), about(alert.KindClear, cut(7, 0))},
			"sendMessage, editMessageText 1, editMessageText 1"},
		{"told again after a crash", [][]alert.Note{about(alert.KindAlert, cut(7, 3)), about(alert.KindAlert, cut(7, 3))}, "sendMessage, editMessageText 1"},
		{"people are called again", [][]alert.Note{about(alert.KindAlert, cut(7, 3)), about(alert.KindAlert, again(cut(7, 3), 2)), about(alert.KindClear, again(cut(7, 0), 2))},
			"sendMessage, sendMessage, editMessageText 2"},
		{"over before it was told", [][]alert.Note{about(alert.KindAlert, cut(7, 0)), about(alert.KindClear, cut(7, 0))}, "sendMessage, editMessageText 1"},
		{"two incidents", [][]alert.Note{about(alert.KindAlert, cut(7, 3)), about(alert.KindAlert, cut(8, 3)), about(alert.KindClear, cut(7, 0))},
			"sendMessage, sendMessage, editMessageText 1"},
		{"the end of what was told in a digest", [][]alert.Note{append(about(alert.KindAlert, cut(7, 3)), about(alert.KindAlert, cut(8, 3))...), about(alert.KindClear, cut(7, 0))},
			"sendMessage, sendMessage"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			book := newShelf()
			tg, api := tells(t, book, nil)
			for _, notes := range tt.notes {
				for _, n := range notes {
					book.put(Handled{Incident: *n.Notice.Incident})
				}
				deliver(t, tg, notes)
			}
			if got := methods(api.got()); got != tt.want {
				t.Errorf("Telegram was asked for %q, want %q", got, tt.want)
			}
		})
	}
}

func TestIncidentSurvivesRestart(t *testing.T) {
	book := newShelf()
	tg, api := tells(t, book, nil)
	deliver(t, tg, about(alert.KindAlert, cut(7, 3)))
	tg, _ = NewTelegram(TelegramOptions{Token: testToken, ChatID: "-100", APIURL: api.URL, Book: book, Buttons: true})
	deliver(t, tg, about(alert.KindAlert, cut(7, 3)))
	deliver(t, tg, about(alert.KindClear, cut(7, 0)))
	if got := methods(api.got()); got != "sendMessage, editMessageText 1, editMessageText 1" {
		t.Errorf("Telegram was asked for %q", got)
	}
}

func TestMessageThatIsGoneIsSentAgain(t *testing.T) {
	for _, said := range []string{"message to edit not found", "message can't be edited", "MESSAGE_ID_INVALID"} {
		t.Run(said, func(t *testing.T) {
			tg, api := tells(t, newShelf(), func(n int, r request) (int, string) {
				if r.method() == "editMessageText" && r.Message == "1" {
					return 400, "Bad Request: " + said
				}
				return 0, ""
			})
			deliver(t, tg, about(alert.KindAlert, cut(7, 3)))
			deliver(t, tg, about(alert.KindMore, cut(7, 2)))
			deliver(t, tg, about(alert.KindClear, cut(7, 0)))
			if got := methods(api.got()); got != "sendMessage, editMessageText 1, sendMessage, editMessageText 3" {
				t.Errorf("Telegram was asked for %q", got)
			}
		})
	}
}

func TestMessageThatCannotBeKeptIsKeptLater(t *testing.T) {
	book := newShelf()
	book.fail = errors.New("disk full")
	tg, api := tells(t, book, nil)
	deliver(t, tg, about(alert.KindAlert, cut(7, 3)))
	deliver(t, tg, about(alert.KindMore, cut(7, 2)))
	book.fail = nil
	deliver(t, tg, about(alert.KindMore, cut(7, 1)))
	if got := methods(api.got()); got != "sendMessage, editMessageText 1, editMessageText 1" {
		t.Errorf("Telegram was asked for %q", got)
	}
	if told, ok, _ := book.Told(t.Context(), "telegram", 7, "-100"); !ok || told.Message != "1" {
		t.Errorf("the book has %v, %v, want message 1", told, ok)
	}
}

func TestIncidentMessageShows(t *testing.T) {
	over := cut(7, 0)
	over.Flaps = 2
	tests := []struct {
		name         string
		h            Handled
		want, absent []string
	}{
		{"what, where, since when, which ONUs", Handled{Incident: cut(7, 3)},
			[]string{"🔴 <b>3 ONUs of PON 0/6 lost power</b>", "OLT &lt;North&gt;", "192.0.2.1", "Dhaka", "2026-11-22 10:00:00", "95 % sure", "down 3 of 3: PON 0/6 ONU 1, 2, 3", "dying gasp", "incident 7",
				"lb:ack:7", "lb:m1:7", "lb:m8:7"}, []string{"over", "muted", "lb:m0"}},
		{"that it is over, and how long it took", Handled{Incident: over}, []string{"✅", "is over", "over after 1 min 30 s", "all 3 are back", "was over and came again 2 times"}, []string{"lb:"}},
		{"who acknowledged", Handled{Incident: cut(7, 3), AckedAt: cutAt.UnixMicro(), AckedBy: "Ann <b> (@ann)"}, []string{"acknowledged by Ann &lt;b&gt; (@ann)", "lb:m1:7"}, []string{"lb:ack"}},
		{"until when it is muted", Handled{Incident: cut(7, 3), MutedUntil: time.Now().Add(time.Hour).UnixMicro()}, []string{"muted until", "lb:m0:7"}, []string{"lb:m1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			book := newShelf()
			book.put(tt.h)
			tg, api := tells(t, book, nil)
			deliver(t, tg, about(alert.KindAlert, tt.h.Incident))
			got := api.got()[0]
			for _, want := range tt.want {
				if !strings.Contains(got.Text+got.Markup, want) {
					t.Errorf("the message says nothing of %q:\n%s\n%s", want, got.Text, got.Markup)
				}
			}
			for _, absent := range tt.absent {
				if strings.Contains(got.Text+got.Markup, absent) {
					t.Errorf("the message says %q:\n%s\n%s", absent, got.Text, got.Markup)
				}
			}
		})
	}
}

func TestIncidentMessageOfHostileTextIsAccepted(t *testing.T) {
	nasty := strings.Repeat("<b>&\x1b]8;;\u202e\U0001f525\xff\n", 2000)
	i := cut(7, 3)
	i.Rule, i.Object, i.DeviceName, i.Site, i.Doubt, i.Text, i.Total = nasty, nasty, nasty, nasty, nasty, nasty, 0
	h := Handled{Incident: i, AckedAt: 1, AckedBy: nasty}
	book := newShelf()
	book.put(h)
	tg, _ := tells(t, book, nil)
	deliver(t, tg, about(alert.KindAlert, i))
}

func TestSortTellsWhatCalls(t *testing.T) {
	book := newShelf()
	tg, _ := tells(t, book, nil)
	deliver(t, tg, about(alert.KindAlert, cut(7, 3)))
	second := cut(7, 3)
	second.Alarms = 2
	own := []alert.Note{{Notice: alert.Notice{Kind: alert.KindAlert, Rule: alert.OwnPrefix + "disk"}}}
	tests := []struct {
		name string
		note []alert.Note
		want string
	}{
		{"a new incident", about(alert.KindAlert, cut(8, 3)), "new"},
		{"a new alarm of an incident", about(alert.KindAlert, second), "new"},
		{"an alarm that was told", about(alert.KindAlert, cut(7, 3)), "edit"},
		{"an incident that grew", about(alert.KindMore, cut(7, 3)), "edit"},
		{"the end of an incident", about(alert.KindClear, cut(7, 0)), "edit"},
		{"growth of what was told with others", about(alert.KindMore, cut(8, 3)), "done"},
		{"the end of what was told with others", about(alert.KindClear, cut(8, 0)), "new"},
		{"Logboom itself", own, "new"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := tg.Sort(t.Context(), tt.note)
			if err != nil {
				t.Fatal(err)
			}
			got := map[bool]string{len(s.New) == 1: "new", len(s.Edits) == 1: "edit", len(s.Done) == 1: "done"}[true]
			if got != tt.want {
				t.Errorf("Sort() = %q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzParsePress(f *testing.F) {
	for _, s := range []string{"lb:ack:1", "lb:m8:999999999999999999", "lb:m1:0", "lb:ack:-1", "lb:ack:1\n", "", "lb:ack:9223372036854775808"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if p, ok := parsePress(s); ok && (p.String() != s || p.incident < 1 || len(s) > 64) {
			t.Errorf("parsePress(%q) = %+v", s, p)
		}
	})
}
