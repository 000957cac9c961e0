package login

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
)

// nobody keeps no sessions.
type nobody struct{}

func (nobody) Sessions(context.Context) ([]Session, error)   { return nil, nil }
func (nobody) SaveSession(context.Context, Session) error    { return nil }
func (nobody) EndSessions(context.Context, [][32]byte) error { return nil }

func TestTheFirstPasswordIsSetOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	g, err := NewGuard(t.Context(), Options{Path: path, Sessions: nobody{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.SetFirst("admin", "short"); err == nil || g.HasUsers() {
		t.Errorf("too short: %v, users %v", err, g.HasUsers())
	}
	if err := g.SetFirst("admin", "three quiet herons"); err != nil || !g.HasUsers() {
		t.Errorf("%v, users %v", err, g.HasUsers())
	}
	if err := g.SetFirst("eve", "four quiet herons"); !errors.Is(err, ErrHasUsers) {
		t.Errorf("a second one: %v", err)
	}
	b, err := Read(path)
	if err != nil || len(b.Users) != 1 || b.Users[0].Role != Admin || len(b.Changes) != 0 { // who calls notes who did
		t.Errorf("%+v, %v", b, err)
	}
}
