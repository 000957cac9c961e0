package notify

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"time"
)

// connectTime is how long a connection may take to open, and again to be
// encrypted.
const connectTime = 10 * time.Second

// newTransport returns a way to a server over HTTP, through the proxy if there
// is one, else through that of the environment. config may be nil.
func newTransport(proxy *url.URL, config *tls.Config) *http.Transport {
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: connectTime, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout: connectTime,
		TLSClientConfig:     config,
		ForceAttemptHTTP2:   true,
		MaxIdleConns:        2,
		IdleConnTimeout:     30 * time.Second, // firewalls forget them soon, and do not tell
		// Of a tunnel that the proxy does not open, net/http gives only the words.
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, r *http.Response) error {
			if r.StatusCode == http.StatusProxyAuthRequired {
				return errProxyLogin
			}
			return nil
		},
	}
	if proxy != nil {
		transport.Proxy = http.ProxyURL(proxy)
	}
	return transport
}
