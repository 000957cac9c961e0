package login

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const good = "three quiet herons"

// ledger is a Sessions in memory; the real one is tested in the engine.
type ledger struct {
	mu   sync.Mutex
	kept map[[32]byte]Session
	fail error
}

func (l *ledger) Sessions(context.Context) (list []Session, _ error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.kept {
		list = append(list, s)
	}
	return list, l.fail
}

func (l *ledger) SaveSession(_ context.Context, s Session) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail == nil {
		l.kept[s.Key] = s
	}
	return l.fail
}

func (l *ledger) EndSessions(_ context.Context, keys [][32]byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, k := range keys {
		delete(l.kept, k)
	}
	return l.fail
}

// guarded returns a guard with an admin "ann" and a viewer "bob".
func guarded(t *testing.T) (g *Guard, l *ledger, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), FileName)
	edit(t, path, func(b *Book) error {
		return errors.Join(b.SetPassword("ann", Admin, good), b.SetPassword("bob", Viewer, good+"!"))
	})
	l = &ledger{kept: map[[32]byte]Session{}}
	return guard(t, path, l), l, path
}

func guard(t *testing.T, path string, l *ledger) *Guard {
	t.Helper()
	g, err := NewGuard(t.Context(), Options{Path: path, Sessions: l})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func edit(t *testing.T, path string, f func(*Book) error) {
	t.Helper()
	if err := Edit(path, "root", f); err != nil {
		t.Fatal(err)
	}
}

var here = netip.MustParseAddr("192.0.2.7")

func signIn(t *testing.T, g *Guard, name, password string) string {
	t.Helper()
	token, p, err := g.SignIn(t.Context(), name, password, here)
	if err != nil || p.Name != name {
		t.Fatalf("signing in as %s: %+v, %v", name, p, err)
	}
	return token
}

func TestWhoKnowsThePasswordComesIn(t *testing.T) {
	g, l, path := guarded(t)
	for name, role := range map[string]Role{"ann": Admin, "bob": Viewer} {
		token := signIn(t, g, name, map[string]string{"ann": good, "bob": good + "!"}[name])
		if p, ok := g.Session(t.Context(), token); !ok || p.Name != name || p.Role != role || p.How != BySession {
			t.Errorf("%s is %+v, %v", name, p, ok)
		}
		for key := range l.kept {
			if strings.Contains(token, string(key[:])) {
				t.Error("the token itself is kept")
			}
		}
		if p, ok := guard(t, path, l).Session(t.Context(), token); !ok || p.Name != name {
			t.Errorf("after a restart %s is %+v, %v", name, p, ok)
		}
	}
}

func TestS05TokensThatAreNoneLetInNobody(t *testing.T) {
	g, _, path := guarded(t)
	token := signIn(t, g, "ann", good)
	var program string
	edit(t, path, func(b *Book) (err error) { program, err = b.AddToken("grafana", Viewer); return err })
	for _, bad := range []string{"", "x", "../../x", "' OR 1=1 --", token[1:], token + "x", strings.ToUpper(token), strings.Repeat("x", 1<<20), program, "\x00"} {
		if p, ok := g.Session(t.Context(), bad); ok {
			t.Errorf("session %.40q is %+v", bad, p)
		}
	}
	for _, bad := range []string{"", "lbt_", token, program[:len(program)-1], program + "x", strings.Repeat("lbt_", 1<<18)} {
		if p, ok := g.Token(bad); ok {
			t.Errorf("token %.40q is %+v", bad, p)
		}
	}
	p, ok := g.Token(program)
	if !ok || p.Name != "grafana" || p.Role != Viewer || p.How != ByToken || !g.Lasts(p) {
		t.Errorf("the token is %+v, %v", p, ok)
	}
	if text, err := os.ReadFile(path); err != nil || strings.Contains(string(text), program) {
		t.Errorf("the file holds the token itself, %v", err)
	}
	edit(t, path, func(b *Book) error { return b.RemoveToken("grafana") })
	if _, ok := g.Token(program); ok || g.Lasts(p) {
		t.Error("a token that was removed still lets in")
	}
}

func TestS11SessionsEnd(t *testing.T) {
	tests := []struct {
		name string
		do   func(t *testing.T, g *Guard, path, token string)
		ends bool
	}{
		{"nothing happens", func(*testing.T, *Guard, string, string) {}, false},
		{"12 h without a request", func(*testing.T, *Guard, string, string) { time.Sleep(12 * time.Hour) }, true},
		{"a request every 11 h for a day", func(t *testing.T, g *Guard, _, token string) {
			for range 3 {
				time.Sleep(11 * time.Hour)
				g.Session(t.Context(), token)
			}
		}, false},
		{"a request every hour for 7 days", func(t *testing.T, g *Guard, _, token string) {
			for range 7 * 24 {
				time.Sleep(time.Hour)
				g.Session(t.Context(), token)
			}
		}, true},
		{"logout", func(t *testing.T, g *Guard, _, token string) {
			p, _ := g.Session(t.Context(), token)
			if err := g.SignOut(t.Context(), p); err != nil {
				t.Error(err)
			}
		}, true},
		{"another password", func(t *testing.T, _ *Guard, path, _ string) {
			edit(t, path, func(b *Book) error { return b.SetPassword("ann", Admin, "another good one") })
		}, true},
		{"the same password again", func(t *testing.T, _ *Guard, path, _ string) {
			edit(t, path, func(b *Book) error { return b.SetPassword("ann", Admin, good) })
		}, true},
		{"the password of somebody else", func(t *testing.T, _ *Guard, path, _ string) {
			edit(t, path, func(b *Book) error { return b.SetPassword("bob", Viewer, "another good one") })
		}, false},
		{"the user is removed", func(t *testing.T, _ *Guard, path, _ string) {
			edit(t, path, func(b *Book) error { return b.RemoveUser("ann") })
		}, true},
		{"the file is removed", func(t *testing.T, _ *Guard, path, _ string) { os.Remove(path) }, true},
		{"the file is damaged", func(t *testing.T, _ *Guard, path, _ string) { os.WriteFile(path, []byte("{"), 0o600) }, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g, l, path := guarded(t)
				token := signIn(t, g, "ann", good)
				p, _ := g.Session(t.Context(), token)
				tt.do(t, g, path, token)
				if lasts := g.Lasts(p); lasts == tt.ends {
					t.Errorf("Lasts = %v", lasts)
				}
				if _, ok := g.Session(t.Context(), token); ok == tt.ends {
					t.Errorf("the session lets in: %v", ok)
				}
				if _, ok := guard(t, path, l).Session(t.Context(), token); ok == tt.ends {
					t.Errorf("after a restart it lets in: %v", ok)
				}
			})
		})
	}
}

