package notify

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"
)

// In the middle of a delivery another notifier takes the place of the one that
// makes it: every note is delivered once.
func TestUseAnotherInTheMiddleOfADelivery(t *testing.T) {
	one := &script{takes: 3 * time.Second}
	stage(t, one, func(d *Dispatcher, box *memory, _ *bytes.Buffer) {
		box.add(time.Now(), note(1))
		d.Wake()
		after(time.Second)
		two := &script{start: one.start}
		d.Use([]Notifier{two})
		box.add(time.Now(), note(2))
		d.Wake()
		after(30 * time.Second)
		if a, b := one.got(), two.got(); len(a) != 1 || a[0].ids[0] != 1 || len(b) != 1 || b[0].ids[0] != 2 || b[0].at < 3*time.Second {
			t.Errorf("the one of before sent %v, the one after %v", a, b)
		}
		if h := d.Health(); len(h) != 1 || h[0].Sent != 2 {
			t.Errorf("health %+v", h)
		}
	})
}

func TestUseLeavesThoseThatStay(t *testing.T) {
	s := &script{takes: 2 * time.Second}
	stage(t, s, func(d *Dispatcher, box *memory, _ *bytes.Buffer) {
		box.add(time.Now(), note(1))
		d.Wake()
		after(time.Second)
		lane := d.all()[0]
		d.Use([]Notifier{s})
		after(time.Minute)
		if d.all()[0] != lane || len(s.got()) != 1 {
			t.Errorf("sent %v", s.got())
		}
	})
}

func TestUseNoneAndThenAgain(t *testing.T) {
	s := &script{takes: 3 * time.Second}
	stage(t, s, func(d *Dispatcher, box *memory, _ *bytes.Buffer) {
		box.add(time.Now(), note(1))
		d.Wake()
		after(time.Second)
		d.Use(nil)
		box.add(time.Now(), note(2))
		d.Wake()
		again := &script{start: s.start}
		d.Use([]Notifier{again}) // the first is still at it
		synctest.Wait()
		if len(again.got()) != 0 {
			t.Error("it began before the other had ended")
		}
		after(time.Minute)
		if box.waiting() != 0 || s.delivered()[1] != 1 || again.delivered()[1] != 0 || again.delivered()[2] != 1 {
			t.Errorf("before %v, after %v", s.got(), again.got())
		}
		d.Use(nil)
		after(time.Second)
		box.add(time.Now(), note(3))
		after(time.Hour)
		if box.waiting() != 1 {
			t.Error("a note for nobody is gone")
		}
	})
}
