package console

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"strings"
)

// Edits are what people may set in the console: it is kept in a file of its own,
// console.toml, which is laid over config.toml. Errors are a [*Refusal] where
// something is wrong with what was asked for, and wrap [ErrOutdated] or [ErrByHand]
// where somebody else was faster; then nothing has changed. They wrap [ErrSaved]
// where something has; what, is told all the same.
type Edits interface {
	// Device returns what is set for a device.
	Device(ctx context.Context, address netip.Addr) (DeviceSettings, error)
	// SetDevice sets keys of a device; nil takes one back to what config.toml says.
	SetDevice(ctx context.Context, address netip.Addr, keys map[string]*string, version *string) (Reloaded, error)

	// Rules returns all that raises alerts.
	Rules(ctx context.Context) (RuleBook, error)
	// SetRule puts a rule in the place of that called name, or beside the others
	// if name is empty; a nil rule takes it out of console.toml.
	SetRule(ctx context.Context, name string, rule map[string]any, version *string) (Reloaded, error)
	// SetLists sets keywords, packs and vendors, those that are in the map; nil
	// takes one back to what config.toml says.
	SetLists(ctx context.Context, lists map[string][]string, version *string) (Reloaded, error)
	// Restore puts console.toml as it was before the last edit in the place of
	// the one there is.
	Restore(ctx context.Context, version *string) (Reloaded, error)
}

// ErrSaved is wrapped where an edit was written and is not in force: the next start
// or reload will take it over.
var ErrSaved = errors.New("it was saved, but is not in force")

// ErrOutdated is wrapped where an edit is of a version that is not there any more,
// ErrByHand where the console.toml on disk is not the one in force.
var (
	ErrOutdated = errors.New("somebody else has changed the settings meanwhile")
	ErrByHand   = errors.New("console.toml was changed by hand")
)

// DeviceSettings are what people have said of a device.
type DeviceSettings struct {
	Settings map[string]DeviceSetting `json:"settings"` // by key: name, site, timezone, encoding, silent_after
	Version  string                   `json:"version"`  // of console.toml; "" = there is none
	Note     string                   `json:"note"`     // what of the files on disk is not in force, and why; "" = all is
}

// A DeviceSetting is a value and where it comes from.
type DeviceSetting struct {
	Value string `json:"value"`
	From  string `json:"from"`  // "config.toml", "console.toml"; "" = nobody has said anything
	Below string `json:"below"` // what config.toml says, if console.toml says something else
}

// A RuleBook is all that raises alerts.
type RuleBook struct {
	Rules    []Rule   `json:"rules"`
	Packs    []Pack   `json:"packs"`    // words of whole fields
	Vendors  []Pack   `json:"vendors"`  // what vendors' equipment says
	Keywords Words    `json:"keywords"` //
	Version  string   `json:"version"`  // of console.toml; "" = there is none
	Undo     bool     `json:"undo"`     // there is a version before it
	Undoes   []string `json:"undoes"`   // what taking it back changes, in words
	File     string   `json:"file"`     // where console.toml is, or would be
	Note     string   `json:"note"`     // what of the files on disk is not in force, and why; "" = all is
}

// A Rule is one [[alerts.rule]].
type Rule struct {
	Name    string         `json:"name"`
	Enabled bool           `json:"enabled"`
	From    string         `json:"from"`  // "config.toml" or "console.toml"
	Below   bool           `json:"below"` // config.toml has one of this name, which it hides
	Keys    map[string]any `json:"keys"`  // as in the file
	Open    int            `json:"open"`  // incidents that are not over
	Week    int            `json:"week"`  // incidents of the last 7 days, open ones among them
}

// A Pack knows many messages at once.
type Pack struct {
	Name     string `json:"name"`
	Title    string `json:"title"`
	On       bool   `json:"on"`
	From     string `json:"from"`     // "config.toml", "console.toml"; "" = shipped so
	Rules    int    `json:"rules"`    // how many messages or words it knows
	Coverage string `json:"coverage"` // "full", "partly" or "words"; "" for words of fields

	Examples []string `json:"examples"` // messages that it understands
}

// Words are plain words that raise alerts.
type Words struct {
	List []string `json:"list"`
	From string   `json:"from"`
}

// devicePath and devicePage stand for the paths of each device.
const (
	devicePath = "/api/v1/devices/{address}"
	devicePage = "/devices/{address}"
)

// deviceRoute returns the path under which that of a device is in the table of
// routes, "" if it is none: an address as it is written, and nothing else.
func deviceRoute(path string) string {
	for _, p := range []string{devicePath, devicePage} {
		if rest, ok := strings.CutPrefix(path, strings.TrimSuffix(p, "{address}")); ok {
			if a, err := netip.ParseAddr(rest); err == nil && a.String() == rest && a.Zone() == "" {
				return p
			}
		}
	}
	return ""
}

func addressOf(r *http.Request) netip.Addr {
	a, _ := netip.ParseAddr(strings.TrimPrefix(r.URL.Path, "/api/v1/devices/")) // deviceRoute has looked
	return a
}

// deviceKeys are those that may be set here.
var deviceKeys = []string{"name", "site", "timezone", "encoding", "silent_after"}

