package console

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// An operation describes one request of the API.
type operation struct {
	summary string
	detail  string
	params  []param
	body    any    // a value of the type that is sent as JSON; nil = nothing is
	answer  any    // a value of the type that comes as JSON, or a member; nil = it is no JSON
	kind    string // Content-Type of an answer that is no JSON
	refuses []int  // status codes beside 200 and those that any request may get
}

// A param is a parameter behind the "?" or, if its name stands in the path, there.
type param struct{ name, kind, text string }

// A member is a JSON object with one member.
type member struct {
	name  string
	value any
}

var (
	queryParam   = param{"query", "string", "in the query language; left out = all messages"}
	fromParam    = param{"from", "string", `received at or after: "-1h", "today", "14:30", "2026-11-22 14:30", RFC 3339, or µs since 1970 UTC`}
	toParam      = param{"to", "string", "received before; written as from"}
	deviceParam  = param{"device", "string", "address of the only device"}
	addressParam = param{"address", "string", "IP address of the device"}
	idParam      = param{"id", "integer", "number of the incident"}
	searchOnes   = []param{queryParam, fromParam, toParam, deviceParam}
	placeParams  = []param{
		{"before", "string", "id of a message: only older ones, the newest of them"},
		{"after", "string", "id of a message: only newer ones, the oldest of them"},
		{"around", "string", "id of a message: as many on both sides, itself included"},
	}
)

