package notify

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
)

// hidden stands for a secret in a text.
const hidden = "•••"

// formsOf returns how a secret may look in an error.
func formsOf(s string) []string {
	if s == "" {
		return nil
	}
	quoted := fmt.Sprintf("%q", s)
	return []string{
		s, quoted[1 : len(quoted)-1], url.PathEscape(s), url.QueryEscape(s),
		base64.StdEncoding.EncodeToString([]byte(s)), strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(s)), "="),
	}
}

// urlSecrets returns what must not be shown of a URL: what follows the host,
// whole and in parts that are long enough to be a token, and user and password.
func urlSecrets(u *url.URL) []string {
	if u == nil {
		return nil
	}
	var all []string
	if rest := u.RequestURI(); len(rest) > 1 {
		all = append(all, rest)
	}
	for _, part := range strings.FieldsFunc(u.EscapedPath()+"?"+u.RawQuery, func(r rune) bool { return strings.ContainsRune("/?&=", r) }) {
		if len(part) >= minToken {
			all = append(all, part)
			if plain, err := url.PathUnescape(part); err == nil {
				all = append(all, plain)
			}
		}
	}
	if u.User != nil {
		all = append(all, u.User.String())
		if password, ok := u.User.Password(); ok {
			all = append(all, password)
		}
	}
	return all
}

// minToken is how long a part of a path is at least that may be a secret.
// Shorter ones are words such as "hooks", which would tear holes into errors.
const minToken = 8

// redactor returns what takes secrets out of a text, as they are and as they
// look in a URL, in base64 and in quotes. Empty ones are passed over.
func redactor(secrets ...string) *strings.Replacer {
	var pairs []string
	seen := map[string]bool{"": true}
	for _, s := range secrets {
		for _, form := range formsOf(s) {
			if !seen[form] {
				seen[form] = true
				pairs = append(pairs, form, hidden)
			}
		}
	}
	return strings.NewReplacer(pairs...)
}
