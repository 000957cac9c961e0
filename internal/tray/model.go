package tray

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/logboom/logboom/assets"
	"github.com/logboom/logboom/internal/service"
)

// Facts are what is known at one moment.
type Facts struct {
	Status     *Status       // nil = the console does not answer
	Err        error         // why it does not
	Service    service.State // as the service manager says
	ServiceErr error         // why it says nothing
	Incidents  []Incident    // newest first, alerts only
	Doing      Command       // Start, Stop or Restart while that goes on; 0 = nothing
	Notify     bool          // new incidents are shown on the desktop
	Now        time.Time
}

// A View is what the facts look like. Text is as it is to be seen: the face
// escapes what its system gives a meaning.
type View struct {
	Icon    string // one of those of package assets
	Tooltip string // at most maxTooltip
	State   string // in a few words
	Problem string // what needs people; "" = nothing

	Incidents string               // label of the menu of incidents
	Last      [maxIncidents]string // labels; "" = there are no more

	Mute    string // label
	CanMute bool
	Muted   bool

	CanStart, CanStop, CanRestart bool

	Notify bool
}

const (
	maxLabel     = 70  // characters of a line of the menu
	maxTooltip   = 127 // UTF-16 units: what Windows takes
	maxIncidents = 5   // in the menu
)

// show makes the view of the facts.
func show(f Facts) View {
	v := View{Notify: f.Notify, Mute: "Mute alerts for an hour"}
	running := f.Service == service.Running || f.Service == service.Starting
	installed := f.ServiceErr == nil && f.Service != service.NotInstalled
	if f.Doing == 0 && installed {
		v.CanStart, v.CanStop, v.CanRestart = !running && f.Service != service.Stopping, running, running
	}
	for n, i := range f.Incidents[:min(len(f.Incidents), maxIncidents)] {
		v.Last[n] = incidentLabel(i, f.Now)
	}
	v.Incidents = "Last incidents"
	if len(f.Incidents) == 0 {
		v.Incidents = "No incident yet"
	}
	lines := []string{}
	if f.Status != nil {
		lines = v.answered(f)
	} else {
		v.silent(f)
	}
	if doing := doingWords[f.Doing]; doing != "" {
		v.State = doing
	}
	v.State = clean(v.State, maxLabel)
	v.Problem = clean(v.Problem, maxLabel)
	v.Tooltip = tooltip(append([]string{"Logboom: " + lowerFirst(v.State)}, lines...))
	return v
}

var doingWords = map[Command]string{Start: "Starting the service", Stop: "Stopping the service", Restart: "Restarting the service"}

// answered fills in what the console said, and returns lines for the tooltip.
func (v *View) answered(f Facts) []string {
	s := f.Status
	traffic := perSecond(s.Rate.Received) + " messages/s, " + count(s.Devices, "device", "devices") + " today"
	v.Icon, v.State = assets.Running, "Running: "+traffic
	var lines []string
	if s.Incidents > 0 {
		v.Icon, v.State = assets.Incident, count(s.Incidents, "incident is open", "incidents are open")
		v.Incidents = "Last incidents: " + strconv.Itoa(s.Incidents) + " open"
		lines = append(lines, traffic)
	}
	if len(s.Health.Problems) > 0 {
		p := s.Health.Problems[0]
		v.Problem = "Needs attention: " + clean(p.What, 30) + ": " + p.Fact
	}
	if s.Health.State == "failing" {
		// Worse than any incident: whatever happens may not be recorded.
		v.Icon, v.State = assets.Losing, "Messages are being lost"
		lines = []string{traffic}
		if s.Incidents > 0 {
			lines = append(lines, count(s.Incidents, "incident is open", "incidents are open"))
		}
	}
	if _, what, ok := strings.Cut(v.Problem, ": "); ok {
		lines = append(lines, clean(what, maxLabel))
	}
	v.CanMute = true
	if until := time.UnixMicro(s.Alerts.MutedUntil); s.Alerts.MutedUntil != 0 && until.After(f.Now) {
		v.Muted = true
		v.Mute = "Tell alerts again (muted until " + clock(until, f.Now) + ")"
		lines = append(lines, "Alerts are muted until "+clock(until, f.Now))
	}
	return lines
}

// silent fills in what can be said without the console.
func (v *View) silent(f Facts) {
	v.Icon = assets.Stopped
	switch {
	case f.ServiceErr != nil, f.Service == service.Running, f.Service == service.NotInstalled && errors.Is(f.Err, errStranger):
		v.Icon, v.State = assets.Unreachable, "The console does not answer"
		if errors.Is(f.Err, errStranger) {
			v.State = "Another program answers in place of the console"
		} else if f.ServiceErr == nil {
			v.Problem = "The service runs; messages are received all the same"
		}
	case f.Service == service.NotInstalled:
		v.State = "The service is not installed"
	case f.Service == service.Failed:
		v.State = "Stopped: the service has failed"
		v.Problem = "Open the log to see why"
	default:
		v.State = strings.ToUpper(f.Service.String()[:1]) + f.Service.String()[1:]
	}
}

// incidentLabel is a line of the menu: when, who, what.
func incidentLabel(i Incident, now time.Time) string {
	who := cmp.Or(clean(i.DeviceName, 24), clean(i.Device, 40))
	if who != "" {
		who += ": "
	}
	return clean(clock(time.UnixMicro(i.At), now)+" "+who+cmp.Or(clean(i.Text, 200), i.Rule), maxLabel)
}

// clock is a time of today, or with its day.
func clock(t, now time.Time) string {
	t = t.In(now.Location())
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format("15:04")
	}
	return t.Format("Jan 2 15:04")
}

// tooltip joins lines as long as there is room.
func tooltip(lines []string) string {
	text := ""
	for i, line := range lines {
		if i > 0 {
			line = "\n" + line
		}
		room := maxTooltip - units(text)
		if units(line) <= room {
			text += line
			continue
		}
		for units(line) > room-1 {
			r := []rune(line)
			line = string(r[:len(r)-1])
		}
		if line = strings.TrimRight(line, " \n"); line != "" {
			text += line + "…"
		}
		break
	}
	return text
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(int64(n)) + " " + many
}

// perSecond rounds a rate to two digits, so that a menu does not flicker.
func perSecond(rate float64) string {
	if math.IsNaN(rate) || rate <= 0 {
		return "0"
	}
	if rate < 9.95 {
		return strconv.FormatFloat(math.Round(rate*10)/10, 'g', 2, 64)
	}
	unit := math.Pow(10, max(0, math.Floor(math.Log10(rate))-1))
	return thousands(int64(min(math.Round(rate/unit)*unit, math.MaxInt64/2)))
}

func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// A Command is what a click asks for.
type Command uint8

// The commands of the menu.
const (
	OpenConsole Command = iota + 1
	OpenIncident
	Mute
	Start
	Stop
	Restart
	EditConfig
	OpenData
	OpenLog
	ToggleNotify
	About
	Quit
)

// A Click is a command that somebody chose.
type Click struct {
	Command Command
	Number  int // of the incident, from 0
}

// verb is what the service manager calls a command.
func (c Command) verb() string {
	switch c {
	case Start:
		return "start"
	case Stop:
		return "stop"
	case Restart:
		return "restart"
	}
	return fmt.Sprintf("command %d", c)
}
