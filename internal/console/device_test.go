package console

import (
	"context"
	"net/http"
	"net/netip"
	"testing"
)

func TestADevice(t *testing.T) {
	a := &shelf{}
	a.add(20261122, 1, "10.0.0.2", "PON deregister ONU 0/1/2:7")
	o := options()
	describable(&o, a)
	o.pages, o.Edits = builtPages(t), drawers{}
	o.OneDevice = func(_ context.Context, a netip.Addr) (DeviceDetail, error) {
		return DeviceDetail{Device: Device{Address: a.String(), Name: "OLT North"}, SentAt: 5}, nil
	}
	c := made(t, o)
	for _, tt := range []struct {
		path string
		want int
	}{
		{"/api/v1/devices/10.0.0.2", 200}, {"/api/v1/devices/2001:db8::1", 200}, {"/api/v1/devices/", 404},
		{"/api/v1/devices/2001:DB8::1", 404}, {"/api/v1/devices/10.0.0.2/x", 404}, {"/api/v1/devices/olt", 404},
		{"/devices/10.0.0.2", 200}, {"/devices/10.0.0.2/x", 404}, {"/devices/olt", 404},
	} {
		if w := get(c, tt.path); w.Code != tt.want {
			t.Errorf("%s: status %d, want %d: %.100s", tt.path, w.Code, tt.want, w.Body)
		}
	}
	d := decode[DeviceDetail](t, get(c, "/api/v1/devices/10.0.0.2"))
	if d.Name != "OLT North" || d.SentAt != 5 || len(d.Day.Edges) != 25 || len(d.Day.Counts.Error) != 24 || d.Settings == nil {
		t.Errorf("%+v", d)
	}
}

func TestAnotherSiteCannotUseAMethodThatChanges(t *testing.T) {
	h := guarded(t)
	h.routes["/api/v1/status"]["PUT"] = route{http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was used") }), 0}
	for name, change := range map[string]func(*http.Request){
		"another origin": func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
		"another site":   func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"a form":         func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
	} {
		r := request(http.MethodPut, "/api/v1/status", `{}`)
		r.Header.Set("Content-Type", "application/json")
		change(r)
		if w := do(h.Console, r); w.Code != http.StatusForbidden {
			t.Errorf("%s: status %d", name, w.Code)
		}
	}
}
