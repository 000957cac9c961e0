package console

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
)

// simplePages returns the embedded pages without the built console.
func simplePages(t *testing.T) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	for _, name := range []string{"page/index.html", "page/page.css", "page/page.js"} {
		body, err := fs.ReadFile(pageFiles, name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: body}
	}
	return files
}

// builtPages returns the same with a built console.
func builtPages(t *testing.T) fstest.MapFS {
	t.Helper()
	files := simplePages(t)
	for name, body := range map[string]string{
		"index.html": "<!doctype html><title>Logboom</title>", "theme.js": "'use strict';", "assets/index-abc123.css": "body{}",
		"assets/index-abc123.js": strings.Repeat("console.log(1);", 200),
	} {
		files["page/dist/"+name] = &fstest.MapFile{Data: []byte(body)}
	}
	return files
}

func TestEveryPageOfTheBuiltConsoleIsItsDocument(t *testing.T) {
	o := options()
	o.pages = builtPages(t)
	c := made(t, o)
	for path, status := range map[string]int{
		"/": 200, "/messages": 200, "/messages?q=x&from=-1h": 200, "/incidents": 200, "/incidents/17": 200, "/health": 200,
		"/incidents/0": 404, "/incidents/x": 404, "/incidents/17/ack": 404, "/nothing": 404, "/assets/index-old.js": 404, "/dist/index.html": 404, "/index.html": 404,
	} {
		w := get(c, path)
		if w.Code != status || status == 200 && (!strings.Contains(w.Body.String(), "<title>Logboom") || w.Header().Get("Cache-Control") != "no-cache") {
			t.Errorf("%s: status %d, Cache-Control %q, body %.60q; want %d", path, w.Code, w.Header().Get("Cache-Control"), w.Body, status)
		}
	}
}

func TestWithoutTheBuiltConsoleThereIsTheSimplePage(t *testing.T) {
	o := options()
	o.pages = simplePages(t)
	c := made(t, o)
	if body := get(c, "/").Body.String(); !strings.Contains(body, "/page.js") {
		t.Errorf("/ is not the simple page: %.80q", body)
	}
	if w := get(c, "/messages"); w.Code != http.StatusNotFound {
		t.Errorf("/messages: status %d, want 404", w.Code)
	}
}

func TestHashedAssetsAreKeptForEver(t *testing.T) {
	o := options()
	o.pages = builtPages(t)
	c := made(t, o)
	for path, want := range map[string]string{"/assets/index-abc123.js": "public, max-age=31536000, immutable", "/theme.js": "no-cache", "/page.js": "no-cache"} {
		if got := get(c, path).Header().Get("Cache-Control"); got != want {
			t.Errorf("%s: Cache-Control %q, want %q", path, got, want)
		}
	}
}

func TestAssetsAreCompressedForThoseWhoAsk(t *testing.T) {
	o := options()
	o.pages = builtPages(t)
	c := made(t, o)
	const path = "/assets/index-abc123.js"
	whole := get(c, path)
	for accept, want := range map[string]string{"": "", "gzip, deflate, br": "gzip", "br;q=1, GZIP;q=0.5": "gzip", "gzip;q=0": "", "gzip; q=0.000": "", "identity": "", "xgzip": ""} {
		r := request("GET", path, "")
		r.Header.Set("Accept-Encoding", accept)
		w := do(c, r)
		if got := w.Header().Get("Content-Encoding"); got != want || w.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: Content-Encoding %q, Vary %q; want %q", accept, got, w.Header().Get("Vary"), want)
			continue
		}
		if want == "" {
			continue
		}
		if w.Header().Get("ETag") == whole.Header().Get("ETag") {
			t.Error("both forms have one ETag")
		}
		z, err := gzip.NewReader(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(z); err != nil || !bytes.Equal(body, whole.Body.Bytes()) {
			t.Errorf("not the same bytes (error %v)", err)
		}
		r.Header.Set("If-None-Match", w.Header().Get("ETag"))
		if again := do(c, r); again.Code != http.StatusNotModified {
			t.Errorf("again: status %d, want 304", again.Code)
		}
	}
}

func TestUnknownKindOfFileIsRefused(t *testing.T) {
	files := builtPages(t)
	files["page/dist/assets/x.wasm"] = &fstest.MapFile{}
	if _, err := newPage(files); err == nil || !strings.Contains(err.Error(), "x.wasm") {
		t.Errorf("error %v, want one that names x.wasm", err)
	}
}

// mostAtFirst is what a browser loads before anything is drawn, compressed;
// mostInAll is that with the charts and every page that is loaded when it is
// opened. What each page comes to is counted in a browser (package engine).
const (
	mostAtFirst = 60_000
	mostInAll   = 131_000
)

func TestBuiltConsoleIsSmall(t *testing.T) {
	p, err := newPage(pageFiles)
	if err != nil {
		t.Fatal(err)
	}
	if p.app == nil {
		t.Skip("the console is not built; make console builds it")
	}
	size := func(a asset) int {
		if a.small != nil {
			return len(a.small)
		}
		return len(a.body)
	}
	sum, all := size(*p.app), size(*p.app)
	for path, a := range p.assets {
		if path == "/page.js" || path == "/page.css" || path == "/favicon.ico" || path == "/licences.txt" {
			continue
		}
		all += size(a)
		if !strings.HasPrefix(path, "/assets/") || bytes.Contains(p.app.body, []byte(path)) {
			sum += size(a)
		}
	}
	if t.Logf("%d bytes compressed, %d with all pages", sum, all); sum > mostAtFirst || all > mostInAll {
		t.Errorf("the console is %d bytes compressed, %d with all pages; want at most %d and %d", sum, all, mostAtFirst, mostInAll)
	}
	for _, bad := range []string{"<style", " style=", " onclick=", "javascript:", "http://", "https://", "<script>"} {
		if bytes.Contains(p.app.body, []byte(bad)) {
			t.Errorf("the document has %q, against its own Content-Security-Policy", bad)
		}
	}
}
