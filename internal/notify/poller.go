package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-telegram/bot"
)

const (
	// pollTime is how long Telegram may keep a question for something new
	// open: short enough for firewalls that forget, and for requestTime.
	pollTime = 25 * time.Second

	// maxUpdates is how many updates are taken at once, so that they fit into
	// maxAnswer. After so many the poller rests for floodRest: somebody floods.
	maxUpdates = 10
	floodRest  = time.Second

	// staleAfter is the age from which a command is not obeyed any more:
	// Logboom did not run, or the way was closed.
	staleAfter = 10 * time.Minute

	// deskTime bounds the work that a command makes.
	deskTime = 15 * time.Second

	// conflictRest is the rest after another program took the updates.
	conflictRest = time.Minute
)

// Offsets keep how far updates were taken, over restarts.
type Offsets interface {
	// Offset returns the number of the next update of a bot; 0 = the first
	// that there is.
	Offset(ctx context.Context, bot string) (next int64, err error)
	SetOffset(ctx context.Context, bot string, next int64) error
}

// PollerOptions say who may ask, and who answers.
type PollerOptions struct {
	Chats   []*Telegram // of one bot, at least one; only these are listened to
	Allowed []string    // ids of users, or names such as "@ann"; empty = everybody in the chats
	Desk    Desk
	Offsets Offsets
	Log     *slog.Logger // nil = nothing is logged
}

// A Poller asks Telegram for commands and for presses of buttons, and does what
// they say. There must be one for each bot only: Telegram gives an update once.
//
// An update is taken before it is obeyed, so that a restart repeats none.
type Poller struct {
	PollerOptions
	main   *Telegram // whose bot it is
	client *telegramClient
	botID  string
	name   string // of the bot, without @; "" = not known yet

	allowed map[string]bool // ids and names in lower case
	budgets budgets
	logged  map[string]time.Time // what was logged last, at most a few words

	refused atomic.Int64 // commands and presses beyond a limit

	mu      sync.Mutex
	trouble error // of the last attempt; nil = none
	lasting bool  // somebody has to act first
	seen    chatList
}

// NewPoller returns a poller that does nothing before Run.
func NewPoller(o PollerOptions) *Poller {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	main := o.Chats[0]
	id, _, _ := strings.Cut(main.token, ":")
	p := &Poller{
		PollerOptions: o, main: main, client: newTelegramClient(main.proxy), botID: id,
		allowed: map[string]bool{}, budgets: budgets{}, logged: map[string]time.Time{},
	}
	for _, a := range o.Allowed {
		p.allowed[strings.ToLower(strings.TrimSpace(a))] = true
	}
	return p
}

// Refused returns how many commands and presses were not looked at because
// there were too many.
func (p *Poller) Refused() int64 {
	if p == nil {
		return 0
	}
	return p.refused.Load()
}

// Trouble returns why commands do not arrive and somebody has to act, nil if
// they do or it may pass by itself.
func (p *Poller) Trouble() error {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.lasting {
		return nil
	}
	return p.trouble
}

// Run takes updates until ctx is done, and returns nil.
func (p *Poller) Run(ctx context.Context) error {
	next, known := int64(0), false
	failures := 0
	for ctx.Err() == nil {
		rest, err := time.Duration(0), error(nil)
		if !known {
			if next, err = p.Offsets.Offset(ctx, p.botID); err == nil {
				known = true
			}
		}
		if err == nil {
			next, rest, err = p.round(ctx, next)
		}
		if ctx.Err() != nil {
			return nil
		}
		if err == nil {
			failures = 0
			p.well()
		} else {
			failures++
			rest = max(rest, backoff(failures))
			p.unwell(err, rest)
		}
		if rest > 0 {
			select {
			case <-ctx.Done():
			case <-time.After(rest):
			}
		}
	}
	return nil
}

// A pollError is why there are no updates.
type pollError struct {
	err     error
	lasting bool // somebody has to act
}

func (e *pollError) Error() string { return e.err.Error() }

func (p *Poller) well() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.trouble != nil {
		p.Log.Info("commands from Telegram arrive again")
	}
	p.trouble, p.lasting = nil, false
}

func (p *Poller) unwell(err error, rest time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.trouble == nil || p.trouble.Error() != err.Error() {
		p.Log.Warn("commands from Telegram do not arrive; alerts are not affected", "error", err, "retry_in", rest.Round(time.Second))
	}
	var pe *pollError
	p.trouble, p.lasting = err, errors.As(err, &pe) && pe.lasting
}

