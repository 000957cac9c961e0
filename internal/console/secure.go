package console

import (
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
)

// securityHeaders go with every answer. No script, style or picture comes from
// elsewhere, nothing is inline, no page may frame ours.
var securityHeaders = [][2]string{
	{"Content-Security-Policy", "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"},
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"},
	{"Referrer-Policy", "no-referrer"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
}

// hosts are the names under which the console answers. A page of another site
// whose name suddenly points to 127.0.0.1 (DNS rebinding) still sends its own
// name as Host, and is refused.
type hosts struct {
	names []string // lower case
	set   []string // of them, those of the settings that are no names of loopback
	// Others than this machine come: an address is as good as a name of ours,
	// since no page can give itself one.
	addresses bool
}

func newHosts(listen string, remote bool, names []string) hosts {
	h := hosts{names: []string{"localhost"}, addresses: remote}
	if a, err := netip.ParseAddr(listen); listen != "" && (err != nil || !a.IsUnspecified()) {
		h.names = append(h.names, strings.ToLower(listen))
	}
	if name, err := os.Hostname(); remote && err == nil && name != "" {
		h.names = append(h.names, strings.ToLower(name))
	}
	for _, name := range names {
		name = strings.ToLower(name)
		h.names = append(h.names, name)
		if a, err := netip.ParseAddr(name); name != "localhost" && (err != nil || !a.Unmap().IsLoopback()) {
			h.set = append(h.set, name)
		}
	}
	return h
}

// given reports whether a Host header that is allowed has a name of the
// settings. Who opens the console on this machine uses localhost, or so.
func (h hosts) given(host string) bool {
	return slices.Contains(h.set, strings.ToLower(nameOf(host)))
}

// nameOf returns a Host header without its port; "" if it is none.
func nameOf(host string) string {
	if n, port, err := net.SplitHostPort(host); err == nil {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return ""
		}
		return n
	}
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		return host[1 : len(host)-1]
	}
	return host
}

// allowed reports whether a Host header names this console: the host that we
// listen on, localhost, a loopback address or a name that was set, with any
// port; where others come, also any address.
func (h hosts) allowed(host string) bool {
	name := nameOf(host)
	if slices.Contains(h.names, strings.ToLower(name)) {
		return true
	}
	a, err := netip.ParseAddr(name)
	return err == nil && a.Zone() == "" && !a.IsUnspecified() && (h.addresses || a.Unmap().IsLoopback())
}

// ServeHTTP checks where the request comes from, finds its route and sees to
// it that a fault in one answer stays there.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, h := range securityHeaders {
		w.Header().Set(h[0], h[1])
	}
	defer func() {
		fault := recover()
		switch fault {
		case nil:
		case http.ErrAbortHandler: // cut on purpose
			panic(fault)
		default:
			c.stats.panics.Add(1)
			c.log.Error("console: a request ended in a fault, please report it", "method", r.Method, "path", strconv.Quote(r.URL.Path),
				"fault", fault, "stack", string(debug.Stack()))
			fail(w, http.StatusInternalServerError, "Logboom made a mistake with this request; its own log has the details", "the messages themselves are safe")
		}
	}()
	if !c.hosts.allowed(r.Host) {
		c.stats.refusedRequests.Add(1)
		fail(w, http.StatusForbidden, "this name does not belong to the console", "open it as http://"+c.opts.Listen+"/ or http://localhost, or add the name to console.names")
		return
	}
	if c.cert != nil && !c.opts.PlainHTTP && !overTLS(r) && !onMachine(r) {
		c.toTLS(w, r)
		return
	}
	// Exact matches only: no cleaning of "//" or "..", no encoded slashes.
	methods := c.routes[routeOf(r.URL.Path)]
	if methods == nil || r.URL.EscapedPath() != r.URL.Path {
		fail(w, http.StatusNotFound, "there is no such page", "the API is described at /api/v1/openapi.json")
		return
	}
	route := methods[r.Method]
	if route.Handler == nil && r.Method == http.MethodHead {
		route = methods[http.MethodGet]
	}
	if route.Handler == nil {
		w.Header().Set("Allow", allow(methods))
		fail(w, http.StatusMethodNotAllowed, "this address does not take "+method(r.Method), "it takes "+allow(methods))
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		// A browser sends JSON to another site only after asking, and we do
		// not agree; a program on this machine says what it sends anyway.
		if err := http.NewCrossOriginProtection().Check(r); err != nil || !isJSON(r.Header.Get("Content-Type")) {
			c.stats.refusedRequests.Add(1)
			fail(w, http.StatusForbidden, "this request seems to come from another site", "a program has to send Content-Type: application/json")
			return
		}
	}
	if strings.HasPrefix(r.URL.Path, "/api/") {
		w.Header().Set("Cache-Control", "no-store")
		// A page of another site cannot read our answers, but it could take all
		// live tails and searches for itself.
		if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
			c.stats.refusedRequests.Add(1)
			fail(w, http.StatusForbidden, "this request seems to come from another site", "open the console itself, http://"+c.opts.Listen+"/")
			return
		}
	}
	r, ok := c.letIn(w, r, route.role)
	if !ok {
		return
	}
	if most := c.limits.bodyOf(r.URL.Path); r.ContentLength > int64(most) {
		fail(w, http.StatusRequestEntityTooLarge, "this address takes at most "+strconv.Itoa(most>>10)+" kB", "")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, int64(c.limits.bodyOf(r.URL.Path)))
	route.ServeHTTP(&patient{ResponseWriter: w, control: http.NewResponseController(w), wait: c.limits.writeTime}, r)
}

// toTLS sends somebody who asks in the clear to where nobody can read along.
func (c *Console) toTLS(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		c.stats.refusedRequests.Add(1)
		fail(w, http.StatusForbidden, "from elsewhere the console is reached over TLS only", "use https://"+r.Host+"/; what was sent in the clear may have been read by others")
		return
	}
	http.Redirect(w, r, "https://"+r.Host+r.URL.RequestURI(), http.StatusTemporaryRedirect)
}

func (l limits) bodyOf(path string) int {
	switch path {
	case "/api/v1/config/check", "/api/v1/alerts/rehearse", "/api/v1/rules", "/api/v1/rules/lists":
		return l.config
	}
	return l.body
}

func isJSON(contentType string) bool {
	t, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(t), "application/json")
}

// method returns a method as it may stand in an answer.
func method(m string) string {
	if len(m) > 20 {
		m = m[:20]
	}
	return strconv.QuoteToASCII(m)
}

// patient is a ResponseWriter that gives the client a bounded time for each
// write, so that one that does not read is cut, while a long answer to one that
// does may take as long as it needs.
type patient struct {
	http.ResponseWriter
	control *http.ResponseController
	wait    time.Duration
}

func (p *patient) Write(b []byte) (int, error) {
	// Not every ResponseWriter of a test has deadlines; that of a server has.
	_ = p.control.SetWriteDeadline(time.Now().Add(p.wait))
	return p.ResponseWriter.Write(b)
}

// FlushError sends what was written.
func (p *patient) FlushError() error {
	_ = p.control.SetWriteDeadline(time.Now().Add(p.wait))
	return p.control.Flush()
}

// Unwrap gives [http.ResponseController] the writer below.
func (p *patient) Unwrap() http.ResponseWriter { return p.ResponseWriter }
