package console

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/logboom/logboom/internal/login"
)

// Places in the table of roles that stand for many: the document of the built
// console, and the files that it loads.
const (
	pageRoute = "GET (pages)"
	fileRoute = "GET (files)"
)

// required is the one table of who may use a route; SECURITY.md shows it, and a
// route without a line is refused by [New]. The pages and files of the console
// hold nothing but the console: what it shows comes through the API.
var required = map[string]login.Role{
	pageRoute:     login.Public,
	fileRoute:     login.Public,
	"GET /":       login.Viewer, // the simple page, where the console was not built
	"GET /simple": login.Viewer,

	"GET /healthz": login.Public, // what is wrong is told to viewers only
	"GET /metrics": login.Viewer,

	"POST /api/v1/login":  login.Public,
	"POST /api/v1/logout": login.Public,
	"GET /api/v1/session": login.Public, // who one is

	"GET /api/v1/status":                login.Viewer,
	"GET /api/v1/messages":              login.Viewer,
	"GET /api/v1/histogram":             login.Viewer,
	"GET /api/v1/complete":              login.Viewer,
	"GET /api/v1/openapi.json":          login.Viewer,
	"GET /api/v1/tail":                  login.Viewer,
	"GET /api/v1/devices":               login.Viewer,
	"GET /api/v1/export":                login.Viewer,
	"GET /api/v1/alerts":                login.Viewer,
	"GET /api/v1/incidents":             login.Viewer,
	"GET /api/v1/incidents/top":         login.Viewer,
	"GET " + incidentPath:               login.Viewer,
	"GET " + incidentPath + "/timeline": login.Viewer,
	"GET /api/v1/settings":              login.Viewer,
	"GET /api/v1/doctor":                login.Viewer,
	"GET /api/v1/welcome":               login.Viewer,

	"POST " + incidentPath + "/ack":  login.Admin,
	"POST " + incidentPath + "/mute": login.Admin,
	"POST " + incidentPath + "/note": login.Admin,
	"POST /api/v1/alerts/mute":       login.Admin,
	"POST /api/v1/alerts/rehearse":   login.Admin,
	"POST /api/v1/telegram/test":     login.Admin,
	"POST /api/v1/config/check":      login.Admin,
	"POST /api/v1/reload":            login.Admin,
	"GET " + devicePath:              login.Viewer,
	"GET /api/v1/devices/setup":      login.Viewer,
	"POST " + devicePath:             login.Admin,
	"GET /api/v1/rules":              login.Viewer,
	"POST /api/v1/rules":             login.Admin,
	"POST /api/v1/rules/lists":       login.Admin,
	"POST /api/v1/rules/restore":     login.Admin,
	"GET /api/v1/audit":              login.Admin,
	"GET /api/v1/log":                login.Admin,
	"POST /api/v1/telegram/bot":      login.Admin,
	"POST /api/v1/telegram/chats":    login.Admin,
	"POST /api/v1/telegram/try":      login.Admin,
	"POST /api/v1/test-message":      login.Admin,
	"POST /api/v1/password":          login.Admin, // and only from this machine, while nobody has one
}

// a route is what answers one method of one path, and for whom.
type route struct {
	http.Handler
	role login.Role
}

// routes are all there are, by path and method.
type routes map[string]map[string]route

// newRoutes gives each handler, by path and method, the role of its line in the
// table.
func newRoutes(handlers map[string]map[string]http.Handler) (routes, error) {
	out := routes{}
	for path, methods := range handlers {
		for method, h := range methods {
			if err := out.add(method+" "+path, path, method, h); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// add adds a route whose line in the table is called line.
func (r routes) add(line, path, method string, h http.Handler) error {
	role, ok := required[line]
	if !ok {
		return fmt.Errorf("console: nobody has said who may use %s: it needs a line in the table of roles.go", line)
	}
	if r[path] == nil {
		r[path] = map[string]route{}
	}
	r[path][method] = route{h, role}
	return nil
}

// allow lists methods as the Allow header does.
func allow(methods map[string]route) string {
	list := slices.Collect(maps.Keys(methods))
	if methods[http.MethodGet].Handler != nil {
		list = append(list, http.MethodHead)
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}
