package console

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/logboom/logboom/internal/login"
)

// cookieName is that of the cookie which holds a session.
const cookieName = "logboom_session"

// lastsEvery is how often it is looked whether who reads a stream may still.
const lastsEvery = 5 * time.Second

// person finds out who asks. ok is false for a token that is none: who shows
// one is not taken for somebody else.
func (c *Console) person(r *http.Request) (p login.Person, ok bool) {
	if h := r.Header.Get("Authorization"); h != "" {
		scheme, token, _ := strings.Cut(h, " ")
		if c.opts.Guard == nil || !strings.EqualFold(scheme, "Bearer") {
			return p, false
		}
		return c.opts.Guard.Token(strings.TrimSpace(token))
	}
	if cookie, err := r.Cookie(cookieName); err == nil && c.opts.Guard != nil {
		if p, ok := c.opts.Guard.Session(r.Context(), cookie.Value); ok {
			return p, true
		}
	}
	if c.fromHere(r) && !c.opts.PasswordOnLoopback {
		return login.Person{Role: login.Admin, How: login.ByMachine}, true
	}
	return login.Person{}, true
}

// personKey is where a request keeps who asks.
type personKey struct{}

// whoAsks returns who was let in with a request.
func whoAsks(r *http.Request) login.Person {
	p, _ := r.Context().Value(personKey{}).(login.Person)
	return p
}

// letIn looks whether who asks may use a route, and returns the request with
// who it is. If ok is false, it has answered.
func (c *Console) letIn(w http.ResponseWriter, r *http.Request, need login.Role) (_ *http.Request, ok bool) {
	p, known := c.person(r)
	switch {
	case need == login.Public, known && p.Role >= need:
		return r.WithContext(context.WithValue(r.Context(), personKey{}, p)), true
	case !known:
		c.unauthorized(w, "this token is not known, or not any more", "logboom console token list shows those that there are")
	case p.Role != login.Public:
		c.stats.refusedRequests.Add(1)
		fail(w, http.StatusForbidden, "this needs the role "+need.String()+"; "+p.Name+" has the role "+p.Role.String(), "somebody who may has to do it")
	case c.page.app != nil && r.Method == http.MethodGet && !strings.HasPrefix(r.URL.Path, "/api/") && strings.Contains(r.Header.Get("Accept"), "text/html"):
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, "/login", http.StatusSeeOther)
	case c.opts.Guard == nil || !c.opts.Guard.HasUsers():
		c.unauthorized(w, "this needs a password, and none is set", "on the server: logboom console password")
	default:
		c.unauthorized(w, "this needs a password: nobody is signed in, or not any more", "sign in at /login; a program sends Authorization: Bearer and a token")
	}
	return nil, false
}

func (c *Console) unauthorized(w http.ResponseWriter, message, hint string) {
	c.stats.refusedRequests.Add(1)
	w.Header().Set("WWW-Authenticate", `Bearer realm="logboom"`)
	fail(w, http.StatusUnauthorized, message, hint)
}

// whileLetIn calls serve with a request that ends when who asks may not go on:
// a stream must not outlive its session.
func (c *Console) whileLetIn(r *http.Request, serve func(*http.Request)) {
	p := whoAsks(r)
	if c.opts.Guard == nil || p.How != login.BySession && p.How != login.ByToken {
		serve(r)
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	done := make(chan struct{})
	go func() { // ends with serve
		defer close(done)
		tick := time.NewTicker(lastsEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if !c.opts.Guard.Lasts(p) {
					cancel()
					return
				}
			}
		}
	}()
	defer func() { cancel(); <-done }()
	serve(r.WithContext(ctx))
}

// cookie returns the cookie of a session; "" removes it.
func (c *Console) cookie(r *http.Request, token string) *http.Cookie {
	age := int((7 * 24 * time.Hour).Seconds()) // the server ends it anyway
	if token == "" {
		age = -1
	}
	return &http.Cookie{
		Name: cookieName, Value: token, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		// A proxy that speaks TLS says so; who lies harms nobody else.
		Secure: overTLS(r) || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https"),
	}
}

// postLogin signs in: {"name": "...", "password": "..."}.
func (c *Console) postLogin(w http.ResponseWriter, r *http.Request) {
	var wish struct{ Name, Password *string }
	if err := json.NewDecoder(r.Body).Decode(&wish); err != nil || wish.Name == nil || wish.Password == nil {
		fail(w, http.StatusBadRequest, `expected a JSON object with "name" and "password"`, "")
		return
	}
	token, p, err := c.opts.Guard.SignIn(r.Context(), *wish.Name, *wish.Password, remoteAddr(r))
	var often *login.TooOften
	switch {
	case errors.As(err, &often):
		seconds := int((often.Wait + time.Second - 1) / time.Second)
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
		fail(w, http.StatusTooManyRequests, "there were too many attempts to sign in", "wait "+wait(seconds)+"; on the server, logboom console password sets another one")
		return
	case errors.Is(err, login.ErrBusy):
		c.busy(w, "%d passwords are being looked at already", 2)
		return
	case errors.Is(err, login.ErrWrong):
		fail(w, http.StatusUnauthorized, "the name or the password is wrong", "forgot it? on the server: logboom console password")
		return
	case err != nil:
		c.log.Error("console: signing in", "error", err)
		fail(w, http.StatusInternalServerError, "the session cannot be kept, see Logboom's own log", "messages are still being received")
		return
	}
	http.SetCookie(w, c.cookie(r, token))
	c.record(r, p, "signed in", "role "+p.Role.String()) // state counts these lines apart
	c.answerSession(w, p)
}

// wait says how long in words.
func wait(seconds int) string {
	if seconds < 60 {
		return strconv.Itoa(seconds) + " s"
	}
	return strconv.Itoa((seconds+59)/60) + " min"
}

// postLogout ends the session, if there is one.
func (c *Console) postLogout(w http.ResponseWriter, r *http.Request) {
	if p := whoAsks(r); p.How == login.BySession {
		if err := c.opts.Guard.SignOut(r.Context(), p); err != nil {
			c.log.Error("console: signing out", "error", err)
			fail(w, http.StatusInternalServerError, "the session has ended, but may come back with a restart, see Logboom's own log", "")
			return
		}
		c.record(r, p, "signed out", "")
	}
	http.SetCookie(w, c.cookie(r, ""))
	answer(w, http.StatusOK, map[string]any{})
}

// A session says who asks: a name, "" for nobody; a role; and how that is known.
type session struct {
	Name string `json:"name"`
	Role string `json:"role"`
	How  string `json:"how"`
}

// getSession says who asks.
func (c *Console) getSession(w http.ResponseWriter, r *http.Request) { c.answerSession(w, whoAsks(r)) }

func (c *Console) answerSession(w http.ResponseWriter, p login.Person) {
	answer(w, http.StatusOK, session{p.Name, p.Role.String(), string(p.How)})
}
