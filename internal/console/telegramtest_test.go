package console

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

func TestTelegramTestsArePaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := 0
		o := options()
		o.TestTelegram = func(ctx context.Context) error {
			sent++
			time.Sleep(15 * time.Second)
			if sent == 1 {
				return errors.New("telegram: no way")
			}
			return nil
		}
		c := made(t, o)
		post := func() *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			r := request("POST", "/api/v1/telegram/test", "{}")
			r.Header.Set("Content-Type", "application/json")
			c.ServeHTTP(w, r)
			return w
		}
		first := make(chan int, 1)
		go func() { first <- post().Code }()
		time.Sleep(time.Second)
		if w := post(); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "9" {
			t.Errorf("beside one that runs: %d, %v: %s", w.Code, w.Header(), w.Body)
		}
		time.Sleep(11 * time.Second)
		if w := post(); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "1" {
			t.Errorf("beside one that still runs: %d: %s", w.Code, w.Body)
		}
		if code := <-first; code != http.StatusBadGateway {
			t.Errorf("the first one: %d", code)
		}
		if w := post(); w.Code != http.StatusOK || sent != 2 {
			t.Errorf("after it: %d, %d sent", w.Code, sent)
		}
	})
}
