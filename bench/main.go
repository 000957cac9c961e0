// Command bench measures Logboom beside other syslog servers on this machine,
// in one run and with one generator, and prints the table of docs/sizing.md:
// how fast without loss, at what cost, and the ratios to Logboom. Logboom is
// measured twice, the second time while people look at it.
//
// It needs Linux, the sqlite3 command, and whatever is to be measured: rsyslog
// and syslog-ng from the distribution, python3 for the script that Logboom
// grew from (seed.py). Traffic goes to loopback only.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// lossless is the share of messages that may be missing where a rate counts as
// one without loss.
const lossless = 0.001

type options struct {
	logboom, seed string
	seconds, runs int
	only          []string // names of systems; none = all
	devices       int
	burst         int
	rates         []int // fixed rates at which the cost is measured, messages a second
	most          int   // highest rate tried, messages a second
	keep          bool
}

func main() {
	var o options
	var rates, only string
	flag.StringVar(&o.logboom, "logboom", "out/logboom", "the program to measure")
	flag.StringVar(&o.seed, "seed", "bench/seed.py", "the script to measure beside it")
	flag.IntVar(&o.seconds, "seconds", 20, "length of one trial")
	flag.IntVar(&o.runs, "runs", 3, "trials of each kind; the median counts")
	flag.StringVar(&only, "only", "", "measure only these systems, names with commas between them; empty = all that are installed")
	flag.IntVar(&o.devices, "devices", 50, "sources of the messages")
	flag.IntVar(&o.burst, "burst", 8, "messages that a source sends in a row; with more than one the generator leaves more of this machine to what it measures")
	flag.StringVar(&rates, "rates", "20000,100000,350000", "rates at which the cost is measured; empty = none")
	flag.IntVar(&o.most, "most", 700_000, "highest rate tried when looking for the highest without loss; 0 = do not look")
	flag.BoolVar(&o.keep, "keep", false, "keep what the systems stored")
	flag.Parse()
	for name := range strings.SplitSeq(only, ",") {
		if name = strings.TrimSpace(name); name != "" {
			o.only = append(o.only, name)
		}
	}
	for field := range strings.FieldsFuncSeq(rates, func(r rune) bool { return r == ',' }) {
		var n int
		if _, err := fmt.Sscan(field, &n); err != nil || n < 1 {
			fmt.Fprintf(os.Stderr, "-rates: %q is no rate, expected messages a second\n", field)
			os.Exit(2)
		}
		o.rates = append(o.rates, n)
	}
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	chosen, err := choose(systems(o.logboom, o.seed, os.Stdout), o.only)
	if err != nil {
		return err
	}
	fmt.Printf("%s; %d devices, %d messages of each in a row, %d s a trial, median of %d\n\n", machine(), o.devices, o.burst, o.seconds, o.runs)
	table := make([]result, len(chosen))
	for i, s := range chosen {
		table[i] = result{name: s.name, at: map[int]trial{}}
	}
	for _, rate := range o.rates {
		medians, err := compare(chosen, rate, o)
		if err != nil {
			return err
		}
		for i, t := range medians {
			table[i].at[rate] = t
		}
	}
	if o.most > 0 {
		for i, s := range chosen {
			t, err := highest(s, o)
			if err != nil {
				return fmt.Errorf("looking for the highest rate of %s: %w", s.name, err)
			}
			table[i].highest = t
		}
	}
	printTable(os.Stdout, table, o)
	return nil
}

// A trial is one run of one system at one rate.
type trial struct {
	rate         int // asked of the generator
	sent, stored int64
	seconds      float64 // that the generator took
	cpu          time.Duration
	written      int64
	peak         int64
	worst        float64 // loss of the trials that this is the median of: a median would hide one bad one in three
}

func (t trial) loss() float64     { return 1 - float64(t.stored)/float64(t.sent) }
func (t trial) sentRate() float64 { return float64(t.sent) / t.seconds }

// cpuPerMillion is in seconds of one core per million messages stored.
func (t trial) cpuPerMillion() float64 { return t.cpu.Seconds() / float64(t.stored) * 1e6 }

// compare makes o.runs trials of each system and returns those of the median
// cost. The systems take turns: what else the machine does meets them all.
func compare(list []system, rate int, o options) ([]trial, error) {
	trials := make([][]trial, len(list))
	for range o.runs {
		for i, s := range list {
			t, err := measure(s, rate, o)
			if err != nil {
				return nil, fmt.Errorf("%s at %d/s: %w", s.name, rate, err)
			}
			trials[i] = append(trials[i], t)
		}
	}
	medians := make([]trial, len(list))
	for i := range list {
		medians[i] = median(trials[i])
	}
	return medians, nil
}

// median returns the trial of the median cost.
func median(trials []trial) trial {
	slices.SortFunc(trials, func(a, b trial) int { return int(a.cpu - b.cpu) })
	m := trials[len(trials)/2]
	for _, t := range trials {
		m.worst = max(m.worst, t.loss())
	}
	return m
}

