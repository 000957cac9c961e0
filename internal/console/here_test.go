package console

import (
	"net/http"
	"testing"
)

func TestS04WhatAProxyOnThisMachineShows(t *testing.T) {
	set := func(header, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(header, value) }
	}
	host := func(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }
	tests := []struct {
		name string
		do   func(*http.Request)
		here bool
	}{
		{"a program on this machine", func(*http.Request) {}, true},
		{"a browser on this machine", func(r *http.Request) {
			for h, v := range map[string]string{"Origin": "http://127.0.0.1:8514", "Referer": "http://127.0.0.1:8514/rules?q=x", "Sec-Fetch-Site": "same-origin", "X-Requested-With": "x", "Cookie": "a=b"} {
				r.Header.Set(h, v)
			}
		}, true},
		{"through a tunnel", func(r *http.Request) { r.Host = "localhost:9000"; r.Header.Set("Origin", "http://localhost:9000") }, true},
		{"over TLS", func(r *http.Request) { r.Host = "LOCALHOST:8514"; r.Header.Set("Origin", "https://localhost:8514") }, true},
		{"a name of ours", host("logs.example"), false},
		{"with a port", host("Logs.Example:443"), false},
		{"localhost among the names", host("localhost:8514"), true},
		{"a loopback address among the names", host("127.0.0.9"), true},
		{"an empty X-Forwarded-For", set("X-Forwarded-For", ""), false},
		{"X-Forwarded-Port", set("X-Forwarded-Port", "443"), false},
		{"X-Forwarded-Ssl", set("X-Forwarded-Ssl", "on"), false},
		{"X-Forwarded", set("X-Forwarded", "for=192.0.2.1"), false},
		{"X-Client-IP", set("X-Client-IP", "192.0.2.1"), false},
		{"X-Cluster-Client-IP", set("X-Cluster-Client-IP", "192.0.2.1"), false},
		{"X-Original-For", set("X-Original-For", "192.0.2.1"), false},
		{"X-Original-Host", set("X-Original-Host", "logs.example"), false},
		{"X-Real-IP", set("X-Real-IP", "192.0.2.1"), false},
		{"CF-Connecting-IP", set("CF-Connecting-IP", "192.0.2.1"), false},
		{"CF-Ray", set("CF-Ray", "1"), false},
		{"True-Client-IP", set("True-Client-IP", "192.0.2.1"), false},
		{"Fastly-Client-IP", set("Fastly-Client-IP", "192.0.2.1"), false},
		{"Forwarded", set("Forwarded", "for=192.0.2.1"), false},
		{"Via", set("Via", "1.1 x"), false},
		{"the page has another name", set("Origin", "https://logs.example"), false},
		{"the same with another port", set("Origin", "http://127.0.0.1:5173"), false},
		{"a page without an origin", set("Origin", "null"), false},
		{"an origin that is none", set("Origin", "http://%zz"), false},
		{"from a page of another name", set("Referer", "https://logs.example/rules"), false},
		{"HTTP/1.0", func(r *http.Request) { r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.0", 1, 0 }, false},
	}
	h := guarded(t, func(o *Options) { o.Names = []string{"logs.example", "localhost", "127.0.0.9"} })
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := request("GET", "/api/v1/status", "")
			tt.do(r)
			want := http.StatusOK
			if !tt.here {
				want = http.StatusUnauthorized
			}
			if w := do(h.Console, r); w.Code != want {
				t.Errorf("status %d, want %d: %s", w.Code, want, w.Body)
			}
			r.Header.Set("Authorization", "Bearer "+h.viewer)
			if w := do(h.Console, r); w.Code != http.StatusOK {
				t.Errorf("with a token: status %d: %s", w.Code, w.Body)
			}
		})
	}
}
