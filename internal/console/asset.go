package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// asset is a file that does not change while the program runs.
type asset struct {
	kind      string // Content-Type; Go would ask the registry of Windows, which may say text/plain
	body      []byte
	small     []byte // body compressed by gzip; nil = that does not pay
	etag      string
	immutable bool // its name changes with its bytes: a browser need never ask again
}

func newAsset(kind string, body []byte) asset {
	sum := sha256.Sum256(body)
	return asset{kind: kind, body: body, etag: `"` + hex.EncodeToString(sum[:8]) + `"`}
}

func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	h, body, etag := w.Header(), a.body, a.etag
	if a.small != nil {
		h.Set("Vary", "Accept-Encoding")
		if takesGzip(r.Header.Get("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			body, etag = a.small, strings.TrimSuffix(etag, `"`)+`-gz"`
		}
	}
	h.Set("Content-Type", a.kind)
	h.Set("ETag", etag)
	h.Set("Cache-Control", "no-cache")
	if a.immutable {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// takesGzip reports whether an Accept-Encoding header names gzip, and not only
// to refuse it (RFC 9110 section 12.5.3).
func takesGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		coding, weight, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			weight = strings.ReplaceAll(weight, " ", "")
			return strings.TrimRight(weight, "0.") != "q="
		}
	}
	return false
}

// kinds are the Content-Types of the files of the built console, by extension.
var kinds = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8",
}

// appPaths are the addresses that belong to the pages of the built console. All
// of them answer with its one document.
var appPaths = []string{"/", "/messages", "/devices", devicePage, "/incidents", incidentPage, "/rules", "/health", "/login", "/audit",
	"/settings", "/log", "/telegram", "/welcome"}

const built = "page/dist"

// readApp adds the files of the built console to assets and returns its
// document, nil if it was not built.
func readApp(files fs.FS, assets map[string]asset) (app *asset, err error) {
	if _, err := fs.Stat(files, built+"/index.html"); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	err = fs.WalkDir(files, built, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		kind := kinds[path.Ext(name)]
		if kind == "" {
			return fmt.Errorf("%s: no Content-Type is known for this kind of file", name)
		}
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		a := newAsset(kind, body)
		a.small = compressed(body)
		at := strings.TrimPrefix(name, built)
		if at == "/index.html" {
			app = &a
			return nil
		}
		a.immutable = strings.HasPrefix(at, "/assets/")
		assets[at] = a
		return nil
	})
	return app, err
}

// compressed returns body in gzip, without a time or a name; nil if that saves
// less than a tenth.
func compressed(body []byte) []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // a level that there is
	z.Write(body)                                         // a Buffer takes everything
	z.Close()
	if b.Len() > len(body)*9/10 {
		return nil
	}
	return b.Bytes()
}
