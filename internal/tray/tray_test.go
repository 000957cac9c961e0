package tray

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logboom/logboom/assets"
	"github.com/logboom/logboom/internal/service"
)

// world is everything around a tray, in memory.
type world struct {
	mu      sync.Mutex
	periods int

	// The console.
	status    *Status // nil = it does not answer
	incidents []Incident
	hangs     bool     // it does not even refuse
	asked     []string // method and path

	// The service manager.
	state   service.State
	queries int
	takes   time.Duration // to do something
	fails   error
	did     []string

	// What people see and click.
	views  []View
	click  chan Click
	opened []string
	noted  []Note
	said   []string
}

func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	hangs := w.hangs
	w.mu.Unlock()
	if hangs {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, r.Method+" "+r.URL.Path)
	if w.status == nil {
		return nil, errors.New("connection refused")
	}
	var answer any = w.status
	switch r.URL.Path {
	case "/api/v1/alerts":
		answer = map[string]any{"alerts": w.incidents}
	case "/api/v1/alerts/mute":
		var wish struct{ Minutes int }
		if err := json.NewDecoder(r.Body).Decode(&wish); err != nil {
			return nil, err
		}
		w.status.Alerts.MutedUntil = 0
		if wish.Minutes > 0 {
			w.status.Alerts.MutedUntil = time.Now().Add(time.Duration(wish.Minutes) * time.Minute).UnixMicro()
		}
	}
	b, err := json.Marshal(answer)
	return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(string(b))), Request: r}, err
}

func (w *world) query(context.Context) (service.State, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queries++
	return w.state, nil
}

func (w *world) do(ctx context.Context, verb string) error {
	select {
	case <-time.After(w.takes):
	case <-ctx.Done():
		return ctx.Err()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.did = append(w.did, verb)
	if w.fails != nil {
		return w.fails
	}
	if w.state = service.Running; verb == "stop" {
		w.state, w.status = service.Stopped, nil
	} else {
		w.status = well()
	}
	return nil
}

func (w *world) show(v View)               { w.views = append(w.views, v) }
func (w *world) clicks() <-chan Click      { return w.click }
func (w *world) openURL(u string) error    { return w.open("url", u) }
func (w *world) openFolder(p string) error { return w.open("folder", p) }
func (w *world) openLog(p string) error    { return w.open("log", p) }
func (w *world) edit(p string) error       { return w.open("edit", p) }
func (w *world) notify(n Note) error       { w.noted = append(w.noted, n); return nil }
func (w *world) say(title, text string)    { w.said = append(w.said, title+": "+text) }
func (w *world) open(how, what string) error {
	w.opened = append(w.opened, how+" "+what)
	return nil
}

func (w *world) last() View { return w.views[len(w.views)-1] }

// stage runs test in fake time, with a tray that is running in w.
func stage(t *testing.T, w *world, test func(tr *tray)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w.click = make(chan Click)
		c, err := newClient(DefaultConsole)
		if err != nil {
			t.Fatal(err)
		}
		c.http.Transport = w
		tr := &tray{client: c, manager: w, desktop: w, face: w, settings: loadSettings(t.TempDir()), version: "1.2.3"}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { tr.run(ctx, nil); close(done) }()
		synctest.Wait()
		test(tr)
		cancel()
		<-done
	})
}

// after lets time pass, in which the tray sees what was changed before.
func (w *world) after(d time.Duration) {
	w.mu.Lock()
	w.periods++ // what was changed before is ordered before what is read after
	w.mu.Unlock()
	time.Sleep(d)
	synctest.Wait()
}

func (w *world) clicked(c Command, n int) {
	w.click <- Click{c, n}
	synctest.Wait()
}

func TestIconFollowsTheServer(t *testing.T) {
	w := &world{status: well(), state: service.Running}
	stage(t, w, func(*tray) {
		if w.last().Icon != assets.Running {
			t.Errorf("icon %q at the start", w.last().Icon)
		}
		w.after(time.Minute)
		if len(w.views) != 1 {
			t.Errorf("%d views in a minute without change", len(w.views))
		}
		w.status.Incidents = 1
		w.after(every)
		if w.last().Icon != assets.Incident {
			t.Errorf("icon %q with an incident", w.last().Icon)
		}
		w.status, w.state = nil, service.Stopped
		w.after(every)
		if w.last().Icon != assets.Stopped || !w.last().CanStart {
			t.Errorf("view %+v of a stopped service", w.last())
		}
		w.state = service.Running
		w.after(atMost)
		if w.last().Icon != assets.Unreachable {
			t.Errorf("icon %q of a service that does not answer", w.last().Icon)
		}
		w.status = well()
		w.after(atMost)
		if w.last().Icon != assets.Running {
			t.Errorf("icon %q when it is back", w.last().Icon)
		}
	})
}

