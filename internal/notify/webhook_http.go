package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Headers of a signed request. The signature is over the timestamp, a dot and
// the body, so that neither can be taken from another request.
const (
	headerSignature = "X-Logboom-Signature" // "sha256=" and the HMAC in hexadecimal
	headerTimestamp = "X-Logboom-Timestamp" // seconds since 1970
)

// maxReply is how much of an answer is looked at, in bytes. What is asked for
// is the status; the words are for people.
const maxReply = 4 << 10

func newWebhookClient(proxy *url.URL, o WebhookOptions) *http.Client {
	return &http.Client{
		Transport: newTransport(proxy, o.tls),
		Timeout:   o.timeout,
		// To another place on the same host the request may go on, as long as
		// it stays a POST; nobody else is given what is in it.
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			const most = 3
			if first := via[0].URL; r.URL.Host != first.Host || r.URL.Scheme != first.Scheme || r.Method != http.MethodPost || len(via) > most {
				return fmt.Errorf("%w: %q", errRedirect, r.URL.Host)
			}
			r.Header.Del("Referer") // the URL, with the token in it
			return nil
		},
	}
}

// sign returns the value of the signature of a body. at is the value of the
// timestamp.
func sign(secret, at string, body []byte) string {
	h := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(h, "%s.", at)
	h.Write(body)
	return "sha256=" + hex.EncodeToString(h.Sum(nil))
}

// post makes the request and says what became of it. The error is safe to show.
func (w *Webhook) post(ctx context.Context, c content) (retry bool, after time.Duration, err error) {
	f := w.attempt(ctx, c)
	if f == nil {
		return false, 0, nil
	}
	return f.retry, f.after, w.safe(f)
}

func (w *Webhook) safe(f *failure) error {
	return &safeError{text: w.o.Name + ": " + shown(w.secret.Replace(f.err.Error())), refused: f.refused}
}

// Reach asks the host for anything. Whatever it answers, it is there; whether
// it takes messages, only a message tells.
func (w *Webhook) Reach(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, w.url.Scheme+"://"+w.url.Host+"/", nil)
	if err != nil {
		return w.safe(&failure{err: errors.New("the url cannot be used")})
	}
	resp, err := w.http.Do(r)
	switch {
	case errors.Is(err, errRedirect): // it is there
		return nil
	case err != nil:
		return w.safe(w.noAnswer(err))
	}
	resp.Body.Close()
	if resp.StatusCode == http.StatusProxyAuthRequired {
		return w.safe(w.noAnswer(errProxyLogin))
	}
	return nil
}

func (w *Webhook) attempt(ctx context.Context, c content) *failure {
	to, value := w.format.request(w, c)
	body, err := encode(value)
	if err != nil {
		return &failure{err: fmt.Errorf("writing the request: %w", err), refused: true}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(body))
	if err != nil {
		return &failure{err: errors.New("the url cannot be used")}
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Logboom")
	for name, values := range w.header {
		r.Header[name] = values
	}
	if w.o.Secret != "" {
		at := strconv.FormatInt(c.at.Unix(), 10)
		r.Header.Set(headerTimestamp, at)
		r.Header.Set(headerSignature, sign(w.o.Secret, at, body))
	}
	resp, err := w.http.Do(r)
	if err != nil {
		return w.noAnswer(err)
	}
	defer resp.Body.Close()
	words, _ := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	return w.judge(resp, words)
}

// encode returns JSON without HTML's detours, which would make < six bytes long.
func encode(value any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(value)
	return bytes.TrimSpace(b.Bytes()), err
}

// noAnswer explains an error of the request itself.
func (w *Webhook) noAnswer(err error) *failure {
	switch {
	case errors.Is(err, errRedirect):
		return &failure{err: fmt.Errorf("%s answers with a redirect to another place, and nobody else is told; see the url of webhook %q", w.where, w.o.Name)}
	case errors.Is(err, errProxyLogin):
		return &failure{err: fmt.Errorf("the proxy asks for a user and a password (407); see the proxy of webhook %q", w.o.Name)}
	}
	return &failure{retry: true, err: errors.New(unreachable(w.where, fmt.Sprintf("webhook %q", w.o.Name), err))}
}

// judge says what an answer means: a status of 2xx is a receipt, 429 and 5xx
// may pass, and of the others those that speak of the body are held against the
// notes.
func (w *Webhook) judge(r *http.Response, words []byte) *failure {
	said := ""
	if text := strings.TrimSpace(string(words)); text != "" && !strings.HasPrefix(text, "<") { // not a page
		said = fmt.Sprintf(", %.200q", text)
	}
	code := r.StatusCode
	switch {
	case code >= 200 && code < 300:
		return nil
	case code == http.StatusTooManyRequests:
		return &failure{retry: true, after: retryAfter(r.Header.Get("Retry-After"), time.Now()), err: fmt.Errorf("too many requests for %s (429%s); they wait", w.where, said)}
	case code >= 500, code == http.StatusRequestTimeout, code == http.StatusTooEarly:
		return &failure{retry: true, after: retryAfter(r.Header.Get("Retry-After"), time.Now()), err: fmt.Errorf("%s has a trouble of its own (%d%s)", w.where, code, said)}
	case code == http.StatusProxyAuthRequired:
		return w.noAnswer(errProxyLogin)
	case code == http.StatusBadRequest, code == http.StatusRequestEntityTooLarge, code == http.StatusUnprocessableEntity:
		return &failure{refused: true, err: fmt.Errorf("%s does not take this message (%d%s); is format %q right for it?", w.where, code, said, w.o.Format)}
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return &failure{err: fmt.Errorf("%s does not let us in (%d%s); see url, secret and headers of webhook %q", w.where, code, said, w.o.Name)}
	case code == http.StatusNotFound, code == http.StatusGone:
		return &failure{err: fmt.Errorf("%s knows no such webhook, or no longer (%d%s); make a new one there and write it into the url of webhook %q", w.where, code, said, w.o.Name)}
	}
	return &failure{err: fmt.Errorf("%s answers %d%s; see the url of webhook %q", w.where, code, said, w.o.Name)}
}

// retryAfter reads the header of this name: seconds, with or without a fraction,
// or a date (RFC 9110 section 10.2.3). It returns 0 if there is nothing usable.
func retryAfter(s string, now time.Time) time.Duration {
	if n, err := strconv.ParseFloat(s, 64); err == nil && n > 0 {
		return time.Duration(min(n, 1<<24) * float64(time.Second))
	}
	if at, err := http.ParseTime(s); err == nil && at.After(now) {
		return at.Sub(now).Round(time.Second)
	}
	return 0
}