// operations are those of the API, by method and path.
var operations = map[string]operation{
	"GET /api/v1/status": {summary: "How Logboom is", detail: "Rate, ledger of the day, listeners, store, alerts and health.", params: []param{{"past", "string", "1 = with the rate of the last five minutes"}}, answer: Status{}},
	"GET /api/v1/messages": {
		summary: "Search stored messages", detail: "One page, newest last. Texts are cut to 2,000 characters but for a single id.",
		params: slices.Concat(searchOnes, placeParams, []param{{"limit", "integer", "rows, 1 to 1,000; left out = 200"}, {"id", "string", "only this message, whole"}}),
		answer: messagesPage{}, refuses: []int{404, 429, 504},
	},
	"GET /api/v1/complete": {
		summary: "What a word of a query may become", detail: "Fields, devices, sites, and the apps and host names of the newest messages. Offsets count UTF-16 units.",
		params: []param{queryParam, {"at", "integer", "where the word ends; left out = at the end"}}, answer: Completion{}, refuses: []int{400},
	},
	"GET /api/v1/histogram": {
		summary: "Count messages over time by class of severity", detail: "Buckets are of round widths and of the zone of the server. Rows of a search never wait for it.",
		params: slices.Concat(searchOnes, []param{{"buckets", "integer", "1 to 500 at most; left out = 120"}, {"width", "string", `exact width, as "30s", "5m" or "1h", instead of buckets`}}),
		answer: histogram{}, refuses: []int{429, 504},
	},
	"GET /api/v1/tail": {
		summary: "Messages as they are stored", detail: "Server-sent events: at most 500 rows a second in batches; what is left out is counted in skipped. Last-Event-ID goes on where a connection ended.",
		params: []param{queryParam, {"after", "string", "id of a message: begin with what was stored since"}, {"fields", "string", "columns that rows have besides, with commas between them: sent_at, facility, hostname, proc_id, msg_id"}, {"full", "string", "1 = rows are whole"}},
		kind:   "text/event-stream", refuses: []int{429},
	},
	"GET /api/v1/devices": {summary: "Every device that was heard", answer: member{"devices", []Device{}}},
	"GET /api/v1/export": {
		summary: "All messages that match, as a file", detail: "Cells of CSV that a spreadsheet would take for a formula get an apostrophe before them, unless formulas=1.",
		params: slices.Concat(searchOnes, placeParams, []param{{"limit", "integer", "rows; left out = all"}, {"format", "string", "csv, json (a line each) or text"}, {"formulas", "string", "1 = cells as they came"}}),
		kind:   "text/csv", refuses: []int{429},
	},
	"GET /api/v1/alerts":                {summary: "What people were told, newest first", params: []param{{"limit", "integer", "1 to 1,000; left out = 200"}}, answer: member{"alerts", []Alert{}}},
	"GET /api/v1/incidents/top":         {summary: "What came and went most often: ONUs, ports", params: []param{{"days", "integer", "of the last days, 1 to 90; left out = 7"}}, answer: member{"flapping", []Flap{}}, refuses: []int{429}},
	"GET /api/v1/incidents":             {summary: "Incidents, newest first", params: []param{{"open", "string", "1 = only those that are not over"}, deviceParam, {"before", "integer", "only those with a lower number"}, {"limit", "integer", "1 to 1,000; left out = 200"}}, answer: member{"incidents", []Incident{}}},
	"GET " + incidentPath:               {summary: "One incident", params: []param{idParam}, answer: Incident{}, refuses: []int{404}},
	"GET " + incidentPath + "/timeline": {summary: "What happened to an incident, oldest first", detail: "When it began and was over, what people were told and whether it arrived, what they did.", params: []param{idParam}, answer: Timeline{}, refuses: []int{404}},
	"POST " + incidentPath + "/ack": {summary: "Take an incident on, or give it back", params: []param{idParam}, body: struct {
		Ack bool   `json:"ack"`
		By  string `json:"by,omitempty"`
	}{}, answer: Incident{}, refuses: []int{404}},
	"POST " + incidentPath + "/mute": {summary: "Tell nobody of an incident for a while", detail: "1 to 1440 minutes, 0 ends the mute.", params: []param{idParam}, body: struct {
		Minutes int    `json:"minutes"`
		By      string `json:"by,omitempty"`
	}{}, answer: Incident{}, refuses: []int{404}},
	"POST " + incidentPath + "/note": {summary: "Write a note to an incident", params: []param{idParam}, body: struct {
		Note string `json:"note"`
		By   string `json:"by,omitempty"`
	}{}, answer: Incident{}, refuses: []int{404}},
	"POST /api/v1/alerts/mute": {summary: "Tell nobody of anything for a while", detail: "1 to 1440 minutes, 0 ends the mute. What comes is told afterwards.", body: struct {
		Minutes int `json:"minutes"`
	}{}, answer: member{"muted_until", int64(0)}},
	"POST /api/v1/alerts/rehearse": {summary: "What rules would have sent for stored messages", detail: "Give rule, or draft, or neither for all that is in force; and since, or from and to.", body: struct {
		Rule  string `json:"rule,omitempty"`
		Draft string `json:"draft,omitempty"`
		Since string `json:"since,omitempty"`
		From  string `json:"from,omitempty"`
		To    string `json:"to,omitempty"`
	}{}, answer: rehearsal{}, refuses: []int{429, 504}},
	"GET /api/v1/settings": {summary: "Every key in force, where it comes from and what it is for", detail: "Secrets are \"set\" or \"not set\".", answer: SettingsList{}},
	"GET /api/v1/doctor":   {summary: "Look at everything", detail: "Settings, listeners, buffers, losses, disk, clock and the ways to tell people, as logboom doctor does; 10 seconds at most, one at a time.", answer: member{"findings", []Finding{}}, refuses: []int{429}},
	"GET /api/v1/log":      {summary: "Logboom's own log, newest first", params: []param{{"limit", "integer", "lines; left out = 200"}}, answer: member{"lines", []LogLine{}}},
	"GET /api/v1/welcome":  {summary: "What a first run needs to know", answer: Welcome{}},
	"POST /api/v1/telegram/bot": {summary: "Whose token it is", detail: "The token is kept nowhere.", body: struct {
		Token string `json:"token"`
	}{}, answer: TelegramBot{}, refuses: []int{429, 502}},
	"POST /api/v1/telegram/chats": {summary: "Where a bot was written to", detail: "Waits some seconds for the first. The token is kept nowhere.", body: struct {
		Token string `json:"token"`
	}{}, answer: member{"chats", []TelegramChat{}}, refuses: []int{429, 502}},
	"POST /api/v1/telegram/try": {summary: "Send a test message with a token", detail: "The token is kept nowhere.", body: setupWish{}, answer: member{"sent", false}, refuses: []int{429, 502}},
	"POST /api/v1/test-message": {summary: "Send a message to a listener of this server", answer: TestMessage{}, refuses: []int{429, 502}},
	"POST /api/v1/password": {summary: "Set the first password", detail: "Of the user admin, from this machine only, and while nobody has one.", body: struct {
		Password string `json:"password"`
	}{}, answer: member{"name", ""}, refuses: []int{409, 429}},
	"POST /api/v1/telegram/test": {summary: "Send a test message to every chat", answer: member{"sent", false}, refuses: []int{429, 502}},
	"POST /api/v1/config/check": {summary: "Say what is wrong with a draft of config.toml", body: struct {
		Text string `json:"text"`
	}{}, answer: member{"problems", []Problem{}}, refuses: []int{429}},
	"POST /api/v1/reload":       {summary: "Load the settings again", detail: "What cannot be used changes nothing and is refused with the problems; what needs a restart is named.", answer: Reloaded{}, refuses: []int{422}},
	"GET /api/v1/devices/setup": {summary: "What to type on equipment so that it sends here", detail: "SERVER and PORT stand for the host and the port of a target.", answer: setup{}},
	"GET " + devicePath:         {summary: "One device: what is known of it, what people have said and in which file, its messages of 24 hours", params: []param{addressParam}, answer: DeviceDetail{}, refuses: []int{422, 429, 504}},
	"POST " + devicePath: {summary: "Set what is said of a device", detail: "What is left out stays; null is as config.toml says. version is that of the settings that were looked at: others are refused.", params: []param{addressParam}, body: struct {
		Name        *string `json:"name,omitempty"`
		Site        *string `json:"site,omitempty"`
		Timezone    *string `json:"timezone,omitempty"`
		Encoding    *string `json:"encoding,omitempty"`
		SilentAfter *string `json:"silent_after,omitempty"`
		Version     *string `json:"version,omitempty"`
	}{}, answer: Reloaded{}, refuses: []int{409, 422}},
	"GET /api/v1/rules": {summary: "All that raises alerts: rules, packs, keywords", answer: RuleBook{}, refuses: []int{422, 429}},
	"POST /api/v1/rules": {summary: "Set a rule", detail: "name is the rule to replace, left out = a new one. rule has the keys of an [[alerts.rule]]; null takes it out of console.toml.", body: struct {
		Name    string         `json:"name,omitempty"`
		Rule    map[string]any `json:"rule"`
		Version *string        `json:"version,omitempty"`
	}{}, answer: Reloaded{}, refuses: []int{409, 422}},
	"POST /api/v1/rules/lists": {summary: "Set keywords, packs and vendors", detail: "What is left out stays; null is as config.toml says.", body: struct {
		Keywords []string `json:"keywords,omitempty"`
		Packs    []string `json:"packs,omitempty"`
		Vendors  []string `json:"vendors,omitempty"`
		Version  *string  `json:"version,omitempty"`
	}{}, answer: Reloaded{}, refuses: []int{409, 422}},
	"POST /api/v1/rules/restore": {summary: "Put console.toml as it was before the last edit in its place", body: struct {
		Version *string `json:"version,omitempty"`
	}{}, answer: Reloaded{}, refuses: []int{409, 422}},
	"POST /api/v1/login": {summary: "Sign in", detail: "The answer sets a cookie. After five wrong passwords an address waits 15 minutes.", body: struct {
		Name     string `json:"name"`
		Password string `json:"password"`
	}{}, answer: session{}, refuses: []int{429}},
	"POST /api/v1/logout":      {summary: "End the session", answer: map[string]any{}},
	"GET /api/v1/session":      {summary: "Who asks", detail: "role is public, viewer or admin; how is machine, session or token.", answer: session{}},
	"GET /api/v1/audit":        {summary: "Who changed what, newest first", params: []param{{"before", "integer", "id of a line: only older ones"}, {"limit", "integer", "lines, 1 to 1,000; left out = 200"}}, answer: member{"changes", []Change{}}},
	"GET /api/v1/openapi.json": {summary: "This description", answer: map[string]any{}},
}

