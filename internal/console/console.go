// Package console is what people and programs see of Logboom over HTTP: the
// API under /api/v1/, the live tail as server-sent events, /metrics, /healthz
// and a page that shows them.
//
// It reads messages through small interfaces that its user fills in, and
// writes nothing. Everything that came from a device is foreign: it leaves
// here as JSON made by encoding/json, never as HTML.
//
// Who asks from this machine is trusted, unless a password is wanted there too;
// everybody else signs in or shows a token, and what each route asks for stands
// in one table, see roles.go. It answers only to names of its own (against DNS
// rebinding) and refuses requests that another site makes a browser send.
//
// Sources: the WHATWG HTML standard section 9.2 (server-sent events), RFC 9110
// (HTTP), RFC 4180 (CSV).
package console

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/login"
	"github.com/logboom/logboom/internal/query"
	"github.com/logboom/logboom/internal/syslog"
)

// Options say where the console listens and whom it asks. Functions are called
// from several goroutines at once.
type Options struct {
	Listen  string // host:port, "127.0.0.1:8514"; beyond loopback a Guard with users is needed; port 0 = a free one
	Version string // as "logboom version" prints it

	Archive   Archive
	Tail      func() Tail                             // begins now; called for each stream
	Status    func(context.Context) Status            // quick: asked every two seconds by each open page
	Devices   func(context.Context) ([]Device, error) // in any order
	OneDevice func(context.Context, netip.Addr) (DeviceDetail, error)
	Targets   func() []Target // where devices may send to; nil = there is no route that tells
	Metrics   prometheus.Gatherer
	Directory query.Directory // names of devices; may be nil
	Location  *time.Location  // zone in which times without one are read; nil = UTC

	Alerts       func(ctx context.Context, limit int) ([]Alert, error) // newest first; nil = there is no such route
	Incidents    Incidents                                             // nil = there are no such routes
	TestTelegram func(context.Context) error                           // sends a test message; nil = there is no such route
	CheckConfig  func(text string) []Problem                           // nil = there is no such route

	// Mute keeps people from being told of alerts for so long, 0 = no longer,
	// and returns until when; the zero time if it ended. nil = there is no such
	// route.
	Mute func(context.Context, time.Duration) (until time.Time, err error)

	// Rehearse finds out what rules would have sent for messages of the past.
	// If the time of ctx is up, it returns what was found out until then. The
	// error is a [*Refusal] if what is wanted cannot be rehearsed. nil = there
	// is no such route.
	Rehearse func(context.Context, Rehearsal) (*alert.Rehearsed, error)

	// Reload reads the settings again and takes over what has changed. The error
	// is a [*Refusal] if they cannot be used; then nothing has. nil = there is no
	// such route.
	Reload func(context.Context) (Reloaded, error)

	Edits Edits // what people may set here; nil = there are no such routes

	Settings func() SettingsList             // in force, without secrets; nil = there is no such route
	Doctor   func(context.Context) []Finding // looks at everything; nil = there is no such route
	OwnLog   func(most int) []LogLine        // of Logboom itself, newest first; nil = there is no such route
	Welcome  func(context.Context) Welcome   // nil = there is no such route

	TelegramSetup TelegramSetup // nil = there are no such routes

	// SendTestMessage sends a message to a listener of our own; nil = there is
	// no such route.
	SendTestMessage func(context.Context) (TestMessage, error)

	// FirstPassword sets the password of the user "admin" while nobody has one,
	// else it returns [ErrHasPassword]. nil = there is no such route.
	FirstPassword func(context.Context, string) error

	// Holder names the program that holds an address, "nginx" (pid 4711), or
	// returns "" if it cannot tell; nil = it never can.
	Holder func(proto, address string) string

	Guard              *login.Guard // who may come in; nil = only who asks from this machine
	PasswordOnLoopback bool         // who asks from this machine has to sign in, too
	Names              []string     // other names under which people open the console
	TLSCert, TLSKey    string       // PEM files; "" = beyond loopback a certificate of our own
	PlainHTTP          bool         // beyond loopback TLS is not needed: a proxy of another machine has it
	DataDirectory      string       // of the certificate of our own
	Audit              Audit        // nil = nobody keeps who changed what

	Log *slog.Logger     // nil = silent
	Now func() time.Time // nil = time.Now

	pages fs.FS // what browsers are given; nil = what is embedded
}

// An Archive finds stored messages. Searches run in several goroutines.
type Archive interface {
	Search(context.Context, Search) (Result, error)
	// Each calls fn for every message found, oldest first, until fn fails.
	// The record is fn's until it returns.
	Each(ctx context.Context, s Search, fn func(*syslog.Record) error) error
	// Count counts the messages found in each bucket, newest first until the
	// time is up; From, To and Limit of s are not used.
	Count(ctx context.Context, s Search, b Buckets) (Counts, error)
}

