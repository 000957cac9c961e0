package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/logboom/logboom/internal/query"
	"github.com/logboom/logboom/internal/store"
	"github.com/logboom/logboom/internal/syslog"
)

// verifyPause is how long "send --verify" waits between two looks. When a look
// finds no more messages than the one before, there will be no more: a batch is
// committed within "batch_wait", a second at the most.
const verifyPause = 2 * time.Second

// A presence tells which of the messages sent are in the store.
type presence struct {
	Stored  int64 `json:"stored"`  // numbers that are there, once or more often
	Missing int64 `json:"missing"` // numbers that are not
	Twice   int64 `json:"twice"`   // messages whose number is there already
	First   int64 `json:"first_missing,omitempty"`
}

// newTag returns a text that no other message has.
func newTag() string { return fmt.Sprintf("v%016x", rand.Uint64()) }

// verify looks for the messages with the tag and the numbers 1 to last in the
// archive, until all are there or no more come.
func verify(ctx context.Context, archive *store.Archive, tag string, from time.Time, last int64) (presence, error) {
	before := presence{Stored: -1}
	for {
		now, err := look(ctx, archive, tag, from, last)
		if err != nil || now.Missing == 0 || now.Stored == before.Stored {
			return now, err
		}
		before = now
		pause(ctx, verifyPause)
		if ctx.Err() != nil {
			return now, ctx.Err()
		}
	}
}

// look counts once.
func look(ctx context.Context, archive *store.Archive, tag string, from time.Time, last int64) (presence, error) {
	q, err := query.Parse(`"tag=` + tag + `"`)
	if err != nil {
		return presence{}, err
	}
	var v presence
	there := make([]uint64, last/64+1)
	err = archive.Each(ctx, store.Search{Query: q, From: from.UnixMicro()}, func(r *syslog.Record) error {
		seq, ok := sequence(r.Raw)
		if !ok || seq < 1 || seq > last {
			return nil
		}
		if bit := uint64(1) << (seq % 64); there[seq/64]&bit == 0 {
			there[seq/64] |= bit
			v.Stored++
		} else {
			v.Twice++
		}
		return nil
	})
	if v.Missing = last - v.Stored; v.Missing > 0 {
		for v.First = 1; there[v.First/64]&(1<<(v.First%64)) != 0; v.First++ {
		}
	}
	return v, err
}

// sequence reads the number of a made-up message.
func sequence(raw []byte) (n int64, ok bool) {
	_, digits, found := bytes.Cut(raw, []byte(" seq="))
	for i := 0; found && i < len(digits) && i < 18 && digits[i] >= '0' && digits[i] <= '9'; i++ {
		n, ok = n*10+int64(digits[i]-'0'), true
	}
	return n, ok
}

// err says what is wrong, nil if every message is there once.
func (v presence) err(last int64) error {
	var errs []error
	if v.Missing > 0 {
		errs = append(errs, fmt.Errorf("%s of %s messages are not in the store, the first is number %d",
			thousands(v.Missing), thousands(last), v.First))
	}
	if v.Twice > 0 {
		errs = append(errs, fmt.Errorf("%s messages are in the store more than once", thousands(v.Twice)))
	}
	if err := errors.Join(errs...); err != nil {
		return hint(err, "logboom doctor shows what was lost and why; is this the folder of the server that they were sent to? --directory names another")
	}
	return nil
}
