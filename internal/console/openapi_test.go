package console

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

// conforms returns what v has against a schema, "" if nothing. It knows the
// keywords that schemaOf writes.
func conforms(schema map[string]any, v any, at string) string {
	kind := "null"
	switch v := v.(type) {
	case bool:
		kind = "boolean"
	case string:
		kind = "string"
	case float64:
		kind = "number"
		if v == float64(int64(v)) {
			kind = "integer"
		}
	case []any:
		kind = "array"
	case map[string]any:
		kind = "object"
	}
	var kinds []string
	switch t := schema["type"].(type) {
	case string:
		kinds = []string{t}
	case []any:
		for _, k := range t {
			kinds = append(kinds, k.(string))
		}
	}
	if len(kinds) > 0 && !slices.Contains(kinds, kind) && !(kind == "integer" && slices.Contains(kinds, "number")) {
		return fmt.Sprintf("%s is %s, want %v", at, kind, kinds)
	}
	switch v := v.(type) {
	case []any:
		items, _ := schema["items"].(map[string]any)
		for i, e := range v {
			if s := conforms(items, e, fmt.Sprintf("%s[%d]", at, i)); s != "" {
				return s
			}
		}
	case map[string]any:
		properties, _ := schema["properties"].(map[string]any)
		more, _ := schema["additionalProperties"].(map[string]any)
		for name, e := range v {
			p, known := properties[name].(map[string]any)
			if !known && more == nil && schema["additionalProperties"] == false {
				return at + "." + name + " is not described"
			} else if !known {
				p = more
			}
			if p != nil {
				if s := conforms(p, e, at+"."+name); s != "" {
					return s
				}
			}
		}
		required, _ := schema["required"].([]any)
		for _, name := range required {
			if _, ok := v[name.(string)]; !ok {
				return at + "." + name.(string) + " is missing"
			}
		}
	}
	return ""
}

// under returns what stands under names in v.
func under(t *testing.T, v any, names ...string) map[string]any {
	t.Helper()
	for _, n := range names {
		m, _ := v.(map[string]any)
		if v = m[n]; v == nil {
			t.Fatalf("%q is not in the description", n)
		}
	}
	return v.(map[string]any)
}

// describable gives options what makes all routes that the description names
// answer with something in every list.
func describable(o *Options, a Archive) {
	o.Archive, o.Directory = a, names{"10.0.0.3": "OLT South"}
	o.Alerts = func(context.Context, int) ([]Alert, error) {
		return []Alert{{ID: 1, Kind: "alert", Delivery: map[string]string{"telegram": "sent"}}}, nil
	}
	o.Incidents = oneIncident{}
	o.Targets = func() []Target { return []Target{{Protocol: "udp", Host: "192.0.2.1", Port: 514}} }
	o.TestTelegram = func(context.Context) error { return nil }
	o.CheckConfig = func(string) []Problem { return []Problem{{Key: "a.b", Want: "c"}} }
	o.Mute = func(context.Context, time.Duration) (time.Time, error) { return noon, nil }
	o.Rehearse = func(context.Context, Rehearsal) (*alert.Rehearsed, error) {
		return &alert.Rehearsed{Days: []alert.RehearsedDay{{}}, Rules: []alert.Cause{{Rule: "x"}}, Newest: []alert.RehearsedNotice{{}}}, nil
	}
	o.Reload = func(context.Context) (Reloaded, error) { return Reloaded{Applied: []string{"alerts.rule"}}, nil }
	setUpOptions(o)
}

// The description names every request of the API, and what is answered is as it
// says.
func TestOpenAPIDescribesWhatIsAnswered(t *testing.T) {
	a := &shelf{}
	a.add(20261122, 1, "10.0.0.2", "PON deregister ONU 0/1/2:7")
	a.add(20261122, 2, "10.0.0.3", "bytes \xff that are no text")
	h := guarded(t, func(o *Options) { describable(o, a) })
	c := h.Console
	var description map[string]any
	if err := json.Unmarshal(get(c, "/api/v1/openapi.json").Body.Bytes(), &description); err != nil || description["openapi"] != "3.1.0" {
		t.Fatalf("%v, version %v", err, description["openapi"])
	}
	bodies := map[string]string{"/api/v1/login": `{"name":"ann","password":"` + password + `"}`, devicePath: bodyOf(devicePath),
		"/api/v1/rules": bodyOf("/api/v1/rules"), "/api/v1/rules/lists": bodyOf("/api/v1/rules/lists"), "/api/v1/alerts/rehearse": bodyOf("/api/v1/alerts/rehearse")}
	for path, methods := range c.routes {
		if !strings.HasPrefix(path, "/api/") {
			continue
		}
		for method := range methods {
			name := method + " " + path
			if _, ok := operations[name]; !ok {
				t.Errorf("%s is not described", name)
				continue
			}
			t.Run(name, func(t *testing.T) {
				d := under(t, description, "paths", path, strings.ToLower(method))
				content := under(t, d, "responses", "200", "content")
				if operations[name].answer == nil {
					return
				}
				w := do(c, request(method, pathOf(path), cmp.Or(bodies[path], `{"text":"","minutes":1,"ack":true,"note":"","token":"1:x","password":"x"}`)))
				var v any
				if err := json.Unmarshal(w.Body.Bytes(), &v); w.Code != http.StatusOK || err != nil {
					t.Fatalf("status %d, %v", w.Code, err)
				}
				if s := conforms(under(t, content, "application/json", "schema"), v, "answer"); s != "" {
					t.Error(s)
				}
			})
		}
	}
	for name := range operations {
		method, path, _ := strings.Cut(name, " ")
		if c.routes[path][method].Handler == nil {
			t.Errorf("%s is described, and there is no such request", name)
		}
	}
	for what, w := range map[string]*httptest.ResponseRecorder{
		"a bad query": get(c, "/api/v1/messages?query=("),
		"a bad rule":  do(c, request("POST", "/api/v1/rules", `{"name":"bad","rule":{"name":"x"}}`)),
	} {
		var failed any
		if err := json.Unmarshal(w.Body.Bytes(), &failed); err != nil || w.Code < 400 {
			t.Fatalf("%s: %d, %v", what, w.Code, err)
		}
		if s := conforms(under(t, description, "components", "schemas", "Failure"), failed, "failure"); s != "" {
			t.Errorf("%s: %s", what, s)
		}
	}
}

func TestParametersOfTheDescriptionAreExplained(t *testing.T) {
	for name, o := range operations {
		for _, p := range o.params {
			if p.text == "" || p.kind == "" {
				t.Errorf("%s: parameter %s is not explained", name, p.name)
			}
		}
		if strings.Contains(name, "{id}") && (len(o.params) == 0 || o.params[0].name != "id") {
			t.Errorf("%s: the id is not explained", name)
		}
	}
}
