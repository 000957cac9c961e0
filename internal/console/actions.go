package console

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// routeTable says which handler answers what. A path stands for itself only.
func (c *Console) routeTable() (routes, error) {
	get := func(f http.HandlerFunc) map[string]http.Handler { return map[string]http.Handler{http.MethodGet: f} }
	post := func(f http.HandlerFunc) map[string]http.Handler { return map[string]http.Handler{http.MethodPost: f} }
	metrics := promhttp.HandlerFor(c.opts.Metrics, promhttp.HandlerOpts{MaxRequestsInFlight: 4, DisableCompression: true})
	handlers := map[string]map[string]http.Handler{
		"/":                get(c.getPage),
		"/simple":          get(c.getPage),
		"/healthz":         get(c.getHealth),
		"/metrics":         get(metrics.ServeHTTP),
		"/api/v1/status":   get(c.getStatus),
		"/api/v1/messages": get(c.getMessages), "/api/v1/histogram": get(c.getHistogram),
		"/api/v1/session": get(c.getSession),
		"/api/v1/logout":  post(c.postLogout),
		"/api/v1/tail": get(func(w http.ResponseWriter, r *http.Request) {
			c.whileLetIn(r, func(r *http.Request) { c.getTail(w, r) })
		}),
		"/api/v1/devices":  get(c.getDevices),
		"/api/v1/complete": get(c.getComplete),
		"/api/v1/export": get(func(w http.ResponseWriter, r *http.Request) {
			c.whileLetIn(r, func(r *http.Request) { c.getExport(w, r) })
		}),
		"/api/v1/openapi.json": get(c.getOpenAPI),
	}
	if c.opts.Targets != nil {
		handlers["/api/v1/devices/setup"] = get(c.getSetup)
	}
	if c.opts.Alerts != nil {
		handlers["/api/v1/alerts"] = get(c.getAlerts)
	}
	if c.opts.Incidents != nil {
		handlers["/api/v1/incidents"] = get(c.getIncidents)
		handlers["/api/v1/incidents/top"] = get(c.getFlapping)
		handlers[incidentPath] = get(c.getIncident)
		handlers[incidentPath+"/timeline"] = get(c.getTimeline)
		for _, what := range []string{"ack", "mute", "note"} {
			handlers[incidentPath+"/"+what] = post(c.postIncident(what))
		}
	}
	if c.opts.TestTelegram != nil {
		handlers["/api/v1/telegram/test"] = post(c.postTelegramTest)
	}
	if c.opts.CheckConfig != nil {
		handlers["/api/v1/config/check"] = post(c.postConfigCheck)
	}
	if c.opts.Reload != nil {
		handlers["/api/v1/reload"] = post(c.postReload)
	}
	if c.opts.Edits != nil {
		handlers[devicePath] = map[string]http.Handler{http.MethodGet: http.HandlerFunc(c.getDevice), http.MethodPost: http.HandlerFunc(c.postDevice)}
		handlers["/api/v1/rules"] = map[string]http.Handler{http.MethodGet: http.HandlerFunc(c.getRules), http.MethodPost: http.HandlerFunc(c.postRule)}
		handlers["/api/v1/rules/lists"] = post(c.postLists)
		handlers["/api/v1/rules/restore"] = post(c.postRestore)
	}
	if c.opts.Settings != nil {
		handlers["/api/v1/settings"] = get(c.getSettings)
	}
	if c.opts.Doctor != nil {
		handlers["/api/v1/doctor"] = get(c.getDoctor)
	}
	if c.opts.OwnLog != nil {
		handlers["/api/v1/log"] = get(c.getLog)
	}
	if c.opts.Welcome != nil {
		handlers["/api/v1/welcome"] = get(c.getWelcome)
	}
	if c.opts.TelegramSetup != nil {
		handlers["/api/v1/telegram/bot"] = post(c.setUp(c.postTelegramBot))
		handlers["/api/v1/telegram/chats"] = post(c.setUp(c.postTelegramChats))
		handlers["/api/v1/telegram/try"] = post(c.postTelegramTry)
	}
	if c.opts.SendTestMessage != nil {
		handlers["/api/v1/test-message"] = post(c.postTestMessage)
	}
	if c.opts.FirstPassword != nil {
		handlers["/api/v1/password"] = post(c.postPassword)
	}
	if c.opts.Mute != nil {
		handlers["/api/v1/alerts/mute"] = post(c.postMute)
	}
	if c.opts.Rehearse != nil {
		handlers["/api/v1/alerts/rehearse"] = post(c.postRehearse)
	}
	if c.opts.Guard != nil {
		handlers["/api/v1/login"] = post(c.postLogin)
	}
	if c.opts.Audit != nil {
		handlers["/api/v1/audit"] = get(c.getAudit)
	}
	routes, err := newRoutes(handlers)
	if err != nil {
		return nil, err
	}
	for path, asset := range c.page.assets {
		err = errors.Join(err, routes.add(fileRoute, path, http.MethodGet, http.HandlerFunc(asset.serve)))
	}
	if c.page.app != nil {
		for _, path := range appPaths {
			err = errors.Join(err, routes.add(pageRoute, path, http.MethodGet, http.HandlerFunc(c.page.app.serve)))
		}
	}
	return routes, err
}

