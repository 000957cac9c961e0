package console

import (
	"net/http"
	"strings"
	"testing"
)

func TestEditsAreAnsweredInWords(t *testing.T) {
	h := guarded(t)
	tests := []struct {
		name, path, body string
		status           int
		says             string
	}{
		{"a device", "/api/v1/devices/10.0.0.2", `{"name":"OLT","site":null}`, 200, "device"},
		{"IPv6", "/api/v1/devices/2001:db8::1", `{"name":"OLT"}`, 200, ""},
		{"an address written in another way", "/api/v1/devices/2001:DB8::1", `{"name":"OLT"}`, 404, ""},
		{"an address with a zone", "/api/v1/devices/fe80::1%25eth0", `{"name":"OLT"}`, 404, ""},
		{"no address", "/api/v1/devices/olt", `{"name":"OLT"}`, 404, ""},
		{"nothing to set", "/api/v1/devices/10.0.0.2", `{"version":"1"}`, 400, "can be set"},
		{"a key that is none", "/api/v1/devices/10.0.0.2", `{"name":"x","address":"10.0.0.3"}`, 400, "can be set"},
		{"no text", "/api/v1/devices/10.0.0.2", `{"name":5}`, 400, "texts"},
		{"a rule", "/api/v1/rules", `{"rule":{"name":"x","query":"y"}}`, 200, ""},
		{"a rule that is taken away", "/api/v1/rules", `{"name":"x","rule":null}`, 200, ""},
		{"neither rule nor name", "/api/v1/rules", `{"rule":null}`, 400, "expected"},
		{"no rule", "/api/v1/rules", `{"name":"x"}`, 400, "expected"},
		{"a rule that is a list", "/api/v1/rules", `{"rule":[]}`, 400, "expected"},
		{"somebody else was faster", "/api/v1/rules", `{"name":"outdated","rule":{}}`, 409, "meanwhile"},
		{"a rule that cannot be used", "/api/v1/rules", `{"name":"bad","rule":{}}`, 422, `"problems":[{"key":"query"`},
		{"lists", "/api/v1/rules/lists", `{"packs":[],"keywords":null}`, 200, ""},
		{"no list", "/api/v1/rules/lists", `{}`, 400, "expected"},
		{"a list of numbers", "/api/v1/rules/lists", `{"packs":[1]}`, 400, "expected"},
		{"restore", "/api/v1/rules/restore", `{}`, 200, ""},
		{"no JSON", "/api/v1/rules/restore", `x`, 400, "expected"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h.drawer.changes = nil
			w := do(h.Console, request("POST", tt.path, tt.body))
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.says) {
				t.Errorf("status %d: %s", w.Code, w.Body)
			}
			if want := w.Code == http.StatusOK; (len(h.drawer.changes) == 1) != want {
				t.Errorf("the audit log has %+v", h.drawer.changes)
			}
		})
	}
}

func TestWhatIsSavedAndNotInForceIsInTheAuditLog(t *testing.T) {
	h := guarded(t)
	w := do(h.Console, request("POST", "/api/v1/rules", `{"name":"saved","rule":{}}`))
	if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "it was saved, but is not in force: not now") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	if c := h.drawer.changes; len(c) != 1 || c[0].Action != "rule set, not in force" || c[0].Detail != "this" {
		t.Errorf("the audit log has %+v", c)
	}
}

func TestTheAuditLogSaysWhatChanged(t *testing.T) {
	h := guarded(t)
	do(h.Console, request("POST", "/api/v1/rules", `{"rule":{"name":"x","query":"y"}}`))
	w := do(h.Console, request("POST", "/api/v1/rules/restore", `{}`))
	if c := h.drawer.changes[0]; c.Action != "rule set" || !strings.HasPrefix(c.Detail, `rule "x" is new: yyy`) || len(c.Detail) > 910 || !strings.HasSuffix(c.Detail, "…") {
		t.Errorf("%q: %q", c.Action, c.Detail)
	}
	if c := h.drawer.changes[1]; c.Detail != "nothing differs" || strings.Contains(w.Body.String(), "hanges") {
		t.Errorf("%q: %q; answered %s", c.Action, c.Detail, w.Body)
	}
}