// A tray without a service costs nearly nothing, for as long as it takes.
func TestAbsentServiceIsAskedSeldom(t *testing.T) {
	w := &world{state: service.NotInstalled}
	stage(t, w, func(*tray) {
		w.after(time.Hour)
		if n := len(w.asked); n < 200 || n > 245 {
			t.Errorf("the console was asked %d times in an hour, want every 15 s", n)
		}
		if w.queries > 245 || len(w.views) != 1 {
			t.Errorf("%d queries, %d views in an hour", w.queries, len(w.views))
		}
	})
	w = &world{status: well(), state: service.Running}
	stage(t, w, func(*tray) {
		w.after(time.Hour)
		if w.queries > 125 {
			t.Errorf("the service manager was asked %d times in an hour, though the console answers", w.queries)
		}
		lists := 0
		for _, a := range w.asked {
			if a == "GET /api/v1/alerts" {
				lists++
			}
		}
		if lists > 62 {
			t.Errorf("incidents were listed %d times in an hour without one", lists)
		}
	})
}

func TestHangingConsoleIsGivenUp(t *testing.T) {
	w := &world{state: service.Running, hangs: true}
	stage(t, w, func(*tray) {
		w.after(askTime)
		if len(w.views) != 1 || w.last().Icon != assets.Unreachable {
			t.Errorf("views %+v after %v", w.views, askTime)
		}
		w.hangs, w.status = false, well()
		w.after(atMost + askTime)
		if w.last().Icon != assets.Running {
			t.Errorf("icon %q after it answers", w.last().Icon)
		}
	})
}

func incidentAt(id int64) Incident {
	return Incident{ID: id, Kind: "alert", Rule: "pon", DeviceName: "OLT", Text: fmt.Sprint("text ", id), Message: fmt.Sprint("20261126:", id)}
}

func TestNewIncidentIsShownOnce(t *testing.T) {
	w := &world{status: well(), state: service.Running, incidents: []Incident{incidentAt(1)}}
	happens := func(id int64) {
		w.incidents = append([]Incident{incidentAt(id)}, w.incidents...)
		w.status.Incidents++
		w.status.Alerts.Today++
		w.after(every)
	}
	stage(t, w, func(*tray) {
		w.after(time.Minute)
		if len(w.noted) != 0 {
			t.Errorf("what was there was shown: %q", w.noted)
		}
		happens(2)
		if len(w.noted) != 1 || w.noted[0] != (Note{"OLT: pon", "text 2", DefaultConsole + "/?live=0&at=20261126%3A2"}) {
			t.Errorf("shown %q", w.noted)
		}
		w.after(time.Hour)
		w.clicked(OpenIncident, 0)
		w.clicked(OpenIncident, 1)
		w.clicked(OpenIncident, 4) // there is none
		if want := []string{"url " + DefaultConsole + "/?live=0&at=20261126%3A2", "url " + DefaultConsole + "/?live=0&at=20261126%3A1"}; !slices.Equal(w.opened, want) {
			t.Errorf("opened %q, want %q", w.opened, want)
		}
		// Muted, and with notifications off, nothing is shown.
		w.clicked(Mute, 0)
		if !w.last().Muted {
			t.Error("not muted")
		}
		happens(3)
		w.clicked(Mute, 0)
		w.after(time.Minute)
		w.clicked(ToggleNotify, 0)
		happens(4)
		w.clicked(ToggleNotify, 0)
		w.after(time.Minute)
		if len(w.noted) != 1 || w.last().Muted || !w.last().Notify {
			t.Errorf("shown %q, view %+v", w.noted, w.last())
		}
		happens(5)
		if len(w.noted) != 2 {
			t.Errorf("shown %q, want incident 5, too", w.noted)
		}
	})
}