func (c *Console) getAlerts(w http.ResponseWriter, r *http.Request) {
	limit, ok := limitOf(w, r)
	if !ok {
		return
	}
	alerts, err := c.opts.Alerts(r.Context(), limit)
	if err != nil {
		c.log.Error("console: reading the alerts", "error", err)
		fail(w, http.StatusInternalServerError, "the alerts cannot be read: "+err.Error(), "messages are still being received")
		return
	}
	answer(w, http.StatusOK, map[string]any{"alerts": list(alerts)})
}

// limitOf reads how many rows are asked for; if ok is false, it has answered.
func limitOf(w http.ResponseWriter, r *http.Request) (limit int, ok bool) {
	v := r.URL.Query().Get("limit")
	if v == "" {
		return defaultRows, true
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		fail(w, http.StatusBadRequest, "limit: "+strconv.Quote(v)+" is not a number from 1 to "+strconv.Itoa(mostRows), "")
		return 0, false
	}
	return min(n, mostRows), true
}

// postConfigCheck says what is wrong with a configuration: {"text": "..."}.
func (c *Console) postConfigCheck(w http.ResponseWriter, r *http.Request) {
	var draft struct {
		Text *string `json:"text"`
	}
	err := json.NewDecoder(r.Body).Decode(&draft)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		fail(w, http.StatusRequestEntityTooLarge, "a configuration to be checked may have "+strconv.FormatInt(large.Limit>>10, 10)+" kB", "")
		return
	case err != nil || draft.Text == nil:
		fail(w, http.StatusBadRequest, `expected a JSON object with the configuration as "text"`, "")
		return
	}
	free, err := take(r.Context(), c.checks, c.limits.searchWait)
	if err != nil {
		c.busy(w, "%d configuration is being checked already", cap(c.checks))
		return
	}
	defer free()
	answer(w, http.StatusOK, map[string]any{"problems": list(c.opts.CheckConfig(*draft.Text))})
}

// mostMute is the longest mute, in minutes: one that was forgotten must not
// last into the next night.
const mostMute = 24 * 60

// postMute mutes alerts, {"minutes": 60}, or ends that, {"minutes": 0}.
func (c *Console) postMute(w http.ResponseWriter, r *http.Request) {
	var wish struct {
		Minutes *int `json:"minutes"`
	}
	const want = `expected a JSON object with "minutes" from 1 to 1440, or 0 to end the mute`
	err := json.NewDecoder(r.Body).Decode(&wish)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		fail(w, http.StatusRequestEntityTooLarge, "that is far too long; "+want, "")
		return
	case err != nil || wish.Minutes == nil:
		fail(w, http.StatusBadRequest, want, "")
		return
	case *wish.Minutes < 0 || *wish.Minutes > mostMute:
		fail(w, http.StatusBadRequest, "minutes: "+strconv.Itoa(*wish.Minutes)+" is not from 0 to "+strconv.Itoa(mostMute), "alerts can be muted for a day at most; what comes meanwhile is told afterwards")
		return
	}
	until, err := c.opts.Mute(r.Context(), time.Duration(*wish.Minutes)*time.Minute)
	if err != nil {
		c.log.Error("console: muting the alerts", "error", err)
		fail(w, http.StatusInternalServerError, "the mute cannot be kept: "+err.Error(), "nothing has changed")
		return
	}
	if until.IsZero() {
		c.record(r, whoAsks(r), "alerts not muted any more", "")
	} else {
		c.record(r, whoAsks(r), "alerts muted", "for "+strconv.Itoa(*wish.Minutes)+" min")
	}
	answer(w, http.StatusOK, map[string]int64{"muted_until": micros(until)})
}

// micros returns t in µs since 1970 UTC, 0 for the zero time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}