func TestADamagedFileEndsNoSessionForGood(t *testing.T) {
	g, _, path := guarded(t)
	token := signIn(t, g, "ann", good)
	text, _ := os.ReadFile(path)
	os.WriteFile(path, []byte("{"), 0o600)
	if err := g.Err(); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("Err = %v", err)
	}
	if _, _, err := g.SignIn(t.Context(), "ann", good, here); !errors.Is(err, ErrWrong) {
		t.Errorf("signing in: %v", err)
	}
	if err := g.tidy(t.Context()); err != nil {
		t.Error(err)
	}
	os.WriteFile(path, text, 0o600)
	if _, ok := g.Session(t.Context(), token); !ok || g.Err() != nil {
		t.Errorf("after it was mended, the session lets in: %v, Err = %v", ok, g.Err())
	}
	os.WriteFile(path, []byte("{"), 0o600)
	g.Err()
	os.Remove(path)
	if g.Err() != nil || g.HasUsers() {
		t.Errorf("after it was removed: %v", g.Err())
	}
}

func TestPasswordsThatAreRefused(t *testing.T) {
	tests := []struct{ name, password, why string }{
		{"ann", "", "too short"}, {"ann", "123456789", "too short"}, {"ann", strings.Repeat("ab", 600), "too long"},
		{"annabell.miller", "Annabell.Miller", "the name of the user"}, {"ann", "aaaaaaaaaaaa", "again and again"}, {"ann", "bad\xff and long enough", "UTF-8"},
		{"", good, "1 to 64"}, {"a b", good, "1 to 64"}, {"a\nb", good, "1 to 64"}, {strings.Repeat("x", 65), good, "1 to 64"},
	}
	for _, tt := range tests {
		if err := new(Book).SetPassword(tt.name, Admin, tt.password); err == nil || !strings.Contains(err.Error(), tt.why) {
			t.Errorf("%q %q: %v, want %q", tt.name, tt.password, err, tt.why)
		} else if tt.password != "" && len(tt.password) < 100 && strings.Contains(err.Error(), tt.password) && tt.password != good {
			t.Errorf("the error shows the password: %v", err)
		}
	}
	if !matches("pa\u0308sse und ba\u0308che", hash("pässe und bäche")) {
		t.Error("a password that is typed in another form of Unicode does not match")
	}
}

