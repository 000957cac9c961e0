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
	d.balance(rows)
}

// balance says what became of the messages of the last day.
func (d *doctor) balance(rows []state.LedgerRow) {
	var received, stored, lost, kept int64
	dropped := map[string]int64{}
	for _, r := range rows {
		received += r.Received
		stored += r.Stored
		for reason, n := range r.Dropped {
			dropped[reason] += n
		}
	}
	var by, cure, aside, why []string
	for _, reason := range engine.Reasons() {
		n := dropped[reason]
		if n == 0 {
			continue
		}
		fact, help := fmt.Sprintf("%s %s", reason, thousands(n)), reason+": "+engine.Cure(reason)
		if engine.Lossy(reason) {
			lost += n
			by, cure = append(by, fact), append(cure, help)
		} else {
			kept += n
			aside, why = append(aside, fact), append(why, help)
		}
	}
	if lost == 0 {
		d.say(good, "losses", fmt.Sprintf("none in 24 hours: %s received, %s stored", thousands(received), thousands(stored)), "")
	} else {
		d.say(worth, "losses", fmt.Sprintf("%s of %s messages in 24 hours were not stored: %s", thousands(lost), thousands(received), strings.Join(by, ", ")), strings.Join(cure, "; "))
	}
	if kept > 0 {
		d.say(worth, "not wanted", fmt.Sprintf("%s were turned away or cut in 24 hours: %s", thousands(kept), strings.Join(aside, ", ")), strings.Join(why, "; "))
	}
}
