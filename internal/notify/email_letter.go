package notify

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/logboom/logboom/internal/alert"
)

// Sizes of a mail: a subject that programs show whole, and a text that no server
// finds too large.
const (
	maxSubject = 200       // bytes
	maxLetter  = 256 << 10 // bytes
)

// A letter is a mail before it has an envelope.
type letter struct {
	saying
	id     string // of the message, without the domain: the same whenever it is sent again
	thread string // what mail programs show together, in the same form; "" = none
	at     time.Time
}

// threadOf returns the thread of a mail about notes: that of the one incident
// that it is about.
func threadOf(notes []alert.Note) string {
	if i := notes[0].Notice.Incident; len(notes) == 1 && i != nil {
		return fmt.Sprintf("incident.%d.%d", i.ID, i.OpenedAt)
	}
	return ""
}

// mailID returns the id of a mail about notes. A mail that had to be sent again
// because the answer to the first got lost has the same one, by which mail
// programs know it.
func mailID(notes []alert.Note) string {
	h := sha256.New()
	for i := range notes {
		fmt.Fprintf(h, "%d %d\n", notes[i].ID, notes[i].CreatedAt)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// compose returns the mail as it goes over the wire. What a device said is in
// subject and text only, on lines without control characters; the library
// encodes both.
func (e *Email) compose(l letter) (*gomail.Msg, error) {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := m.FromFormat(e.from.Name, e.from.Address); err != nil {
		return nil, fmt.Errorf("the address of the sender is not usable: %w", err)
	}
	for _, to := range e.to {
		if err := m.AddToFormat(to.Name, to.Address); err != nil {
			return nil, fmt.Errorf("the address of a recipient is not usable: %w", err)
		}
	}
	m.Subject(medium{}.line(l.title, maxSubject))
	m.SetDateWithValue(l.at.In(e.o.Location))
	_, domain, _ := strings.Cut(e.from.Address, "@")
	m.SetMessageIDWithValue("logboom." + l.id + "@" + domain)
	if l.thread != "" {
		m.SetGenHeader("References", "<logboom."+l.thread+"@"+domain+">")
	}
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: keeps holiday replies away
	m.SetGenHeader("X-Auto-Response-Suppress", "All")  // the same for Exchange
	m.SetBodyString(gomail.TypeTextPlain, medium{}.text(append([]string{l.title, ""}, l.lines...), maxLetter)+"\n")
	return m, nil
}