// highest looks for the highest rate at which s loses next to nothing, within
// ten percent, and returns the median trial there.
func highest(s system, o options) (trial, error) {
	good, bad := 0, 0
	best := trial{}
	for rate := 50_000; bad == 0 || float64(bad)/float64(max(good, 1)) > 1.1; {
		t, err := measure(s, rate, o)
		if err != nil {
			return best, err
		}
		if t.loss() <= lossless && t.sentRate() > 0.95*float64(rate) {
			good, best = rate, t
		} else {
			bad = rate
		}
		switch {
		case bad == 0 && rate >= o.most:
			return best, nil
		case bad == 0:
			rate = min(rate*2, o.most)
		case good == 0:
			rate /= 2
		default:
			rate = (good + bad) / 2
		}
		if rate < 1000 {
			return best, nil
		}
	}
	// Confirm: what held once may have been luck.
	for good > 0 {
		t, err := compare([]system{s}, good, o)
		if err != nil {
			return best, err
		}
		if t[0].worst <= lossless {
			return t[0], nil
		}
		good = good * 95 / 100
	}
	return best, nil
}

// sent is what the generator says at its end.
type sent struct {
	Sent    int64   `json:"sent"`
	Seconds float64 `json:"seconds"`
}

// measure runs s on an empty directory, sends to it, and counts.
func measure(s system, rate int, o options) (t trial, err error) {
	dir, err := os.MkdirTemp("", "logboom-bench-")
	if err != nil {
		return t, err
	}
	if !o.keep {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	port, err := freePort()
	if err != nil {
		return t, err
	}
	server, err := s.prepare(dir, port)
	if err != nil {
		return t, err
	}
	said, err := os.Create(filepath.Join(dir, "said"))
	if err != nil {
		return t, err
	}
	defer said.Close()
	server.Stdout, server.Stderr = said, said
	if err := server.Start(); err != nil {
		return t, err
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }() // ends with the server, which is told below
	defer func() { _ = server.Process.Kill() }()
	if err := waitForPort(port, ended); err != nil {
		text, _ := os.ReadFile(said.Name())
		return t, fmt.Errorf("%w; it said: %s", err, text)
	}
	before, err := usageOf(server.Process.Pid)
	if err != nil {
		return t, err
	}
	looking, lookAway := context.WithCancel(context.Background())
	defer lookAway()
	var watchers sync.WaitGroup
	if s.beside != nil {
		watchers.Go(func() { s.beside(looking, port) })
	}
	tag := fmt.Sprintf("run%08x", time.Now().UnixNano()&0xffffffff)
	generator := exec.Command(o.logboom, "send", "--to", fmt.Sprintf("127.0.0.1:%d", port), "--rate", fmt.Sprint(rate),
		"--for", fmt.Sprintf("%ds", o.seconds), "--devices", fmt.Sprint(o.devices), "--burst", fmt.Sprint(o.burst), "--tag", tag, "--format", "json")
	generator.Stderr = os.Stderr
	out, err := generator.Output()
	if err != nil {
		return t, fmt.Errorf("sending: %w", err)
	}
	lookAway()
	watchers.Wait()
	var g sent
	if err := json.Unmarshal(out, &g); err != nil {
		return t, fmt.Errorf("reading what the generator said, %q: %w", out, err)
	}
	after, err := settled(server.Process.Pid)
	if err != nil {
		return t, err
	}
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		return t, err
	}
	select {
	case <-ended:
	case <-time.After(60 * time.Second):
		return t, errors.New("it did not end within a minute of SIGTERM")
	}
	stored, err := s.stored(dir, tag)
	if err != nil {
		return t, err
	}
	t = trial{
		rate: rate, sent: g.Sent, stored: stored, seconds: g.Seconds,
		cpu: after.cpu - before.cpu, written: after.written - before.written, peak: after.peak,
	}
	fmt.Fprintf(os.Stderr, "  %-15s %7d/s asked %7.0f/s sent, loss %6.3f %%, %5.2f CPU-s/M, %5.0f MB at most\n",
		s.name, rate, t.sentRate(), 100*t.loss(), t.cpuPerMillion(), float64(t.peak)/1e6)
	return t, nil
}

// settled waits until the process has nothing left to do, a minute at most,
// and returns what it has used.
func settled(pid int) (usage, error) {
	last, err := usageOf(pid)
	for range 60 {
		time.Sleep(time.Second)
		now, err := usageOf(pid)
		if err != nil || now.cpu-last.cpu < 30*time.Millisecond {
			return now, err
		}
		last = now
	}
	return last, err
}

// freePort returns a UDP port of loopback that nobody uses, with a free TCP
// port above it.
func freePort() (int, error) {
	for range 100 {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			return 0, err
		}
		port := c.LocalAddr().(*net.UDPAddr).Port
		if err := c.Close(); err != nil {
			return 0, err
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port+1))
		if err != nil {
			continue
		}
		return port, l.Close()
	}
	return 0, errors.New("no free pair of ports found")
}

// waitForPort waits until somebody listens on the UDP port.
func waitForPort(port int, ended <-chan error) error {
	want := fmt.Sprintf(":%04X ", port)
	for range 300 {
		table, err := os.ReadFile("/proc/net/udp")
		if err != nil {
			return err
		}
		if strings.Contains(string(table), want) {
			return nil
		}
		select {
		case err := <-ended:
			return fmt.Errorf("it ended at once: %w", err)
		case <-time.After(100 * time.Millisecond):
		}
	}
	return errors.New("it did not open its port within 30 s")
}
