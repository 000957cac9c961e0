package collect

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestNoticesAreRareAndCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &logBuffer{}
		n := notices{log: testLog(log)}
		for range 1000 {
			n.warn("allow", 2, "refused", "source", "a\nb")
			n.warn("queue", 1, "full")
			n.flush()
		}
		if got := log.String(); strings.Count(got, "\n") != 2 || !strings.Contains(got, "msg=refused count=2 source=\"a\\nb\"") {
			t.Errorf("at first:\n%s", got)
		}
		time.Sleep(noticeEvery - time.Millisecond) // fake time
		n.flush()
		if got := log.String(); strings.Count(got, "\n") != 2 {
			t.Errorf("before the time:\n%s", got)
		}
		time.Sleep(time.Millisecond)
		n.flush()
		if got := log.String(); strings.Count(got, "\n") != 4 || !strings.Contains(got, "msg=refused count=1998") || !strings.Contains(got, "msg=full count=999") {
			t.Errorf("then:\n%s", got)
		}
		time.Sleep(time.Hour)
		n.flush()
		if got := log.String(); strings.Count(got, "\n") != 4 {
			t.Errorf("nothing new, but:\n%s", got)
		}
	})
}
