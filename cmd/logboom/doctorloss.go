package main

import (
	"context"
	"errors"
	"time"

	"github.com/logboom/logboom/internal/engine"
	"github.com/logboom/logboom/internal/state"
)

// losses says what was lost over the last day, from the ledger on the disk,
// whether a server runs or not.
func (d *doctor) losses(ctx context.Context) {
	st, err := openState(d.Config.DataDirectory())
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
		d.Say(engine.Worth, "losses", "the ledger cannot be read: "+err.Error(), "")
		return
	}
	d.Losses(rows)
}
