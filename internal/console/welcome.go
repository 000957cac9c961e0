package console

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
)

// A Welcome is what the first page needs to know beside the status.
type Welcome struct {
	Fresh    bool      `json:"fresh"`    // no message was ever received
	Targets  []Target  `json:"targets"`  // where devices may send to
	Commands []Command `json:"commands"` // that send a message to the first of them; none = it is not for UDP
	Kept     string    `json:"kept"`     // for how long and where, in words
	Password bool      `json:"password"` // who asks may set the first password
}

// A Target is where a device may send to: an open listener at an address of
// this machine.
type Target struct {
	Protocol string `json:"protocol"` // "udp", "tcp" or "tls"
	Host     string `json:"host"`
	Port     int    `json:"port"`
}

// A Command is what people type to send a message.
type Command struct {
	System string `json:"system"` // for people: "Linux, macOS"
	Text   string `json:"text"`
}

func (c *Console) getWelcome(w http.ResponseWriter, r *http.Request) {
	v := c.opts.Welcome(r.Context())
	v.Targets, v.Commands = list(v.Targets), list(v.Commands)
	v.Password = c.maySetPassword(r)
	answer(w, http.StatusOK, v)
}

// TestMessage is a message that the server has sent to itself.
type TestMessage struct {
	To   string `json:"to"`   // "udp 127.0.0.1:514"
	Text string `json:"text"` // is in no other message
}

// Bounds of what an admin may do in a minute.
const (
	testMessages   = 20
	passwordsTried = 5 // each takes some 35 ms of one core
)

// postTestMessage sends a message to one of our own listeners.
func (c *Console) postTestMessage(w http.ResponseWriter, r *http.Request) {
	if !c.spend(w, &c.testMessages, testMessages) {
		return
	}
	sent, err := c.opts.SendTestMessage(r.Context())
	if err != nil {
		fail(w, http.StatusBadGateway, err.Error(), "logboom doctor looks at listeners and ports")
		return
	}
	c.record(r, whoAsks(r), "test message sent", sent.To)
	answer(w, http.StatusOK, sent)
}

// ErrHasPassword is the error of [Options.FirstPassword] where somebody has one.
var ErrHasPassword = errors.New("there is a password already")

// maySetPassword reports whether who asks may set the first password: from this
// machine, by nobody in between, while there is none. Whoever is here may run
// "logboom console password", or could set up the machine before there is
// anything to be seen.
func (c *Console) maySetPassword(r *http.Request) bool {
	return c.opts.FirstPassword != nil && c.fromHere(r) && (c.opts.Guard == nil || !c.opts.Guard.HasUsers())
}

// postPassword sets the password of the first admin: {"password": "..."}.
func (c *Console) postPassword(w http.ResponseWriter, r *http.Request) {
	var wish struct {
		Password string `json:"password"`
	}
	if err := json.NewDecoder(r.Body).Decode(&wish); err != nil || wish.Password == "" {
		fail(w, http.StatusBadRequest, `expected a JSON object with a "password"`, "")
		return
	}
	if !c.fromHere(r) {
		c.stats.refusedRequests.Add(1)
		fail(w, http.StatusForbidden, "the first password is set on the machine itself", "there: logboom console password")
		return
	}
	if !c.spend(w, &c.passwords, passwordsTried) {
		return
	}
	err := c.opts.FirstPassword(context.WithoutCancel(r.Context()), wish.Password)
	switch {
	case errors.Is(err, ErrHasPassword):
		fail(w, http.StatusConflict, "there is a password already", "another one is set on the server: logboom console password")
	case err != nil:
		fail(w, http.StatusBadRequest, err.Error(), "")
	default:
		c.record(r, whoAsks(r), "first password set", "of "+firstUser+", role admin")
		answer(w, http.StatusOK, map[string]string{"name": firstUser})
	}
}

// firstUser is whose password is set on the first run, as by "logboom console
// password".
const firstUser = "admin"
