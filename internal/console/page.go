package console

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/logboom/logboom/assets"
)

// pageFiles holds the simple page and, below dist, the console as "make console"
// built it; a checkout without npm has no dist.
//
//go:embed page
var pageFiles embed.FS

// page is what browsers are given: the built console, if there is one, and the
// simple page, which needs no script and stands at "/" without it.
type page struct {
	template *template.Template
	app      *asset           // the one document of the built console; nil = not built
	assets   map[string]asset // by path
}

func newPage(files fs.FS) (page, error) {
	t, err := template.New("index.html").Funcs(template.FuncMap{"thousands": thousands, "since": since, "rate": rate, "send": sendCommand}).ParseFS(files, "page/index.html")
	if err != nil {
		return page{}, fmt.Errorf("reading the page of the console: %w", err)
	}
	p := page{template: t, assets: map[string]asset{}}
	for path, kind := range map[string]string{"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8"} {
		body, err := fs.ReadFile(files, "page/"+path)
		if err != nil {
			return page{}, fmt.Errorf("reading the page of the console: %w", err)
		}
		p.assets["/"+path] = newAsset(kind, body)
	}
	p.assets["/logo.svg"] = newAsset("image/svg+xml", assets.LogoSVG)
	p.assets["/favicon.ico"] = p.assets["/logo.svg"]
	if p.app, err = readApp(files, p.assets); err != nil {
		return page{}, fmt.Errorf("reading the built console: %w", err)
	}
	return p, nil
}

// getPage answers with the simple page: the numbers as they are now, so that they are there
// without a script too, and the places of the API.
func (c *Console) getPage(w http.ResponseWriter, r *http.Request) {
	var b bytes.Buffer
	if err := c.page.template.Execute(&b, struct {
		Status
		Incidents bool // there is a list of them
	}{c.status(r), c.opts.Alerts != nil}); err != nil {
		panic(err) // the template does not fit the type
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Write(b.Bytes())
}

// sendCommand returns the command that sends a test message to this server: to
// the first listener for UDP that is open, with its address for this machine.
func sendCommand(listeners []Listener) string {
	for _, l := range listeners {
		host, port, err := net.SplitHostPort(l.Address)
		if l.Protocol != "udp" || !l.Open || err != nil {
			continue
		}
		if addr, err := netip.ParseAddr(host); host == "" || err == nil && addr.IsUnspecified() {
			host = "127.0.0.1"
		}
		return fmt.Sprintf("logboom send --to %s hello", net.JoinHostPort(host, port))
	}
	return "logboom send hello"
}

// thousands writes 1234567 as "1,234,567".
func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// rate writes messages per second: "0.4", "1,284".
func rate(perSecond float64) string {
	if perSecond > 0 && perSecond < 10 {
		return fmt.Sprintf("%.1f", perSecond)
	}
	return thousands(int64(perSecond + 0.5))
}

// since says how long ago something was, in µs: "3 h 20 min".
func since(now, then int64) string {
	d := time.Duration(now-then) * time.Microsecond
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", max(0, d/time.Second))
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%d days", d/(24*time.Hour))
}
