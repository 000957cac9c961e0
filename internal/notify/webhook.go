package notify

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

// webhookLimit is what the chats behind webhooks take: Slack a message a second,
// Discord 30 a minute.
var webhookLimit = Limit{Every: time.Second, Burst: 20, Within: time.Minute}

// WebhookOptions say where requests go, and what is in them.
type WebhookOptions struct {
	Name     string         // what rules call it: lower case letters, digits, - _ .
	URL      string         // http or https; a secret, for tokens stand in it
	Format   string         // one of WebhookFormats; "" = "json"
	Secret   string         // key of the signature; "" = none
	Headers  []string       // "Name: value", the values are secrets
	Proxy    string         // http, https, socks5 or socks5h URL; "" = that of the environment
	Server   string         // name of this machine, for JSON
	Location *time.Location // of the times in texts; nil = UTC
	Log      *slog.Logger   // nil = nothing is logged

	timeout time.Duration // 0 = requestTime
	tls     *tls.Config   // nil = the usual
}

// Webhook is a [Notifier] that posts to one URL.
type Webhook struct {
	o      WebhookOptions
	url    *url.URL
	header http.Header // as configured
	format format
	where  string // the host, for people
	http   *http.Client
	secret *strings.Replacer
}

var (
	webhookName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,39}$`)
	headerName  = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$") // RFC 9110 section 5.6.2
)

// NewWebhook checks o and returns a notifier. It does not use the network.
// Errors are for people and hold no secret.
func NewWebhook(o WebhookOptions) (*Webhook, error) {
	if !webhookName.MatchString(o.Name) {
		return nil, fmt.Errorf("webhook %q: the name must be of small letters, digits, - _ and ., at most 40", o.Name)
	}
	if o.Format == "" {
		o.Format = "json"
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.timeout == 0 {
		o.timeout = requestTime
	}
	w := &Webhook{o: o, header: http.Header{}}
	var known bool
	if w.format, known = formats[o.Format]; !known {
		return nil, fmt.Errorf("%s: there is no format %q; there are %s", o.Name, o.Format, strings.Join(WebhookFormats(), ", "))
	}
	var err error
	if w.url, err = url.Parse(strings.TrimSpace(o.URL)); err != nil || w.url.Scheme != "http" && w.url.Scheme != "https" || w.url.Hostname() == "" {
		return nil, fmt.Errorf("%s: the url is none as in https://host/path", o.Name)
	}
	proxy, err := proxyURL(o.Proxy)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", o.Name, strings.TrimPrefix(err.Error(), "telegram: "))
	}
	secrets := append(urlSecrets(w.url), o.Secret)
	for _, h := range o.Headers {
		name, value, ok := strings.Cut(h, ":")
		value = strings.TrimSpace(value)
		if !ok || !headerName.MatchString(name) || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return nil, fmt.Errorf(`%s: a header must be written as "Name: value"`, o.Name)
		}
		w.header.Add(name, value)
		secrets = append(secrets, value)
		if _, token, ok := strings.Cut(value, " "); ok && len(token) >= minToken {
			secrets = append(secrets, token) // Bearer and the like
		}
	}
	if proxy != nil && proxy.User != nil {
		password, _ := proxy.User.Password()
		secrets = append(secrets, proxy.User.String(), password)
	}
	if err := w.format.check(w.url); err != nil {
		return nil, fmt.Errorf("%s: %w", o.Name, err)
	}
	// Longer ones first: a part must not be taken out of the whole.
	slices.SortStableFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	w.secret = redactor(secrets...)
	w.where = w.url.Host
	w.http = newWebhookClient(proxy, o)
	return w, nil
}

// Name returns what rules call it.
func (w *Webhook) Name() string { return w.o.Name }

// Limit returns how often the chats behind webhooks may be written to.
func (w *Webhook) Limit() Limit { return webhookLimit }

// Send posts one request for the notes.
func (w *Webhook) Send(ctx context.Context, notes []alert.Note) (retry bool, after time.Duration, err error) {
	if len(notes) == 0 {
		return false, 0, nil
	}
	now := time.Now()
	return w.post(ctx, content{saying: sayingOf(notes, now, w.o.Location), notes: notes, at: now})
}

// Fit returns how many of the notes one request can tell. It implements
// [Fitter].
func (w *Webhook) Fit(notes []alert.Note) int { return min(len(notes), w.format.fit) }

// Test posts a message to see whether alerts would arrive. The error says what
// to do.
func (w *Webhook) Test(ctx context.Context) error {
	now := time.Now()
	_, after, err := w.post(ctx, content{saying: testSaying(now, w.o.Location), at: now})
	if err != nil && after > 0 {
		return fmt.Errorf("%w; it asks to wait %v", err, after)
	}
	return err
}

// Target says where requests go, for people.
func (w *Webhook) Target() string { return fmt.Sprintf("%s as %s", w.where, w.o.Format) }

var (
	_ Notifier = (*Webhook)(nil)
	_ Fitter   = (*Webhook)(nil)
)