// openAPI returns the description of the routes that there are, in OpenAPI 3.1.
// https://spec.openapis.org/oas/v3.1.0
func openAPI(routes routes, version string) map[string]any {
	paths := map[string]any{}
	for path, methods := range routes {
		item := map[string]any{}
		for method := range methods {
			if o, ok := operations[method+" "+path]; ok {
				item[strings.ToLower(method)] = o.describe(path)
			}
		}
		if len(item) > 0 {
			paths[path] = item
		}
	}
	return map[string]any{
		"openapi": "3.1.0",
		"info": map[string]any{
			"title": "Logboom", "version": version,
			"description": "Times are µs since 1970 UTC, 0 = never. Ids of messages are YYYYMMDD:number. Requests that change something are JSON, and come from the console's own page or from no page at all.",
		},
		"paths":    paths,
		"security": []any{map[string]any{"token": []any{}}, map[string]any{"session": []any{}}, map[string]any{}},
		"components": map[string]any{"securitySchemes": map[string]any{
			"token":   map[string]any{"type": "http", "scheme": "bearer", "description": "logboom console token add NAME"},
			"session": map[string]any{"type": "apiKey", "in": "cookie", "name": cookieName, "description": "from POST /api/v1/login"},
		}, "schemas": map[string]any{"Failure": schemaOf(reflect.TypeFor[struct {
			Error    failure   `json:"error"`
			Problems []Problem `json:"problems,omitempty"` // of settings, a rule or a draft
		}]())}},
	}
}

