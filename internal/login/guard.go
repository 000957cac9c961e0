package login

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// How long a session lasts.
const (
	idleFor  = 12 * time.Hour     // without a request
	wholeFor = 7 * 24 * time.Hour // in all
	keptFor  = 5 * time.Minute    // use of a session is written down that often
)

// Bounds of the sessions; those that were not used longest end.
const (
	mostSessions  = 1000 // in all
	mostOfOneUser = 20   // so that nobody ends those of others by signing in
)

// lookEvery is how often the file is looked at while nobody asks.
const lookEvery = 10 * time.Second

// A Session is that of somebody who has signed in. Times are µs since 1970 UTC.
type Session struct {
	Key       [32]byte // SHA-256 of what the browser keeps
	User      string
	Version   string // of the password
	CreatedAt int64
	UsedAt    int64
	Address   string
}

// Sessions keeps sessions beyond a restart.
type Sessions interface {
	Sessions(context.Context) ([]Session, error)
	SaveSession(context.Context, Session) error
	EndSessions(ctx context.Context, keys [][32]byte) error
}

// Options are what a Guard needs.
type Options struct {
	Path     string // of the file of users and tokens
	Sessions Sessions
	// Changed is told what was done to the file, the same again and again.
	// nil = nobody is.
	Changed func(context.Context, []Change) error
	Log     *slog.Logger // nil = silent
}

// A Guard knows who may come in. Make it with [NewGuard].
type Guard struct {
	o     Options
	slots chan struct{} // one token per password that is being looked at
	pace  pace

	mu       sync.Mutex
	book     *Book
	seen     os.FileInfo // the file that book was read from; nil = there was none
	err      error       // why the file cannot be read; then nobody is let in
	sessions map[[32]byte]Session

	stats struct{ refused, failed atomic.Int64 }
}

// Errors of [Guard.SignIn].
var (
	ErrWrong = errors.New("the name or the password is wrong")
	ErrBusy  = errors.New("too many people sign in at this moment")
)

// A TooOften is the error of one who has tried too many passwords.
type TooOften struct{ Wait time.Duration }

func (t *TooOften) Error() string { return "there were too many wrong passwords" }

// NewGuard reads users, tokens and sessions. The file may be absent; one that
// cannot be read lets in nobody until it is mended, see [Guard.Err].
func NewGuard(ctx context.Context, o Options) (*Guard, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	g := &Guard{o: o, slots: make(chan struct{}, hashes), book: &Book{}, sessions: map[[32]byte]Session{}}
	list, err := o.Sessions.Sessions(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range list {
		g.sessions[s.Key] = s
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.look(true)
	return g, nil
}

// look reads the file again if it has changed. The lock is held.
func (g *Guard) look(first bool) {
	now, err := os.Stat(g.o.Path)
	if errors.Is(err, os.ErrNotExist) {
		now, err = nil, nil
	}
	same := (now == nil) == (g.seen == nil) && (now == nil || os.SameFile(now, g.seen) && now.ModTime().Equal(g.seen.ModTime()) && now.Size() == g.seen.Size())
	if err == nil && g.err == nil && same && !first {
		return
	}
	book := &Book{}
	if err == nil {
		book, err = Read(g.o.Path)
	}
	if err != nil {
		if g.err == nil || g.err.Error() != err.Error() {
			g.o.Log.Error("nobody can sign in to the console", "error", err)
		}
		g.err, g.book, g.seen = err, &Book{}, nil
		return
	}
	g.err, g.book, g.seen = nil, book, now
}

// Err says why the file of users cannot be read, nil if it can.
func (g *Guard) Err() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.look(false)
	return g.err
}

// HasUsers reports whether somebody can sign in.
func (g *Guard) HasUsers() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.look(false)
	return len(g.book.Users) > 0
}

// ErrHasUsers is what [Guard.SetFirst] returns where somebody can sign in.
var ErrHasUsers = errors.New("somebody has a password already")

// SetFirst gives an admin the first password, while nobody has one. Who calls it
// notes who did. The error says what is wrong with the password, or is
// [ErrHasUsers], or that the file cannot be written.
func (g *Guard) SetFirst(name, password string) error {
	return Edit(g.o.Path, "", func(b *Book) error {
		if len(b.Users) > 0 {
			return ErrHasUsers
		}
		had := len(b.Changes)
		err := b.SetPassword(name, Admin, password)
		b.Changes = b.Changes[:had]
		return err
	})
}

// SignIn begins a session and returns what the browser is to keep. The error is
// [ErrWrong], [ErrBusy], a [*TooOften], or that the session cannot be kept.
func (g *Guard) SignIn(ctx context.Context, name, password string, from netip.Addr) (token string, p Person, err error) {
	begun := time.Now()
	if wait := g.pace.begin(from, name, begun); wait > 0 {
		g.stats.refused.Add(1)
		return "", p, &TooOften{wait}
	}
	if !turn(ctx, g.slots) {
		g.pace.takeBack(from, begun)
		g.stats.refused.Add(1)
		return "", p, ErrBusy
	}
	g.mu.Lock()
	g.look(false)
	u, known := g.book.User(name)
	g.mu.Unlock()
	ok := len(password) <= mostPassword && matches(password, u.Password) && known
	<-g.slots
	if !ok {
		g.stats.failed.Add(1)
		g.o.Log.Warn("somebody could not sign in to the console", "user", strings.ToValidUTF8(name[:min(len(name), mostName)], ""), "address", from.String())
		return "", p, ErrWrong
	}
	g.pace.right(from, name, begun)
	token = secret()
	now := time.Now().UnixMicro()
	s := Session{Key: sha256.Sum256([]byte(token)), User: u.Name, Version: u.Version, CreatedAt: now, UsedAt: now, Address: from.String()}
	if err := g.o.Sessions.SaveSession(ctx, s); err != nil {
		return "", p, fmt.Errorf("the session cannot be kept: %w", err)
	}
	g.mu.Lock()
	g.sessions[s.Key] = s
	g.mu.Unlock()
	if err := g.tidy(ctx); err != nil {
		g.o.Log.Warn("old sessions cannot be removed", "error", err)
	}
	return token, Person{Name: u.Name, Role: u.Role, How: BySession, key: s.Key}, nil
}