// postDevice answers POST devices/{address}: {"name": "...", "site": null, ...,
// "version": "..."}; what is not given stays, null is as config.toml says.
func (c *Console) postDevice(w http.ResponseWriter, r *http.Request) {
	var wish map[string]*string
	if err := json.NewDecoder(r.Body).Decode(&wish); err != nil {
		fail(w, http.StatusBadRequest, "expected a JSON object with texts: "+strings.Join(deviceKeys, ", ")+", version", "")
		return
	}
	version := wish["version"]
	keys := map[string]*string{}
	for _, key := range deviceKeys {
		if v, ok := wish[key]; ok {
			keys[key] = v
		}
	}
	delete(wish, "version")
	if len(keys) != len(wish) || len(keys) == 0 {
		fail(w, http.StatusBadRequest, "of a device "+strings.Join(deviceKeys, ", ")+" can be set, at least one of them", "")
		return
	}
	address := addressOf(r)
	done, err := c.opts.Edits.SetDevice(r.Context(), address, keys, version)
	c.edited(w, r, done, err, "device set")
}

func (c *Console) getRules(w http.ResponseWriter, r *http.Request) {
	free, err := take(r.Context(), c.counts, c.limits.searchWait)
	if err != nil {
		c.busy(w, "%d requests of this kind are running already", cap(c.counts))
		return
	}
	defer free()
	book, err := c.opts.Edits.Rules(r.Context())
	if err != nil {
		c.failEdit(w, err)
		return
	}
	book.Rules, book.Packs, book.Vendors, book.Keywords.List = list(book.Rules), list(book.Packs), list(book.Vendors), list(book.Keywords.List)
	answer(w, http.StatusOK, book)
}

// postRule answers POST rules: {"name": "the one to replace", "rule": {...},
// "version": "..."}; no name makes one, a rule of null takes it out of
// console.toml.
func (c *Console) postRule(w http.ResponseWriter, r *http.Request) {
	var wish struct {
		Name    string
		Rule    json.RawMessage
		Version *string
	}
	var rule map[string]any
	if err := json.NewDecoder(r.Body).Decode(&wish); err != nil || wish.Rule == nil || json.Unmarshal(wish.Rule, &rule) != nil || rule == nil && wish.Name == "" {
		fail(w, http.StatusBadRequest, `expected a JSON object with "rule": the keys of an [[alerts.rule]], or null and "name"`, "")
		return
	}
	done, err := c.opts.Edits.SetRule(r.Context(), wish.Name, rule, wish.Version)
	action := "rule set"
	if rule == nil {
		action = "rule removed"
	}
	c.edited(w, r, done, err, action)
}

// postLists answers POST rules/lists: {"packs": ["pon"], "vendors": null, ...,
// "version": "..."}; what is not given stays, null is as config.toml says.
func (c *Console) postLists(w http.ResponseWriter, r *http.Request) {
	var wish struct {
		Keywords, Packs, Vendors json.RawMessage
		Version                  *string
	}
	err := json.NewDecoder(r.Body).Decode(&wish)
	lists := map[string][]string{}
	for name, raw := range map[string]json.RawMessage{"keywords": wish.Keywords, "packs": wish.Packs, "vendors": wish.Vendors} {
		if raw == nil {
			continue
		}
		var l []string
		if e := json.Unmarshal(raw, &l); e != nil {
			err = e
		}
		lists[name] = l
	}
	if err != nil || len(lists) == 0 {
		fail(w, http.StatusBadRequest, `expected a JSON object with lists of texts, or null: "keywords", "packs", "vendors"`, "")
		return
	}
	done, err := c.opts.Edits.SetLists(r.Context(), lists, wish.Version)
	c.edited(w, r, done, err, "alerts set")
}

// postRestore answers POST rules/restore.
func (c *Console) postRestore(w http.ResponseWriter, r *http.Request) {
	var wish struct{ Version *string }
	if err := json.NewDecoder(r.Body).Decode(&wish); err != nil {
		fail(w, http.StatusBadRequest, `expected a JSON object with "version"`, "")
		return
	}
	done, err := c.opts.Edits.Restore(r.Context(), wish.Version)
	c.edited(w, r, done, err, "settings of the console restored")
}

// edited answers an edit, and notes what it has changed if it was done.
func (c *Console) edited(w http.ResponseWriter, r *http.Request, done Reloaded, err error, action string) {
	if errors.Is(err, ErrSaved) {
		c.record(r, whoAsks(r), action+", not in force", changesText(done.Changes))
	}
	if err != nil {
		c.failEdit(w, err)
		return
	}
	c.record(r, whoAsks(r), action, changesText(done.Changes))
	answer(w, http.StatusOK, shown(done))
}

// changesText is what the audit log says of an edit.
func changesText(changes []string) string {
	if len(changes) == 0 {
		return "nothing differs"
	}
	const most = 900 // characters; the audit log keeps 1,000 bytes
	text := strings.Join(changes, "; ")
	if cut := []rune(text); len(cut) > most {
		text = string(cut[:most]) + "…"
	}
	return text
}

func (c *Console) failEdit(w http.ResponseWriter, err error) {
	var refusal *Refusal
	switch {
	case errors.Is(err, ErrOutdated):
		fail(w, http.StatusConflict, "somebody else has changed the settings meanwhile; nothing was changed", "look at what is there now, and try again")
	case errors.Is(err, ErrByHand):
		fail(w, http.StatusConflict, "console.toml was changed by hand and is not in force; nothing was changed", "take it over first: logboom reload, or Settings")
	case errors.Is(err, ErrSaved):
		c.log.Error("console: the settings of the console", "error", err)
		fail(w, http.StatusInternalServerError, err.Error(), "logboom config check says what to mend; then load the settings: logboom reload")
	case errors.As(err, &refusal):
		answer(w, http.StatusUnprocessableEntity, map[string]any{
			"error": failure{Message: refusal.Message, Hint: refusal.Hint}, "problems": list(refusal.Problems),
		})
	default:
		c.log.Error("console: the settings of the console", "error", err)
		fail(w, http.StatusInternalServerError, err.Error(), "messages are still being received")
	}
}