// A Search says which messages are meant. Times are of receipt.
type Search struct {
	Query     *query.Query    // nil = all
	Directory query.Directory // may be nil
	From, To  int64           // µs since 1970 UTC, from From to before To; 0 = open
	Device    netip.Addr      // invalid = all
	Before    syslog.Position // only older ones, the newest of them; zero = not asked for
	After     syslog.Position // only newer ones, the oldest of them; zero = not asked for
	Around    syslog.Position // as many on both sides, itself included; zero = not asked for
	Limit     int             // rows; 0 = as the archive likes
}

// A Result is one page of messages.
type Result struct {
	Records []syslog.Record // oldest first
	More    bool            // there are others beyond the limit
	Notes   []string        // what could not be read, in words
}

// A Tail gives messages as they are stored.
type Tail interface {
	// Next waits for messages and returns those stored since the last call,
	// in order, and how many it left out because the caller was too slow. The
	// records are shared: read only. io.EOF is the end: nothing is stored any
	// more.
	Next(context.Context) (records []syslog.Record, skipped int64, err error)
}

// A Console serves the console. Make it with [New].
type Console struct {
	opts   Options
	limits limits
	log    *slog.Logger
	now    func() time.Time
	routes routes
	hosts  hosts
	cert   *certificate // nil = TLS is not spoken
	page   page

	learnt   learnt
	searches chan struct{} // one token per running search
	counts   chan struct{} // one token per running histogram
	exports  chan struct{} // one token per running export
	streams  chan struct{} // one token per open tail
	checks   chan struct{} // one token per configuration that is being checked
	rehearse chan struct{} // one token per running rehearsal
	stop     chan struct{} // closed when Run is told to stop: ends the streams

	doctors, settingUp chan struct{} // one token per look at everything, and per question to Telegram

	tails, files                           shares // of streams, and of exports
	tests                                  testPace
	setups, testMessages, passwords, looks quota
	stats                                  stats

	mu       sync.Mutex
	listener net.Listener // nil while the port could not be opened
	openErr  error        // why it could not
}

// limits are what one console grants; tests lower them.
type limits struct {
	connections  int           // open at once
	searches     int           // running at once
	counts       int           // histograms running at once
	exports      int           // running at once
	streams      int           // open tails
	checks       int           // configurations checked at once
	rehearsals   int           // running at once
	rehearseTime time.Duration // for one rehearsal
	searchTime   time.Duration // for one search
	searchWait   time.Duration // for one of the other searches or checks to end
	headerTime   time.Duration // for the header of a request to come
	readTime     time.Duration // for all of a request to come
	idleTime     time.Duration // between two requests on a connection
	writeTime    time.Duration // for a client to take what we write, each time
	drain        time.Duration // for answers to finish when we stop
	header, body int           // bytes
	config       int           // bytes of a configuration to be checked, and of a draft
	retry        time.Duration // between attempts to open the port
}

func defaultLimits() limits {
	return limits{
		connections: 256, searches: 4, counts: 2, exports: 2, streams: 20, checks: 1, rehearsals: 1, rehearseTime: 30 * time.Second,
		searchTime: 10 * time.Second, searchWait: 2 * time.Second,
		headerTime: 5 * time.Second, readTime: 30 * time.Second, idleTime: 120 * time.Second, writeTime: 10 * time.Second,
		drain: 3 * time.Second, header: 16 << 10, body: 64 << 10, config: 256 << 10, retry: 5 * time.Second,
	}
}

type stats struct {
	refusedConnections, refusedRequests, panics atomic.Int64
}

// Stats counts what the console turned away since it was made.
type Stats struct {
	Streams            int   // open now
	RefusedConnections int64 // beyond the most at once: new ones, and idle ones that made room
	RefusedRequests    int64 // foreign host or site, too many searches, exports, streams, checks or rehearsals
	Panics             int64 // requests that ended in a fault of ours
}

// New returns a console that listens on o.Listen, or will: a port that cannot
// be opened now is tried again by [Console.Run]. An address beyond loopback
// while nobody can sign in is [ErrRemote].
func New(o Options) (*Console, error) {
	if o.Archive == nil || o.Tail == nil || o.Status == nil || o.Devices == nil || o.Metrics == nil {
		return nil, errors.New("console: archive, tail, status, devices and metrics must be given")
	}
	host, remote, err := listenHost(o.Listen)
	if err != nil {
		return nil, err
	}
	if o.pages == nil {
		o.pages = pageFiles
	}
	c := &Console{opts: o, limits: defaultLimits(), log: o.Log, now: o.Now, hosts: newHosts(host, remote, o.Names), stop: make(chan struct{})}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.opts.Location == nil {
		c.opts.Location = time.UTC
	}
	if err := c.secure(remote); err != nil {
		return nil, err
	}
	if c.page, err = newPage(o.pages); err != nil {
		return nil, err
	}
	c.apply(c.limits)
	if c.routes, err = c.routeTable(); err != nil {
		return nil, err
	}
	c.open()
	return c, nil
}

