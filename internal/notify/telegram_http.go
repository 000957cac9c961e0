package notify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Limits of a request. The whole of it takes at most requestTime.
const (
	requestTime = 30 * time.Second
	maxAnswer   = 1 << 20 // bytes
)

// An answer is what came back over HTTP, which the library of the Bot API keeps
// to itself. A request notes it in the answer that its context holds.
type answer struct {
	status      int // 0 = no answer
	retryAfter  time.Duration
	OK          bool            `json:"ok"`
	Description string          `json:"description"`
	Result      json.RawMessage `json:"result"`
}

type answerKey struct{}

// taken reports whether the message was accepted.
func (a *answer) taken() bool { return a.status == http.StatusOK && a.OK }

// message returns the number of the message that was made; "" if the answer does
// not say.
func (a *answer) message() string {
	var m struct {
		ID int64 `json:"message_id"`
	}
	if json.Unmarshal(a.Result, &m) != nil || m.ID <= 0 {
		return ""
	}
	return strconv.FormatInt(m.ID, 10)
}

var (
	errAnswerSize = errors.New("the answer is longer than a megabyte")
	errRedirect   = errors.New("the answer sends us to another place")
	errProxyLogin = errors.New("the proxy asks for a user and a password")
)

// A telegramClient does the HTTP of the Bot API.
type telegramClient struct{ http http.Client }

func newTelegramClient(proxy *url.URL) *telegramClient {
	return &telegramClient{http.Client{
		Transport: newTransport(proxy, nil),
		Timeout:   requestTime,
		// The Bot API does not redirect. Who does is somebody else, and is not
		// given our token.
		CheckRedirect: func(r *http.Request, _ []*http.Request) error {
			return fmt.Errorf("%w: %q", errRedirect, r.URL.Host)
		},
	}}
}

// Do makes the request with a body of known length, which some proxies demand,
// and reads the answer whole.
func (c *telegramClient) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, fmt.Errorf("making the request: %w", err)
		}
		r.Body.Close()
		r.ContentLength = int64(len(body))
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		r.Body, _ = r.GetBody()
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	a, _ := r.Context().Value(answerKey{}).(*answer)
	if a == nil {
		a = new(answer)
	}
	a.status = resp.StatusCode
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s > 0 {
		a.retryAfter = time.Duration(min(s, 1<<24)) * time.Second
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		a.status = 0
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	if len(body) > maxAnswer {
		a.status = 0
		return nil, errAnswerSize
	}
	if json.Unmarshal(body, a) != nil {
		a.OK, a.Description, a.Result = false, "", nil
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}
