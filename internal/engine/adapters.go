package engine

import (
	"context"

	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/store"
	"github.com/logboom/logboom/internal/syslog"
)

// archive is the store's archive in the words of the console.
type archive struct{ *store.Archive }

func (a archive) Search(ctx context.Context, s console.Search) (console.Result, error) {
	r, err := a.Archive.Search(ctx, toStore(s))
	return console.Result{Records: r.Records, More: r.More, Notes: r.Notes}, err
}

func (a archive) Each(ctx context.Context, s console.Search, fn func(*syslog.Record) error) error {
	return a.Archive.Each(ctx, toStore(s), fn)
}

func (a archive) Count(ctx context.Context, s console.Search, b console.Buckets) (console.Counts, error) {
	c, err := a.Archive.Count(ctx, toStore(s), store.Buckets(b))
	return console.Counts(c), err
}

func toStore(s console.Search) store.Search {
	return store.Search{
		Query: s.Query, Directory: s.Directory, From: s.From, To: s.To, Device: s.Device,
		Before: s.Before, After: s.After, Around: s.Around, Limit: s.Limit,
	}
}

var _ console.Archive = archive{}
var _ console.Tail = (*store.Tail)(nil)