func (o *operation) describe(path string) map[string]any {
	d := map[string]any{"summary": o.summary}
	if o.detail != "" {
		d["description"] = o.detail
	}
	var params []any
	for _, p := range o.params {
		in := "query"
		if strings.Contains(path, "{"+p.name+"}") {
			in = "path"
		}
		params = append(params, map[string]any{"name": p.name, "in": in, "required": in == "path", "description": p.text, "schema": map[string]any{"type": p.kind}})
	}
	if params != nil {
		d["parameters"] = params
	}
	if o.body != nil {
		d["requestBody"] = map[string]any{"required": true, "content": jsonContent(schemaOf(reflect.TypeOf(o.body)))}
	}
	ok := map[string]any{"description": "done"}
	if o.answer == nil {
		ok["content"] = map[string]any{o.kind: map[string]any{"schema": map[string]any{"type": "string"}}}
	} else {
		ok["content"] = jsonContent(o.schema())
	}
	answers := map[string]any{"200": ok}
	failed := map[string]any{"description": "what is wrong and what to do", "content": jsonContent(map[string]any{"$ref": "#/components/schemas/Failure"})}
	statuses := append([]int{400, 401, 403, 500}, o.refuses...)
	if o.body != nil {
		statuses = append(statuses, 413)
	}
	for _, status := range statuses {
		answers[strconv.Itoa(status)] = failed
	}
	d["responses"] = answers
	return d
}

// schema returns that of the answer.
func (o *operation) schema() map[string]any {
	if f, ok := o.answer.(member); ok {
		return map[string]any{"type": "object", "required": []string{f.name}, "additionalProperties": false, "properties": map[string]any{f.name: schemaOf(reflect.TypeOf(f.value))}}
	}
	return schemaOf(reflect.TypeOf(o.answer))
}

func jsonContent(schema map[string]any) map[string]any {
	return map[string]any{"application/json": map[string]any{"schema": schema}}
}

// getOpenAPI answers GET openapi.json.
func (c *Console) getOpenAPI(w http.ResponseWriter, r *http.Request) {
	answer(w, http.StatusOK, openAPI(c.routes, c.opts.Status(r.Context()).Version))
}
