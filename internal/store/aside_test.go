package store

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Messages that were stored in a file that is gone, and cannot be written again,
// are lost: whoever finds that out, the store ends and says how many.
func TestLossOfStoredMessagesIsTold(t *testing.T) {
	for _, tt := range []struct {
		name string
		more []message // that come after the file is gone
		want string
	}{
		{"at the end", nil, "3 messages that had been stored"},
		{"under load", manyLong(300), "303 messages that had been stored"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, func(o *Options) { o.Now = time.Now }).run()
				b.pipe.send(numbered(time.Now(), 0, 3)...)
				b.pipe.waitDone(t, 3)
				if err := os.Remove(b.path(FileName(20000101, 0))); err != nil {
					t.Fatal(err)
				}
				b.writer.setHook(func(point string) error {
					if point == "open" {
						return errors.New("the disk is gone")
					}
					return nil
				})
				for i := range tt.more {
					tt.more[i].at = time.Now()
				}
				if len(tt.more) > 0 {
					b.pipe.send(tt.more...)
				} else {
					b.pipe.close()
				}
				if err := <-b.result; err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("Run: %v, want %q", err, tt.want)
				}
				b.stop()
			})
		})
	}
}

// manyLong returns n messages of the greatest length.
func manyLong(n int) []message {
	list := make([]message, n)
	for i := range list {
		list[i] = message{from: deviceA, raw: "<13>" + strings.Repeat("x", 65_000)}
	}
	return list
}
