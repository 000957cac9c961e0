package console

import (
	"bufio"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/logboom/logboom/internal/syslog"
)

// contentTypes of the formats of an export.
var contentTypes = map[string]string{
	"text": "text/plain; charset=utf-8",
	"json": "application/x-ndjson; charset=utf-8",
	"csv":  "text/csv; charset=utf-8; header=present",
}

// getExport answers GET export: everything that a search finds, as a file that
// is written while it is read. It ends when the client goes away; if reading
// fails in the middle the connection is cut, so that nobody takes half a file
// for the whole. It lasts as long as the client likes to read, so a person has
// one at a time.
func (c *Console) getExport(w http.ResponseWriter, r *http.Request) {
	p := whoAsks(r)
	mine, ok := c.files.take(who(p), 1)
	if !ok {
		c.busy(w, "%s an export running already", has(p))
		return
	}
	defer mine()
	free, err := take(r.Context(), c.exports, 0)
	if err != nil {
		c.busy(w, "%d exports are running already", cap(c.exports))
		return
	}
	defer free()
	s, params, ok := c.searchOf(w, r)
	if !ok {
		return
	}
	if params.Get("limit") == "" {
		s.Limit = 0
	}
	format := params.Get("format")
	if format == "" {
		format = "csv"
	}
	kind := contentTypes[format]
	if kind == "" {
		fail(w, http.StatusBadRequest, fmt.Sprintf("format: %q is not one of %s", format, strings.Join(Formats, ", ")), "")
		return
	}
	// The time for reading the request must not end a long answer; without
	// deadlines there is nothing to lift.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	name := "logboom-" + c.now().In(c.opts.Location).Format("20060102-150405") + map[string]string{"text": ".txt", "json": ".jsonl", "csv": ".csv"}[format]
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	if r.Method == http.MethodHead {
		return
	}
	out := bufio.NewWriterSize(w, 64<<10)
	rows, err := NewRowWriter(out, RowOptions{Format: format, Location: c.opts.Location, Directory: c.opts.Directory, Formulas: params.Get("formulas") == "1"})
	if err == nil {
		err = c.opts.Archive.Each(r.Context(), s, func(rec *syslog.Record) error { return rows.Write(rec) })
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		if r.Context().Err() == nil {
			c.log.Warn("console: an export was cut", "query", strconv.Quote(params.Get("query")), "error", err)
		}
		panic(http.ErrAbortHandler)
	}
}
