package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/engine"
	"github.com/logboom/logboom/internal/store"
	"github.com/logboom/logboom/internal/syslog"
)

func newExportCommand(a *app) *cobra.Command {
	var w wanted
	var format, output string
	var formulas, raw bool
	cmd := &cobra.Command{
		Use:   "export [QUERY]",
		Short: "Write stored messages to a file",
		Long: `Export writes all messages that match, oldest first: as CSV, as JSON with one
object per line, or as text. JSON is exact, with "raw_b64" where a message is
no valid UTF-8. In CSV, cells that a spreadsheet would run as a formula begin
with ' unless --csv-raw is given.

The file of --output appears when it is complete, and not before.`,
		Example: `  logboom export --from yesterday --to today --output yesterday.csv
  logboom export severity:err+ --format json | gzip > errors.jsonl.gz
  logboom export --device 10.0.0.1 --format text --output olt.txt`,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if err := checkFormat(format, console.Formats...); err != nil {
				return err
			}
			archive, err := w.open(a)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, archive.Close()) }()
			s, err := w.search(args)
			if err != nil {
				return err
			}
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			var bar *progressbar.ProgressBar
			if isTerminal(a.stderr) && (output != "" || !isTerminal(a.stdout)) {
				bar = progress(a.stderr)
				s.Progress = func(p store.Progress) {
					bar.ChangeMax64(max(p.Size, 1))
					bar.Describe(fmt.Sprintf("%d of %d days, %s messages", p.DaysDone, p.Days, thousands(p.Records)))
					_ = bar.Set64(p.BytesDone) // a bar that cannot be drawn stops no export
				}
			}
			o := console.RowOptions{Format: format, Location: w.zone, Directory: w.names, Formulas: formulas, Raw: raw, Terminal: a.toTerminal(output)}
			n, err := a.export(ctx, archive, s, output, o)
			var damage *store.DamageError
			if w.denied != nil && errors.As(err, &damage) {
				err = w.denied
			}
			if bar != nil {
				_ = bar.Clear()
			}
			if errors.Is(err, context.Canceled) {
				return errors.New("interrupted; nothing was written to the file")
			}
			if err == nil || n > 0 {
				if output != "" {
					fmt.Fprintf(a.stderr, "%s messages written to %s\n", thousands(n), output)
				} else if n == 0 {
					fmt.Fprintf(a.stderr, "no message matches%s\n", w.span(&s))
				}
			}
			return err
		},
	}
	w.flags(cmd)
	formatFlag(cmd, &format, "csv")
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to this `file` (default: standard output)")
	cmd.Flags().BoolVar(&formulas, "csv-raw", false, "leave cells that look like formulas as they are")
	cmd.Flags().BoolVar(&raw, "raw", false, "in text, and in CSV on a terminal, write control characters as they came")
	return cmd
}

// export writes what s finds to the file output, "" = stdout, and returns how
// many messages. A [store.DamageError] comes with a file of all that could be
// read; after any other error there is none.
func (a *app) export(ctx context.Context, archive *store.Archive, s store.Search, output string, o console.RowOptions) (n int64, err error) {
	var damage *store.DamageError
	err = a.output(output, func(w io.Writer) error {
		rows, err := console.NewRowWriter(w, o)
		if err != nil {
			return err
		}
		err = archive.Each(ctx, s, func(r *syslog.Record) error {
			n++
			return rows.Write(r)
		})
		if errors.As(err, &damage) {
			return nil // what could be read is worth having
		}
		return err
	})
	if err == nil && damage != nil {
		return n, hint(damage, "all other messages were written; the log of Logboom says more about the damage")
	}
	return n, err
}

// output calls write with a buffered writer to a file, which takes its name
// when all is written, or to stdout if path is "".
func (a *app) output(path string, write func(io.Writer) error) error {
	if path == "" {
		out := bufio.NewWriterSize(a.stdout, 64<<10)
		if err := write(out); err != nil {
			return err
		}
		return out.Flush()
	}
	if there, err := os.Stat(path); err == nil && !there.Mode().IsRegular() {
		return outputInto(path, write) // a pipe or device: it must not be replaced by a file
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		var temporary *os.PathError // whose name tells nobody anything
		if errors.As(err, &temporary) {
			err = temporary.Err
		}
		err = fmt.Errorf("making %s: %w", path, err)
		switch {
		case errors.Is(err, os.ErrNotExist):
			return hint(err, "there is no folder %s: make it, or choose another one", filepath.Dir(path))
		case errors.Is(err, os.ErrPermission):
			return hint(err, "this user may not make files in %s: choose another folder", filepath.Dir(path))
		}
		return err
	}
	out := bufio.NewWriterSize(f, 256<<10)
	err = write(out)
	if err == nil {
		err = out.Flush()
	}
	if err == nil {
		err = f.Chmod(0o640)
	}
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// toTerminal reports whether the output path, "" = stdout, is a terminal. Other
// devices, such as /dev/null, may be taken for one.
func (a *app) toTerminal(path string) bool {
	if path == "" {
		return isTerminal(a.stdout)
	}
	info, err := os.Stat(path)
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// outputInto calls write with a buffered writer to what is there already.
func outputInto(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("writing there: %w", err)
	}
	out := bufio.NewWriterSize(f, 256<<10)
	if err = write(out); err == nil {
		err = out.Flush()
	}
	return errors.Join(err, f.Close())
}

func progress(w io.Writer) *progressbar.ProgressBar {
	return progressbar.NewOptions64(1, progressbar.OptionSetWriter(w), progressbar.OptionSetWidth(30), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionShowBytes(true), progressbar.OptionSetPredictTime(true), progressbar.OptionSetRenderBlankState(true))
}

// thousands writes 1234567 as "1,234,567".
func thousands(n int64) string { return engine.Thousands(n) }
