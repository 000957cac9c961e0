package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

// A Rehearsal says what is to be rehearsed.
type Rehearsal struct {
	Rule     string // this one alone; "" = all that are configured, or all of the draft
	Draft    string // TOML with [alerts] and [[alerts.rule]], instead of those configured; "" = none
	From, To int64  // µs since 1970 UTC, from From to before To; 0 = from the beginning, up to now
}

// A Refusal is the error for what cannot be done as it was asked for.
type Refusal struct {
	Message  string
	Hint     string    // what to do; may be empty
	Problems []Problem // of a draft
}

func (r *Refusal) Error() string { return r.Message }

// rehearseDays is how far back a rehearsal goes that is not told how far.
const rehearseDays = 7

// postRehearse answers POST alerts/rehearse: what rules would have sent.
// {"rule": "name"} is one that is configured, {"draft": "..."} are others, and
// neither is all as configured; "since", "from" and "to" are times as people
// write them. It ends when the client goes away.
func (c *Console) postRehearse(w http.ResponseWriter, r *http.Request) {
	want, ok := c.rehearsalOf(w, r)
	if !ok {
		return
	}
	free, err := take(r.Context(), c.rehearse, 0)
	if err != nil {
		c.busy(w, "%d rehearsal is running already", cap(c.rehearse))
		return
	}
	defer free()
	// The time for reading the request must not end a long answer; without
	// deadlines there is nothing to lift.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	ctx, cancel := context.WithTimeout(r.Context(), c.limits.rehearseTime)
	defer cancel()
	began := time.Now()
	found, err := c.opts.Rehearse(ctx, want)
	var refusal *Refusal
	switch {
	case err == nil:
	case errors.As(err, &refusal) && refusal.Problems != nil:
		w.Header().Set("Cache-Control", "no-store")
		answer(w, http.StatusBadRequest, map[string]any{"error": failure{Message: refusal.Message, Hint: refusal.Hint}, "problems": refusal.Problems})
		return
	case refusal != nil:
		fail(w, http.StatusBadRequest, refusal.Message, refusal.Hint)
		return
	case r.Context().Err() != nil:
		panic(http.ErrAbortHandler) // nobody listens any more
	case ctx.Err() != nil:
		fail(w, http.StatusGatewayTimeout, fmt.Sprintf("the rehearsal took longer than %v", c.limits.rehearseTime), "rehearse a shorter time, or one rule")
		return
	default:
		c.log.Error("console: rehearsing", "error", err)
		fail(w, http.StatusInternalServerError, "the rehearsal did not work: "+err.Error(), "messages are still being received; the log of Logboom has more")
		return
	}
	result := *found
	result.Days, result.Newest, result.Notes = list(found.Days), list(found.Newest), list(found.Notes)
	result.Devices, result.Rules, result.Texts = list(found.Devices), list(found.Rules), list(found.Texts)
	answer(w, http.StatusOK, rehearsal{result, time.Since(began).Milliseconds()})
}

// rehearsal answers POST alerts/rehearse.
type rehearsal struct {
	alert.Rehearsed
	TookMS int64 `json:"took_ms"`
}

// rehearsalOf reads what is wanted; if it is wrong it answers and returns false.
func (c *Console) rehearsalOf(w http.ResponseWriter, r *http.Request) (Rehearsal, bool) {
	var wish struct{ Rule, Draft, Since, From, To string }
	var want Rehearsal
	bad := func(message, hint string) (Rehearsal, bool) {
		fail(w, http.StatusBadRequest, message, hint)
		return want, false
	}
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	var large *http.MaxBytesError
	if err := decoder.Decode(&wish); errors.As(err, &large) {
		fail(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("a draft may have %d kB", large.Limit>>10), "")
		return want, false
	} else if err != nil {
		return bad(`expected a JSON object with texts: "rule" or "draft", and "since", or "from" and "to"`, `for example {"rule": "Uplink errors", "since": "7d"}`)
	}
	if wish.Rule != "" && wish.Draft != "" {
		return bad(`"rule" and "draft" were both given`, "a draft is rehearsed as a whole")
	}
	if wish.Since != "" && wish.From != "" {
		return bad(`"since" and "from" were both given`, "they mean the same")
	}
	want.Rule, want.Draft = wish.Rule, wish.Draft
	now, from := c.now(), wish.Since+wish.From
	if from == "" {
		from = fmt.Sprintf("%dd", rehearseDays)
	}
	var err error
	if want.From, err = ParseSince(from, now, c.opts.Location); err != nil {
		return bad("since: "+err.Error(), "")
	}
	if want.To, err = ParseTime(wish.To, now, c.opts.Location); err != nil {
		return bad("to: "+err.Error(), "")
	}
	if want.To != 0 && want.From >= want.To {
		return bad("the time begins after its end", "")
	}
	return want, true
}