// round takes the updates from next on, waiting for one, and obeys them. It
// returns the number of the one to take then, and for how long to rest.
func (p *Poller) round(ctx context.Context, next int64) (_ int64, rest time.Duration, err error) {
	if p.name == "" {
		var me struct {
			Username string `json:"username"`
		}
		if rest, err := p.call(ctx, "getMe", nil, &me); err != nil {
			return next, rest, err
		}
		p.name = me.Username
	}
	var list []json.RawMessage
	asked := time.Now()
	rest, err = p.call(ctx, "getUpdates", map[string]any{
		"offset": next, "limit": maxUpdates, "timeout": int(pollTime.Seconds()), "allowed_updates": []string{"message", "callback_query"},
	}, &list)
	if err != nil {
		return next, rest, err
	}
	updates := make([]update, 0, len(list))
	after, numbered := next, false
	for _, text := range list[:min(len(list), maxUpdates)] {
		p.saw(text)
		u, ok := readUpdate(text)
		numbered = numbered || u.ID > 0
		if u.ID >= after {
			after = u.ID + 1
		}
		if ok && u.ID >= next {
			updates = append(updates, u)
		}
	}
	if !numbered && len(list) > 0 {
		return next, 0, fmt.Errorf("%s: the answer holds no number of an update; something on the way interferes, or telegram.api_url is wrong", p.main.name)
	}
	if after != next {
		if err := p.Offsets.SetOffset(ctx, p.botID, after); err != nil {
			return next, 0, fmt.Errorf("keeping which commands were taken: %w", err) // none is obeyed twice
		}
	}
	for i := range updates {
		if ctx.Err() != nil {
			break
		}
		p.obey(ctx, &updates[i])
	}
	if len(list) >= maxUpdates || after == next && time.Since(asked) < floodRest {
		rest = floodRest // of who answers at once that there is nothing, too
	}
	return after, rest, nil
}

// call makes a request that the library keeps to itself; result may be nil.
func (p *Poller) call(ctx context.Context, method string, params map[string]any, result any) (rest time.Duration, err error) {
	if params == nil {
		params = map[string]any{}
	}
	body, err := json.Marshal(params)
	if err != nil {
		return 0, err
	}
	var a answer
	r, err := http.NewRequestWithContext(context.WithValue(ctx, answerKey{}, &a), http.MethodPost,
		p.main.api+"/bot"+p.main.token+"/"+method, strings.NewReader(string(body)))
	if err != nil {
		return 0, errors.New(p.main.secret.Replace(err.Error()))
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := p.client.Do(r)
	if err == nil {
		_, _ = io.Copy(io.Discard, resp.Body) // it is in memory
		if a.taken() {
			if err = json.Unmarshal(a.Result, result); err == nil {
				return 0, nil
			}
			return 0, fmt.Errorf("%s: %s does not answer like a Bot API%s", p.main.name, p.main.api, interferes)
		}
		err = apiError(&a)
	}
	said := strings.ToLower(a.Description)
	if errors.Is(err, bot.ErrorConflict) {
		text := "another program takes the commands of this bot (409); only one may. Stop it, give each its own bot, or set telegram.commands = false here"
		if strings.Contains(said, "webhook") {
			text = "the commands of this bot go to a webhook that another program has set (409); have it call deleteWebhook, use a bot of its own for Logboom, or set telegram.commands = false"
		}
		return conflictRest, &pollError{fmt.Errorf("%s: %s", p.main.name, text), true}
	}
	f := p.main.explain(&a, err)
	if !f.retry {
		rest = refusedRetry
	}
	return max(rest, min(f.after, maxRetryAfter)), &pollError{errors.New(p.main.name + ": " + shown(p.main.secret.Replace(f.err.Error()))), !f.retry}
}

// apiError returns what the library makes of an answer that is no success.
func apiError(a *answer) error {
	switch a.status {
	case http.StatusUnauthorized:
		return bot.ErrorUnauthorized
	case http.StatusForbidden:
		return bot.ErrorForbidden
	case http.StatusNotFound:
		return bot.ErrorNotFound
	case http.StatusConflict:
		return bot.ErrorConflict
	case http.StatusBadRequest:
		return bot.ErrorBadRequest
	case http.StatusTooManyRequests:
		return &bot.TooManyRequestsError{RetryAfter: int(a.retryAfter.Seconds())}
	}
	return fmt.Errorf("status %d", a.status)
}
