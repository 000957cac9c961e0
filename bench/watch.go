package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// tails is how many live tails are open while Logboom is watched.
const tails = 10

// watch looks at a Logboom as people do, until ctx is done: ten live tails are
// open, and one search runs after the other, through all that is stored.
func watch(ctx context.Context, port int) {
	api := fmt.Sprintf("http://127.0.0.1:%d/api/v1/", port+1)
	var watchers sync.WaitGroup
	for range tails {
		watchers.Go(func() { again(ctx, api+"tail") })
	}
	watchers.Go(func() { again(ctx, api+"messages?limit=100&query=nobody-says-this") })
	watchers.Wait()
}

// again reads the answer to a request to its end, again and again, until ctx is
// done.
func again(ctx context.Context, url string) {
	for ctx.Err() == nil {
		if err := read(ctx, url); err != nil && ctx.Err() == nil {
			select { // the console opens after the port
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
		}
	}
}

func read(ctx context.Context, url string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", url, answer.Status)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}