// apply makes the semaphores of l.
func (c *Console) apply(l limits) {
	c.limits = l
	c.searches = make(chan struct{}, l.searches)
	c.counts = make(chan struct{}, l.counts)
	c.exports = make(chan struct{}, l.exports)
	c.streams = make(chan struct{}, l.streams)
	c.checks = make(chan struct{}, l.checks)
	c.rehearse = make(chan struct{}, l.rehearsals)
	c.doctors, c.settingUp = make(chan struct{}, 1), make(chan struct{}, 1)
}

// URL returns where people open the console.
func (c *Console) URL() string {
	if c.cert != nil {
		return "https://" + c.Addr().String() + "/"
	}
	return "http://" + c.Addr().String() + "/"
}

// open tries to open the port once and remembers why it could not.
func (c *Console) open() {
	l, err := net.Listen("tcp", c.opts.Listen)
	if err != nil {
		err = c.explain(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.openErr = err; err == nil {
		c.listener = newLimitListener(l, c.limits.connections, &c.stats.refusedConnections)
	}
}

// explain names the program that is in the way. It looks for it once: that costs
// more than to try the port again.
func (c *Console) explain(err error) error {
	var op *net.OpError
	if c.opts.Holder == nil || !errors.As(err, &op) {
		return err
	}
	if before := c.Err(); before != nil {
		if strings.HasSuffix(before.Error(), op.Err.Error()) {
			return before
		}
		return err
	}
	if holder := c.opts.Holder("tcp", c.opts.Listen); holder != "" {
		return fmt.Errorf("opening tcp %s: the port is held by %s; stop that program, or choose another console.listen: %w", c.opts.Listen, holder, op.Err)
	}
	return err
}

// Addr returns where the console listens, and the zero AddrPort while it does not.
func (c *Console) Addr() netip.AddrPort {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.listener == nil {
		return netip.AddrPort{}
	}
	return c.listener.Addr().(*net.TCPAddr).AddrPort()
}

// Err returns why the port could not be opened, nil while it is open.
func (c *Console) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.openErr
}

// Stats returns the counters.
func (c *Console) Stats() Stats {
	return Stats{len(c.streams), c.stats.refusedConnections.Load(), c.stats.refusedRequests.Load(), c.stats.panics.Load()}
}

// Run serves until ctx is done, then lets running answers finish for a few
// seconds. While the port cannot be opened it tries again every few seconds:
// messages are to be stored whether or not anybody can look at them.
func (c *Console) Run(ctx context.Context) error {
	if !c.await(ctx) {
		return nil
	}
	c.log.Info("console is ready", "url", c.URL())
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	s := &http.Server{
		Handler:           c,
		BaseContext:       func(net.Listener) context.Context { return base },
		ConnContext:       withConn,
		ConnState:         c.listener.(*limitListener).state,
		ReadHeaderTimeout: c.limits.headerTime,
		ReadTimeout:       c.limits.readTime,
		IdleTimeout:       c.limits.idleTime,
		MaxHeaderBytes:    c.limits.header,
		ErrorLog:          slog.NewLogLogger(c.log.Handler(), slog.LevelDebug),
	}
	listener := c.listener
	if c.cert != nil {
		listener = &eitherListener{Listener: listener, config: c.cert.config(), wait: c.limits.writeTime}
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(listener) }() // ends with Shutdown or Close

	select {
	case err := <-served:
		return fmt.Errorf("serving the console: %w", err)
	case <-ctx.Done():
	}
	close(c.stop)
	stopping, done := context.WithTimeout(base, c.limits.drain)
	defer done()
	if err := s.Shutdown(stopping); err != nil {
		cancel()
		s.Close()
	}
	<-served
	return nil
}

// await tries until the port is open; false means that ctx ended before.
func (c *Console) await(ctx context.Context) bool {
	for said := false; c.Err() != nil; {
		if !said {
			c.log.Warn("console cannot listen, trying again", "address", c.opts.Listen, "error", c.Err().Error(),
				"hint", "logboom doctor, with the rights of an administrator, names who holds the port; or choose another console.listen")
			said = true
		}
		timer := time.NewTimer(c.limits.retry)
		select {
		case <-ctx.Done():
			timer.Stop()
			return false
		case <-timer.C:
		}
		c.open()
	}
	return true
}
