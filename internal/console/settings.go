package console

import (
	"context"
	"net/http"
	"time"
)

// A Setting is one key of the settings in force. No secret is in it.
type Setting struct {
	Section string `json:"section"` // "listen", or of a list of tables "webhook: noc-chat"
	Key     string `json:"key"`     // "listen.udp"
	Value   string `json:"value"`   // as in the file; of a secret "set" or "not set"
	Default string `json:"default"` // "" for tables of a list
	Origin  string `json:"origin"`  // "default", or the file or variable it is from
	Changed bool   `json:"changed"` // is not the default
	Restart bool   `json:"restart"` // a change takes a restart
	Help    string `json:"help"`
}

// A SettingsList is all settings in force.
type SettingsList struct {
	Path     string         `json:"path"` // of config.toml; "" = there is none
	Settings []Setting      `json:"settings"`
	Left     map[string]int `json:"left"` // tables of a list that are left out, by its name
}

func (c *Console) getSettings(w http.ResponseWriter, _ *http.Request) {
	s := c.opts.Settings()
	s.Settings = list(s.Settings)
	answer(w, http.StatusOK, s)
}

// A Finding is one thing that the doctor has looked at.
type Finding struct {
	State string `json:"state"` // "ok", "warn" or "bad"
	What  string `json:"what"`
	Fact  string `json:"fact"`
	Todo  string `json:"todo"` // "" = nothing
}

// doctorTime bounds one look at everything; it tries the ways to tell people, so
// there may be doctorEvery in a minute.
const (
	doctorTime  = 10 * time.Second
	doctorEvery = 20
)

// getDoctor looks at everything, once at a time.
func (c *Console) getDoctor(w http.ResponseWriter, r *http.Request) {
	if !c.spend(w, &c.looks, doctorEvery) {
		return
	}
	free, err := take(r.Context(), c.doctors, c.limits.searchWait)
	if err != nil {
		c.busy(w, "%d look at everything is being taken already", cap(c.doctors))
		return
	}
	defer free()
	ctx, cancel := context.WithTimeout(r.Context(), doctorTime)
	defer cancel()
	answer(w, http.StatusOK, map[string]any{"findings": list(c.opts.Doctor(ctx))})
}

// A LogLine is one of Logboom's own log.
type LogLine struct {
	At     int64  `json:"at"`    // µs since 1970 UTC
	Level  string `json:"level"` // "DEBUG", "INFO", "WARN" or "ERROR"
	Text   string `json:"text"`
	Detail string `json:"detail"` // key=value
}

// getLog answers with the newest lines of our own log, the newest first.
func (c *Console) getLog(w http.ResponseWriter, r *http.Request) {
	limit, ok := limitOf(w, r)
	if !ok {
		return
	}
	answer(w, http.StatusOK, map[string]any{"lines": list(c.opts.OwnLog(limit))})
}
