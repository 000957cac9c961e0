package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/logboom/logboom/internal/engine"
	"github.com/logboom/logboom/internal/state"
)

// losses says what was lost over the last day, from the ledger on the disk,
// whether a server runs or not.
func (d *doctor) losses(ctx context.Context) {
	st, err := openState(d.cfg.DataDirectory())
	if st == nil && err == nil {
		return // nothing was received yet
	}
	var rows []state.LedgerRow
	if err == nil {
		now := time.Now()
		rows, err = st.Ledger(ctx, now.Add(-24*time.Hour).UnixMicro(), now.Add(time.Hour).UnixMicro())
		err = errors.Join(err, st.Close())
	}
	if err != nil {
		d.say(worth, "losses", "the ledger cannot be read: "+err.Error(), "")
		return
	}
	var received, stored, total int64
	dropped := map[string]int64{}
	for _, r := range rows {
		received += r.Received
		stored += r.Stored
		for reason, n := range r.Dropped {
			dropped[reason] += n
			total += n
		}
	}
	if total == 0 {
		d.say(good, "losses", fmt.Sprintf("none in 24 hours: %s received, %s stored", thousands(received), thousands(stored)), "")
		return
	}
	var by, cure []string
	for _, reason := range engine.Reasons() {
		if n := dropped[reason]; n > 0 {
			by = append(by, fmt.Sprintf("%s %s", reason, thousands(n)))
			cure = append(cure, reason+": "+engine.Cure(reason))
		}
	}
	d.say(worth, "losses", fmt.Sprintf("%s of %s messages in 24 hours were not stored: %s", thousands(total), thousands(received), strings.Join(by, ", ")),
		strings.Join(cure, "; "))
}