func TestTheFileIsOfItsOwnerOnly(t *testing.T) {
	_, _, path := guarded(t)
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	text, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(text), good) || !strings.Contains(string(text), "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("%s, %v", text, err)
	}
	if names, err := os.ReadDir(filepath.Dir(path)); err != nil || len(names) != 1 {
		t.Errorf("beside it: %v, %v", names, err)
	}
}

func TestAnEditThatFailsChangesNothing(t *testing.T) {
	_, _, path := guarded(t)
	before, _ := os.ReadFile(path)
	if err := Edit(path, "root", func(b *Book) error { b.Users = nil; return b.RemoveUser("eve") }); !errors.Is(err, ErrNoUser) {
		t.Errorf("Edit: %v", err)
	}
	err := Edit(path, "root", func(b *Book) error {
		edit(t, path, func(b *Book) error { return b.RemoveUser("bob") })
		return b.RemoveUser("ann")
	})
	if err == nil || !strings.Contains(err.Error(), "try again") {
		t.Errorf("two at once: %v", err)
	}
	b, err := Read(path)
	if _, ok := b.User("ann"); err != nil || !ok || len(b.Users) != 1 || len(before) == 0 {
		t.Errorf("users %+v, %v", b.Users, err)
	}
}

func TestChangesAreToldWithWhoDidThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, l, path := guarded(t)
		var mu sync.Mutex
		var told [][]Change
		fail := errors.New("disk full")
		g, err := NewGuard(t.Context(), Options{Path: path, Sessions: l, Changed: func(_ context.Context, c []Change) error {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, c)
			return fail
		}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- g.Run(ctx) }()
		time.Sleep(lookEvery + 1)
		mu.Lock()
		if fail = nil; len(told) != 2 || len(told[0]) != 2 || told[0][0].By != "root" || told[0][0].Action != "password set" || told[0][1].Detail != "of bob, role viewer" {
			t.Errorf("told %+v", told)
		}
		mu.Unlock()
		time.Sleep(5 * lookEvery)
		edit(t, path, func(b *Book) error { return b.RemoveUser("bob") })
		time.Sleep(5 * lookEvery)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if last := told[len(told)-1]; len(told) != 4 || last[2].Action != "user removed" {
			t.Errorf("told %d times, last %+v", len(told), last)
		}
	})
}

func TestTheOldestSessionsGiveWay(t *testing.T) {
	g, l, path := guarded(t)
	var u User
	edit(t, path, func(b *Book) error {
		u, _ = b.User("ann")
		for i := range mostSessions / mostOfOneUser {
			b.Users = append(b.Users, User{Name: fmt.Sprint("u", i), Role: u.Role, Password: u.Password, Version: u.Version})
		}
		return nil
	})
	now := time.Now().UnixMicro()
	for i := range mostSessions {
		s := Session{Key: [32]byte{byte(i), byte(i >> 8), 1}, User: fmt.Sprint("u", i/mostOfOneUser), Version: u.Version, CreatedAt: now, UsedAt: now - 1000 + int64(i)}
		g.sessions[s.Key], l.kept[s.Key] = s, s
	}
	token := signIn(t, g, "ann", good)
	if _, ok := g.Session(t.Context(), token); !ok || len(g.sessions) != mostSessions || len(l.kept) != mostSessions {
		t.Errorf("the new one lets in: %v; %d and %d are kept", ok, len(g.sessions), len(l.kept))
	}
	if _, there := g.sessions[[32]byte{0, 0, 1}]; there {
		t.Error("the one used first is still there")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"users":[{"name":"ann","role":"admin","password":"$argon2id$","version":"x","changed_at":1}],"tokens":[],"changes":[]}`))
	f.Add([]byte("null"))
	path := filepath.Join(f.TempDir(), FileName)
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		b, err := Read(path)
		if err != nil {
			return
		}
		for _, u := range b.Users {
			if u.Role == Public || checkName("user", u.Name) != nil {
				t.Errorf("accepted %+v", u)
			}
		}
		if _, err := json.Marshal(b); err != nil {
			t.Error(err)
		}
	})
}