// Session returns who keeps a token of [Guard.SignIn].
func (g *Guard) Session(ctx context.Context, token string) (p Person, ok bool) {
	if len(token) > 100 {
		return p, false
	}
	g.mu.Lock()
	g.look(false)
	s, ok := g.sessions[sha256.Sum256([]byte(token))]
	now := time.Now()
	u, valid := g.valid(s, now)
	if !ok || !valid {
		g.mu.Unlock()
		return p, false
	}
	save := now.UnixMicro()-s.UsedAt > keptFor.Microseconds()
	if save {
		s.UsedAt = now.UnixMicro()
		g.sessions[s.Key] = s
	}
	g.mu.Unlock()
	if save {
		if err := g.o.Sessions.SaveSession(ctx, s); err != nil {
			g.o.Log.Warn("the use of a session cannot be written down", "error", err)
		}
	}
	return Person{Name: u.Name, Role: u.Role, How: BySession, key: s.Key}, true
}

// valid reports whether a session lasts. The lock is held.
func (g *Guard) valid(s Session, now time.Time) (User, bool) {
	u, ok := g.book.User(s.User)
	at := now.UnixMicro()
	return u, ok && u.Version == s.Version && at-s.CreatedAt < wholeFor.Microseconds() && at-s.UsedAt < idleFor.Microseconds()
}

// Token returns who keeps a token that was made for a program.
func (g *Guard) Token(token string) (p Person, ok bool) {
	if len(token) > 100 || !strings.HasPrefix(token, tokenPrefix) {
		return p, false
	}
	sum := sha256.Sum256([]byte(token))
	return g.tokenOf(hex.EncodeToString(sum[:]))
}

func (g *Guard) tokenOf(sum string) (p Person, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.look(false)
	for _, t := range g.book.Tokens {
		if t.SHA256 == sum {
			return Person{Name: t.Name, Role: t.Role, How: ByToken, version: sum}, true
		}
	}
	return p, false
}

// Lasts reports whether somebody who was let in would be now, with the same role.
func (g *Guard) Lasts(p Person) bool {
	switch p.How {
	case BySession:
		g.mu.Lock()
		defer g.mu.Unlock()
		g.look(false)
		s, ok := g.sessions[p.key]
		u, valid := g.valid(s, time.Now())
		return ok && valid && u.Role == p.Role
	case ByToken:
		now, ok := g.tokenOf(p.version)
		return ok && now.Role == p.Role
	}
	return true
}

// SignOut ends the session of somebody.
func (g *Guard) SignOut(ctx context.Context, p Person) error {
	g.mu.Lock()
	delete(g.sessions, p.key)
	g.mu.Unlock()
	return g.o.Sessions.EndSessions(ctx, [][32]byte{p.key})
}

// Run tells what was done to the file, and removes sessions that are over, until
// ctx is done.
func (g *Guard) Run(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	told := ""
	for {
		g.mu.Lock()
		g.look(false)
		changes := slices.Clone(g.book.Changes)
		g.mu.Unlock()
		if n := len(changes); n > 0 && changes[n-1].ID != told && g.o.Changed != nil {
			if err := g.o.Changed(ctx, changes); err != nil {
				g.o.Log.Warn("changes of users and tokens cannot be written into the audit log yet", "error", err)
			} else {
				told = changes[n-1].ID
			}
		}
		if err := g.tidy(ctx); err != nil && ctx.Err() == nil {
			g.o.Log.Warn("old sessions cannot be removed", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// tidy removes sessions that are over, and those beyond the most, of a user and
// in all. While the file
// cannot be read, nobody is let in, but no session ends for good.
func (g *Guard) tidy(ctx context.Context) error {
	g.mu.Lock()
	var over [][32]byte
	now := time.Now()
	if g.err == nil {
		for key, s := range g.sessions {
			if _, ok := g.valid(s, now); !ok {
				over = append(over, key)
				delete(g.sessions, key)
			}
		}
	}
	left, ofUser := len(g.sessions), map[string]int{}
	for _, s := range g.sessions {
		ofUser[s.User]++
	}
	for _, s := range slices.SortedFunc(maps.Values(g.sessions), lastUsed) {
		if left > mostSessions || ofUser[s.User] > mostOfOneUser {
			over = append(over, s.Key)
			delete(g.sessions, s.Key)
			left, ofUser[s.User] = left-1, ofUser[s.User]-1
		}
	}
	g.mu.Unlock()
	if len(over) == 0 {
		return nil
	}
	return g.o.Sessions.EndSessions(ctx, over)
}

// lastUsed orders sessions, those first that were not used longest.
func lastUsed(a, b Session) int {
	return cmp.Or(cmp.Compare(a.UsedAt, b.UsedAt), cmp.Compare(a.CreatedAt, b.CreatedAt))
}

// Stats are counters since the start.
type Stats struct {
	Sessions int   // that last now, or did until a moment ago
	Failed   int64 // wrong names and passwords
	Refused  int64 // attempts beyond a limit, which were not looked at
}

// Stats returns the counters.
func (g *Guard) Stats() Stats {
	g.mu.Lock()
	defer g.mu.Unlock()
	return Stats{len(g.sessions), g.stats.failed.Load(), g.stats.refused.Load()}
}
