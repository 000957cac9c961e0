package store

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"
)

// A stretch is what was read of a window.
type stretch struct {
	page        page
	first, last int64 // keys that were looked at
	empty       bool  // there is nothing from first to the end that was given
	asked       int   // tables
	tally       *tally
	notes       notes
}

// read reads a window from s.pos on, not beyond end: large ones in two halves
// at the same time.
func (s *scan) read(ctx context.Context, files []*openFile, end int64, want, bytes int) (*stretch, error) {
	leave, busy, err := s.giveWay(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	began := time.Now()
	defer func() { s.took = time.Since(began) }()
	half := s.size / 2
	if busy || s.size < max(parallelWindow, 2*s.asking) || s.live || s.pos > end-half || runtime.GOMAXPROCS(0) < 2 {
		p, err := s.readStretch(ctx, files, s.pos, end, s.size, want, bytes)
		if err == nil {
			s.notes.merge(&p.notes)
			s.tally.add(p.tally)
		}
		return p, err
	}
	var second *stretch
	var secondErr error
	var wait sync.WaitGroup
	wait.Go(func() {
		second, secondErr = s.readStretch(ctx, files, s.pos+half, min(end, s.pos+s.size-1), half, want, bytes)
	})
	p, err := s.readStretch(ctx, files, s.pos, s.pos+half-1, half, want, bytes)
	wait.Wait()
	if err = errors.Join(err, secondErr); err != nil {
		return nil, err
	}
	s.notes.merge(&p.notes)
	if p.page.cut {
		return p, nil
	}
	s.notes.merge(&second.notes)
	s.tally.add(p.tally)
	s.tally.add(second.tally)
	p.page.records = append(p.page.records, second.page.records...)
	p.page.cut = second.page.cut
	p.page.trim()
	p.last = min(end, s.pos+s.size-1)
	p.empty = false
	p.asked += second.asked
	return p, nil
}

// readStretch reads a window of so many ids that begins at the first message from
// a on, and not beyond end.
func (s *scan) readStretch(ctx context.Context, files []*openFile, a, end, size int64, want, bytes int) (*stretch, error) {
	p := &stretch{first: a, page: page{dir: s.dir, limit: want, bytes: bytes}, tally: s.tally.empty()}
	var readings []*reading
	defer func() {
		for _, r := range readings {
			r.close()
		}
	}()
	var heads []head
	top := int64(0)
	// The file that is written last is read first: what it holds was written
	// after all that the others hold, so a live scan overtakes nothing.
	for _, f := range slices.Backward(files) {
		r, err := s.begin(ctx, f, &p.notes)
		if err != nil {
			return nil, err
		} else if r == nil {
			continue
		}
		readings = append(readings, r)
		more, err := s.heads(ctx, r, s.dir, a)
		if err != nil {
			return nil, err
		}
		heads = append(heads, more...)
		if !s.live {
			continue
		}
		if more, err = s.heads(ctx, r, down, math.MinInt64+1); err != nil {
			return nil, err
		}
		for _, h := range more {
			top = max(top, -h.key)
		}
	}
	if s.live {
		end = min(end, top)
	}
	sortHeads(heads)
	if len(heads) == 0 || heads[0].key > end {
		p.empty = true
		p.last = end
		return p, nil
	}
	p.first = heads[0].key
	p.last = end
	if size < end-p.first {
		p.last = p.first + size - 1
	}
	for _, h := range heads {
		if h.key > p.last || !p.page.wants(h.key) {
			break
		}
		p.asked++
		if err := s.readTable(ctx, h, p.last, p); err != nil {
			return nil, err
		}
	}
	p.page.trim()
	return p, nil
}
