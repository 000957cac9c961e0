package notify

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestCommands(t *testing.T) {
	tests := []struct {
		name, text  string
		chat        int64
		allowed     []string
		asked, sent string // what the desk is asked for, what the answer holds; "" = nothing
	}{
		{"status", "/status", -100, nil, "status", "-100: answer to status"},
		{"in capitals", "/STATUS", -100, nil, "status", "answer"},
		{"for our bot", "/incidents@our_bot", -100, nil, "incidents", "answer"},
		{"for our bot in capitals", "/incidents@Our_Bot", -100, nil, "incidents", "answer"},
		{"for another bot", "/incidents@other_bot", -100, nil, "", ""},
		{"no command", "status", -100, nil, "", ""},
		{"a slash alone", "/", -100, nil, "", ""},
		{"a command that is too long", "/tail " + strings.Repeat("x", 300), -100, nil, "", ""},
		{"unknown", "/reboot", -100, nil, "", "no such command"},
		{"help", "/help", -100, nil, "", "/incidents"},
		{"tail of a name with blanks", "/tail  OLT  North ", -100, nil, "tail OLT North", "answer"},
		{"tail of nothing", "/tail", -100, nil, "", "Which device?"},
		{"tail on several lines", "/tail OLT\n/mute 8h", -100, nil, "tail OLT", "answer"},
		{"mute", "/mute 8h", -100, nil, "mute 8h0m0s by Ann (@Ann_Lee)", "muted until 2026-11-22 18:00"},
		{"end of a mute", "/mute off", -100, nil, "mute 0s by Ann (@Ann_Lee)", "not muted"},
		{"mute for ever", "/mute 900h", -100, nil, "", "For how long?"},
		{"mute below nothing", "/mute -1h", -100, nil, "", "For how long?"},
		{"ack", "/ack 7", -100, nil, "handle 7 ack=true mute=- by Ann (@Ann_Lee)", "acknowledged by Ann (@Ann_Lee)"},
		{"ack of none", "/ack 99", -100, nil, "handle 99 ack=true mute=- by Ann (@Ann_Lee)", "no incident 99"},
		{"ack of words", "/ack x'; DROP TABLE", -100, nil, "", "Which incident?"},
		{"from another chat", "/status", -999, nil, "", ""},
		{"from a chat of a route", "/status", -200, nil, "", "main chat"},
		{"allowed, from a chat of a route", "/status", -200, []string{"77"}, "status", "-200: answer"},
		{"allowed by name", "/status", -100, []string{"@ann_lee"}, "status", "answer"},
		{"not allowed", "/mute 8h", -100, []string{"78", "@other"}, "", "allowed_users"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t, tt.allowed...)
			o.take(t, wrote(tt.chat, tt.text))
			if got := o.desk.got(); got != tt.asked {
				t.Errorf("the desk was asked for %q, want %q", got, tt.asked)
			}
			if got := strings.Join(o.api.sent, "; "); (got == "") != (tt.sent == "") || !strings.Contains(got, tt.sent) {
				t.Errorf("answered %q, want %q", got, tt.sent)
			}
		})
	}
}

func TestAckAsAnAnswerToTheMessage(t *testing.T) {
	o := newOffice(t)
	o.take(t, strings.Replace(wrote(-100, "/ack"), `"message_id":1,`, `"message_id":1,"reply_to_message":{"message_id":70},`, 1))
	if got := o.desk.got(); got != "handle 7 ack=true mute=- by Ann (@Ann_Lee)" {
		t.Errorf("the desk was asked for %q", got)
	}
}

func TestPresses(t *testing.T) {
	tests := []struct {
		name, data  string
		chat        int64
		allowed     []string
		asked, sent string
	}{
		{"acknowledge", "lb:ack:7", -100, nil, "handle 7 ack=true mute=- by Ann (id 77)", "Acknowledged"},
		{"mute for an hour", "lb:m1:7", -100, nil, "handle 7 ack=false mute=1h0m0s by Ann (id 77)", "Muted until"},
		{"mute for eight", "lb:m8:7", -100, nil, "handle 7 ack=false mute=8h0m0s by Ann (id 77)", "Muted until"},
		{"end of a mute", "lb:m0:7", -100, nil, "handle 7 ack=false mute=0s by Ann (id 77)", "Not muted"},
		{"of what is over", "lb:ack:8", -100, nil, "handle 8 ack=false mute=- by ", "over"},
		{"of another chat's incident", "lb:ack:7", -200, nil, "", "Nothing is known"},
		{"forged number", "lb:ack:9", -100, nil, "", "Nothing is known"},
		{"forged words", "lb:reboot:7", -100, nil, "", "does not know this button"},
		{"in another chat", "lb:ack:7", -999, nil, "", ""},
		{"not allowed", "lb:ack:7", -100, []string{"78"}, "", "allowed_users"},
		{"allowed", "lb:ack:7", -100, []string{"77"}, "handle 7 ack=true mute=- by Ann (id 77)", "Acknowledged"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t, tt.allowed...)
			o.take(t, pressedBy(tt.chat, 77, tt.data))
			if got := o.desk.got(); got != tt.asked {
				t.Errorf("the desk was asked for %q, want %q", got, tt.asked)
			}
			if got := strings.Join(o.api.sent, "; "); (got == "") != (tt.sent == "") || !strings.Contains(got, tt.sent) {
				t.Errorf("answered %q, want %q", got, tt.sent)
			}
		})
	}
}

func TestPressOfLongAgoDoesNothing(t *testing.T) {
	o := newOffice(t)
	o.api.old = true
	o.take(t, pressedBy(-100, 77, "lb:m8:7"))
	if got := o.desk.got(); got != "" {
		t.Errorf("the desk was asked for %q", got)
	}
}

func TestCommandOfLongAgoDoesNothing(t *testing.T) {
	o := newOffice(t)
	o.take(t, strings.Replace(wrote(-100, "/mute 8h"), fmt.Sprintf(`"date":%d`, time.Now().Unix()), `"date":1700000000`, 1))
	if o.desk.got() != "" || len(o.api.sent) > 0 {
		t.Errorf("the desk was asked for %q, answered %q", o.desk.got(), o.api.sent)
	}
}

// FuzzUpdate holds that whatever comes as an update is survived, and moves on
// if it has a number.
func FuzzUpdate(f *testing.F) {
	f.Add(wrote(-100, "/tail x"))
	f.Add(pressedBy(-100, 77, "lb:ack:7"))
	f.Add(`{"update_id":5,"message":{"chat":7}}`)
	f.Add(`{"update_id":5,"callback_query":{"message":null}}`)
	f.Add(`[]`)
	o := newOffice(f)
	f.Fuzz(func(t *testing.T, text string) {
		u, ok := readUpdate([]byte(text))
		if !ok {
			return
		}
		if u.ID < 1 {
			t.Errorf("update %d of %q", u.ID, text)
		}
		if u.Message != nil {
			if c, ok := parseCommand(u.Message.Text); ok && (c.what == "" || len(c.rest) > maxCommand || strings.ContainsAny(c.rest, "\n")) {
				t.Errorf("command %+v of %q", c, text)
			}
			u.Message.Chat.ID = -999 // nothing is sent
			u.Message.Chat.Username = ""
		}
		if u.Callback != nil {
			if err := checkText("x" + u.Callback.From.String()); err != nil {
				t.Errorf("%v in the name of who pressed: %q", err, text)
			}
			if u.Callback.Message != nil {
				u.Callback.Message.Chat = room{ID: -999}
			}
		}
		o.obey(t.Context(), &u)
	})
}
