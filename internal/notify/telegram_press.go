package notify

import (
	"regexp"
	"strconv"
)

// A press is what a button under the message of an incident asks for. Telegram
// carries it as callback data, 1 to 64 bytes (Bot API, InlineKeyboardButton),
// and anybody who sees the message can send another: that the person may, and
// that the chat was told of the incident, is looked up.
type press struct {
	what     string // one of the constants below
	incident int64  // from 1
}

// What can be asked for.
const (
	pressAck    = "ack"
	pressMute1  = "m1"
	pressMute8  = "m8"
	pressUnmute = "m0"
)

var pressPattern = regexp.MustCompile(`^lb:(ack|m1|m8|m0):([1-9][0-9]{0,17})$`)

// String returns p as callback data: "lb:ack:12".
func (p press) String() string { return "lb:" + p.what + ":" + strconv.FormatInt(p.incident, 10) }

// parsePress reads callback data as String makes it, and nothing else.
func parsePress(data string) (p press, ok bool) {
	m := pressPattern.FindStringSubmatch(data)
	if m == nil {
		return p, false
	}
	id, err := strconv.ParseInt(m[2], 10, 64)
	return press{m[1], id}, err == nil
}