func TestServiceIsStoppedAndStarted(t *testing.T) {
	w := &world{status: well(), state: service.Running, takes: 5 * time.Second}
	stage(t, w, func(*tray) {
		w.clicked(Stop, 0)
		if v := w.last(); v.State != "Stopping the service" || v.CanStop || v.CanStart {
			t.Errorf("view %+v while it stops", v)
		}
		w.clicked(Restart, 0) // one thing at a time
		w.after(5 * time.Second)
		if v := w.last(); v.Icon != assets.Stopped || !v.CanStart || v.CanStop {
			t.Errorf("view %+v after the stop", v)
		}
		w.clicked(Start, 0)
		w.after(5 * time.Second)
		if v := w.last(); v.Icon != assets.Running || v.CanStart || !v.CanRestart {
			t.Errorf("view %+v after the start", v)
		}
		w.fails = errors.New("you were not allowed to")
		w.clicked(Stop, 0)
		w.after(5 * time.Second)
		w.fails = errCancelled
		w.clicked(Restart, 0)
		w.after(5 * time.Second)
		if want := []string{"stop", "start", "stop", "restart"}; !slices.Equal(w.did, want) {
			t.Errorf("did %q, want %q", w.did, want)
		}
		if want := []string{"The service could not be stopped: you were not allowed to"}; !slices.Equal(w.said, want) {
			t.Errorf("said %q, want %q", w.said, want)
		}
		w.takes = time.Hour // nobody types the password
		w.clicked(Stop, 0)
		w.after(doTime)
		if w.last().State != "Running: 1,200 messages/s, 40 devices today" {
			t.Errorf("state %q after a stop that nobody allowed", w.last().State)
		}
		w.clicked(Stop, 0) // and the icon goes meanwhile
	})
}

func TestFilesAreOpened(t *testing.T) {
	dir := t.TempDir()
	w := &world{state: service.Stopped}
	stage(t, w, func(*tray) {
		for _, c := range []Command{OpenConsole, EditConfig, OpenLog, OpenData, About} {
			w.clicked(c, 0)
		}
		usual := systemPlaces()
		want := []string{"url " + DefaultConsole + "/", "edit " + usual.config, "log " + usual.log, "folder " + usual.data}
		if !slices.Equal(w.opened, want) {
			t.Errorf("without a server: opened %q, want %q", w.opened, want)
		}
		if len(w.said) != 1 || !strings.Contains(w.said[0], "Logboom 1.2.3") {
			t.Errorf("about: %q", w.said)
		}
		w.status, w.opened = well(), nil
		w.status.Files.Config, w.status.Files.Log, w.status.Store.Directory = dir+"/mine.toml", dir+"/mine.log", dir
		w.after(atMost)
		for _, c := range []Command{EditConfig, OpenLog, OpenData} {
			w.clicked(c, 0)
		}
		if want := []string{"edit " + dir + "/mine.toml", "log " + dir + "/mine.log", "folder " + dir}; !slices.Equal(w.opened, want) {
			t.Errorf("opened %q, want %q", w.opened, want)
		}
		// Who holds the port of the console must not get a program started.
		w.opened = nil
		w.status.Files.Config, w.status.Files.Log, w.status.Store.Directory = dir+"/evil.desktop", "relative.log", "tray_test.go"
		w.after(atMost)
		for _, c := range []Command{EditConfig, OpenLog, OpenData} {
			w.clicked(c, 0)
		}
		if want := []string{"edit " + usual.config, "log " + usual.log, "folder " + usual.data}; !slices.Equal(w.opened, want) {
			t.Errorf("opened %q, want %q", w.opened, want)
		}
	})
}

func TestQuitEnds(t *testing.T) {
	w := &world{status: well()}
	synctest.Test(t, func(t *testing.T) {
		w.click = make(chan Click)
		c, _ := newClient(DefaultConsole) // is one
		c.http.Transport = w
		tr := &tray{client: c, manager: w, desktop: w, face: w}
		done := make(chan struct{})
		shows := make(chan struct{}, 1)
		go func() { tr.run(t.Context(), shows); close(done) }()
		synctest.Wait()
		tap(shows)
		tap(shows)
		synctest.Wait()
		w.click <- Click{Command: Quit}
		<-done
		if len(w.opened) == 0 {
			t.Error("a second start does not open the console")
		}
	})
}
