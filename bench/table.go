package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// A result is all that was measured of one system.
type result struct {
	name    string
	at      map[int]trial // by rate
	highest trial         // zero if it was not looked for
}

// printTable writes one line a system, with the ratio to the first, Logboom,
// behind each figure: 2.0x means twice Logboom's.
func printTable(w io.Writer, table []result, o options) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "\nsystem\thighest rate without loss")
	for _, rate := range o.rates {
		fmt.Fprintf(t, "\tCPU-s/M at %dk/s\tloss\tMB written/M", rate/1000)
	}
	fmt.Fprintln(t, "\tmemory")
	for _, r := range table {
		fmt.Fprintf(t, "%s\t%s", r.name, versus(r.highest.sentRate(), table[0].highest.sentRate(), "%.0f/s"))
		peak := r.highest.peak
		for _, rate := range o.rates {
			mine, first := r.at[rate], table[0].at[rate]
			fmt.Fprintf(t, "\t%s\t%.2f %%\t%s", versus(mine.cpuPerMillion(), first.cpuPerMillion(), "%.2f"), 100*mine.worst,
				versus(perMillion(mine), perMillion(first), "%.0f"))
			peak = max(peak, mine.peak)
		}
		fmt.Fprintf(t, "\t%.0f MB\n", float64(peak)/1e6)
	}
	if err := t.Flush(); err != nil {
		fmt.Fprintln(w, err)
	}
}

// perMillion is MB written per million messages stored.
func perMillion(t trial) float64 { return float64(t.written) / 1e6 / float64(t.stored) * 1e6 }

func versus(mine, first float64, format string) string {
	if mine != mine || first != first || first == 0 { // not measured
		return "-"
	}
	return fmt.Sprintf(format+" (%.2fx)", mine, mine/first)
}
