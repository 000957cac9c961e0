package engine

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/logboom/logboom/internal/console"
)

// Bounds of what is kept of our own log for the console.
const (
	ownLines = 500
	ownLine  = 2000 // bytes of the text of a line, and of what is beside it
)

// An OwnLog is a [slog.Handler] that keeps the newest lines in memory and hands
// all to another. Make it with [NewOwnLog].
type OwnLog struct {
	to     slog.Handler
	detail slog.Handler // writes what is beside the text into lines.buffer
	lines  *ownLog
}

type ownLog struct {
	mu     sync.Mutex
	buffer bytes.Buffer
	kept   []console.LogLine // a ring
	next   int
}

// NewOwnLog returns a handler in front of another.
func NewOwnLog(to slog.Handler) *OwnLog {
	lines := &ownLog{}
	detail := slog.NewTextHandler(&lines.buffer, &slog.HandlerOptions{Level: slog.Level(-100), ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey) {
			return slog.Attr{}
		}
		a.Value = forPeople(a.Value.Resolve())
		return a
	}})
	return &OwnLog{to, detail, lines}
}

// forPeople returns what is shown for a value beside the text of a line. Foreign
// text that came quoted would be quoted twice: the handler quotes what needs it.
// An age of more than a year is one of something without a date.
func forPeople(v slog.Value) slog.Value {
	const year = 365 * 24 * time.Hour
	switch v.Kind() {
	case slog.KindString:
		if text, err := strconv.Unquote(v.String()); err == nil {
			return slog.StringValue(text)
		}
	case slog.KindDuration:
		if v.Duration() > year {
			return slog.StringValue("over a year")
		}
	}
	return v
}

// Enabled is that of the other.
func (l *OwnLog) Enabled(ctx context.Context, level slog.Level) bool { return l.to.Enabled(ctx, level) }

// Handle keeps a line and hands it on.
func (l *OwnLog) Handle(ctx context.Context, r slog.Record) error {
	l.keep(ctx, r)
	return l.to.Handle(ctx, r)
}

func (l *OwnLog) keep(ctx context.Context, r slog.Record) {
	o := l.lines
	o.mu.Lock()
	defer o.mu.Unlock()
	o.buffer.Reset()
	line := console.LogLine{At: r.Time.UnixMicro(), Level: r.Level.String(), Text: r.Message[:min(len(r.Message), ownLine)]}
	if l.detail.Handle(ctx, r) == nil {
		line.Detail = strings.TrimSpace(string(o.buffer.Bytes()[:min(o.buffer.Len(), ownLine)]))
	}
	if o.buffer.Cap() > 1<<16 {
		o.buffer = bytes.Buffer{} // of a stack, say
	}
	if len(o.kept) < ownLines {
		o.kept = append(o.kept, line)
		return
	}
	o.kept[o.next] = line
	o.next = (o.next + 1) % ownLines
}

// WithAttrs and WithGroup are as [slog.Handler] wants them.
func (l *OwnLog) WithAttrs(a []slog.Attr) slog.Handler {
	return &OwnLog{l.to.WithAttrs(a), l.detail.WithAttrs(a), l.lines}
}

// WithGroup is for what follows.
func (l *OwnLog) WithGroup(name string) slog.Handler {
	return &OwnLog{l.to.WithGroup(name), l.detail.WithGroup(name), l.lines}
}

// newest returns the newest lines, the newest first.
func (l *OwnLog) newest(most int) []console.LogLine {
	o := l.lines
	o.mu.Lock()
	defer o.mu.Unlock()
	out := append(slices.Clone(o.kept[o.next:]), o.kept[:o.next]...)
	slices.Reverse(out)
	return out[:min(most, len(out))]
}

// ownLog is what the console asks for. No secret of the settings is in our log;
// this holds where somebody else wrote one into an error.
func (e *Engine) ownLog(most int) []console.LogLine {
	lines := e.own.newest(most)
	hide := e.config().Hide()
	for i := range lines {
		lines[i].Text, lines[i].Detail = hide.Replace(lines[i].Text), hide.Replace(lines[i].Detail)
	}
	return lines
}
