package login

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestS10WrongPasswords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, _, _ := guarded(t)
		ctx := t.Context()
		var often *TooOften
		for i := range 5 {
			if _, _, err := g.SignIn(ctx, "ann", "wrong", here); !errors.Is(err, ErrWrong) {
				t.Fatalf("attempt %d: %v", i+1, err)
			}
		}
		if _, _, err := g.SignIn(ctx, "ann", good, here); !errors.As(err, &often) || often.Wait != 15*time.Minute {
			t.Errorf("the right one after five wrong ones: %v", err)
		}
		if _, _, err := g.SignIn(ctx, "ann", good, netip.MustParseAddr("192.0.2.8")); err != nil {
			t.Errorf("the right one from another address: %v", err)
		}
		time.Sleep(15*time.Minute - time.Second)
		if _, _, err := g.SignIn(ctx, "ann", good, here); !errors.As(err, &often) || often.Wait != time.Second {
			t.Errorf("a second too early: %v", err)
		}
		time.Sleep(time.Second)
		if _, _, err := g.SignIn(ctx, "ann", good, here); err != nil {
			t.Errorf("after 15 minutes: %v", err)
		}
		if s := g.Stats(); s.Failed != 5 || s.Refused != 2 || s.Sessions != 2 {
			t.Errorf("counted %+v", s)
		}
	})
}

func TestS10AThousandAtOnceAreFiveGuesses(t *testing.T) {
	g, _, _ := guarded(t)
	var wg sync.WaitGroup
	for range 1000 {
		wg.Go(func() { g.SignIn(t.Context(), "ann", "wrong", here) })
	}
	wg.Wait()
	if s := g.Stats(); s.Failed != 5 || s.Refused != 995 {
		t.Errorf("counted %+v, want 5 looked at", s)
	}
}

func TestS10AddressesOfOneNetworkAreOne(t *testing.T) {
	var p pace
	now := time.Now()
	for i := range 5 {
		if wait := p.begin(netip.MustParseAddr(fmt.Sprintf("2001:db8:0:1::%x", i+1)), "", now); wait != 0 {
			t.Fatalf("attempt %d has to wait %v", i+1, wait)
		}
	}
	tests := []struct {
		address string
		blocked bool
	}{
		{"2001:db8:0:1:ffff::9", true}, {"2001:db8:0:2::1", false}, {"192.0.2.1", false}, {"fe80::1%eth0", false},
	}
	for _, tt := range tests {
		if wait := p.begin(netip.MustParseAddr(tt.address), "", now); wait > 0 != tt.blocked {
			t.Errorf("%s has to wait %v", tt.address, wait)
		}
	}
	if Network(netip.MustParseAddr("::ffff:192.0.2.1")) != Network(netip.MustParseAddr("192.0.2.1")) {
		t.Error("a mapped address is not the one it stands for")
	}
}

func TestAllAddressesTogetherHaveThirtyAMinuteAndTheTableIsBounded(t *testing.T) {
	var p pace
	now := time.Now()
	let := 0
	for i := range 60 * 30 { // every second for half an hour, each from another address
		for j := range 10 {
			if p.begin(netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), byte(j)}), "", now) == 0 {
				let++
			}
		}
		now = now.Add(time.Second)
		if len(p.failures) > 15*attemptsInAll || len(p.attempts) > attemptsInAll {
			t.Fatalf("the table has %d addresses and %d attempts", len(p.failures), len(p.attempts))
		}
	}
	if let != 30*30 {
		t.Errorf("%d were looked at in half an hour, want 900", let)
	}
}

func TestARightPasswordDoesNotForgiveWrongOnes(t *testing.T) {
	g, _, _ := guarded(t)
	for range 4 {
		g.SignIn(t.Context(), "ann", "wrong", here)
	}
	for range 3 {
		signIn(t, g, "bob", good+"!")
	}
	g.SignIn(t.Context(), "ann", "wrong", here)
	var often *TooOften
	if _, _, err := g.SignIn(t.Context(), "ann", "wrong", here); !errors.As(err, &often) {
		t.Errorf("the sixth wrong one: %v", err)
	}
}

func TestS12NobodyLearnsWhetherAUserExists(t *testing.T) {
	g, _, path := guarded(t)
	_, _, known := g.SignIn(t.Context(), "ann", "wrong password", here)
	_, _, unknown := g.SignIn(t.Context(), "eve", "wrong password", here)
	if known == nil || unknown == nil || known.Error() != unknown.Error() {
		t.Errorf("known: %v, unknown: %v", known, unknown)
	}
	// The same work is done for both: the memory of a hash is asked for.
	b, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	u, _ := b.User("ann")
	for _, kept := range []string{u.Password, ""} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if matches("wrong password", kept) {
			t.Error("it matches")
		}
		runtime.ReadMemStats(&after)
		if asked := after.TotalAlloc - before.TotalAlloc; asked < hashMemory<<10 {
			t.Errorf("looking at %.12q took %d bytes, less than a hash", kept, asked)
		}
	}
}

func TestARightPasswordCostsNobodyElseATurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, _, _ := guarded(t)
		begun := time.Now()
		var often *TooOften
		for i := range 10 {
			if _, _, err := g.SignIn(t.Context(), "bob", good+"!", here); err != nil {
				t.Fatalf("sign-in %d: %v", i+1, err)
			}
			time.Sleep(time.Second)
		}
		if _, _, err := g.SignIn(t.Context(), "bob", good+"!", netip.MustParseAddr("192.0.2.8")); !errors.As(err, &often) || often.Wait != 50*time.Second {
			t.Errorf("the eleventh within a minute: %v", err)
		}
		if len(g.pace.attempts) != 0 || len(g.pace.failures) != 0 {
			t.Errorf("right ones left %d attempts and %d failures", len(g.pace.attempts), len(g.pace.failures))
		}
		for range 5 { // as many as a minute has
			if _, _, err := g.SignIn(t.Context(), "ann", good, here); err != nil {
				t.Errorf("somebody else from the same address: %v", err)
			}
		}
		time.Sleep(time.Until(begun.Add(time.Minute)))
		if _, _, err := g.SignIn(t.Context(), "bob", good+"!", here); err != nil {
			t.Errorf("after a minute: %v", err)
		}
		time.Sleep(time.Minute)
		if g.pace.forget(time.Now()); len(g.pace.rights) != 0 {
			t.Errorf("after another one, %d users are remembered", len(g.pace.rights))
		}
	})
}

func TestSigningInEndsNoSessionOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, l, _ := guarded(t)
		ann := signIn(t, g, "ann", good)
		var bob []string
		for range 25 {
			time.Sleep(10 * time.Second)
			bob = append(bob, signIn(t, g, "bob", good+"!"))
		}
		if _, ok := g.Session(t.Context(), ann); !ok {
			t.Error("the session of somebody else has ended")
		}
		for i, token := range bob {
			if _, ok := g.Session(t.Context(), token); ok != (i >= 5) {
				t.Errorf("session %d of 25 lasts: %v, want the newest 20", i+1, ok)
			}
		}
		if len(l.kept) != 21 {
			t.Errorf("%d sessions are kept, want 21", len(l.kept))
		}
	})
}
