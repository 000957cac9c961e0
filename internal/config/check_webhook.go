package config

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// maxWebhooks bounds the [[webhook]] of a file; each has a queue of its own.
const maxWebhooks = 50

var (
	webhookName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,39}$`)
	// A name of a header, RFC 9110 section 5.6.2.
	headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

	webhookFormats = []string{"json", "slack", "teams", "discord", "mattermost", "ntfy"}
	otherWays      = []string{"telegram", "email", "snmp"}
	ownHeaders     = []string{"host", "content-type", "content-length", "transfer-encoding", "connection", "x-logboom-signature", "x-logboom-timestamp"}
)

func (c checker) webhooks(hooks []Webhook) {
	if len(hooks) > maxWebhooks {
		c.add(place{}, "webhook", "", Problem{Have: fmt.Sprintf("%d of them", len(hooks)), Want: fmt.Sprintf("must be at most %d", maxWebhooks)})
		return
	}
	names := map[string]int{}
	for i, h := range hooks {
		pl := entryPlace("webhook", "webhook", h.Name, i)
		p := Problem{Have: quote(h.Name)}
		switch first, twice := names[h.Name]; {
		case h.Name == "":
			c.add(pl, "name", "", Problem{Want: "must be given: rules name it by this", missing: true})
		case twice:
			p.Want, p.Hint = c.nth("webhook", "webhook", first)+" has this name already", "each webhook needs a name of its own"
			c.add(pl, "name", "", p)
		case slices.Contains(otherWays, h.Name):
			p.Want = "is the name of another way to tell people"
			c.add(pl, "name", "", p)
		case !webhookName.MatchString(h.Name):
			p.Want = "must be small letters, digits, - _ and ., at most 40 of them"
			if lower := strings.ReplaceAll(strings.ToLower(h.Name), " ", "-"); webhookName.MatchString(lower) {
				p.Hint = fmt.Sprintf("did you mean %q?", lower)
			}
			c.add(pl, "name", "", p)
		default:
			names[h.Name] = i + 1
		}
		c.webhookURL(pl, h)
		c.oneOf(pl, "format", h.Format, webhookFormats...)
		if string(h.Secret) == redacted {
			c.add(pl, "secret", "", Problem{Have: redacted, Want: "this is only the mark that is shown in place of a secret", Hint: "put the secret itself there"})
		}
		for j, header := range h.Headers {
			c.header(pl, fmt.Sprintf("#%d", j+1), header)
		}
		if h.Proxy != "" {
			if p := proxyProblem(string(h.Proxy)); p != nil {
				c.add(pl, "proxy", "", *p)
			}
		}
	}
}

// webhookURL does not repeat the URL: who knows it may write.
func (c checker) webhookURL(pl place, h Webhook) {
	text := string(h.URL)
	p := Problem{Have: h.URL.String(), Want: `must be a URL such as "https://chat.example.com/hooks/token"`}
	u, err := url.Parse(text)
	switch {
	case text == "":
		p = Problem{Want: "must be given: where to post to", missing: true}
	case text == redacted:
		p.Want, p.Hint = "this is only the mark that is shown in place of a URL", "put the URL itself there"
	case strings.TrimSpace(text) != text:
		p.Hint = "there are blanks around it"
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || !portOK(u.Port()) || strings.ContainsFunc(text, unicode.IsControl):
	case h.Format == "ntfy" && strings.Trim(u.Path, "/") == "":
		p.Want = `must end with a topic, such as "https://ntfy.sh/topic"`
	default:
		return
	}
	c.add(pl, "url", "", p)
}

// header does not repeat the value.
func (c checker) header(pl place, element string, h Header) {
	name, value, ok := strings.Cut(string(h), ":")
	p := Problem{Have: quote(h.String()), Want: `must be written as "Name: value"`}
	switch {
	case !ok || !headerName.MatchString(name) || strings.TrimSpace(value) == "":
		p.Have = Secret(h).String()
	case strings.ContainsFunc(value, unicode.IsControl):
		p.Want = "the value must be one line without control characters"
	case strings.TrimSpace(value) == redacted:
		p.Want, p.Hint = "this is only the mark that is shown in place of a value", "put the value itself there"
	case slices.Contains(ownHeaders, strings.ToLower(name)):
		p.Want = "Logboom sets this header itself"
	default:
		return
	}
	c.add(pl, "headers", element, p)
}
