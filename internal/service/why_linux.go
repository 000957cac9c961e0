package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// explain says for people why systemctl failed.
func (s *systemd) explain(ctx context.Context, c *Config, verb string, err error) error {
	text := err.Error()
	if s.uid != 0 && (strings.Contains(text, "uthentication") || strings.Contains(text, "ccess denied") || strings.Contains(text, "not permitted")) {
		return fmt.Errorf("to %s the service needs root; run: sudo %s service %s", verb, c.Name, verb)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		text = "systemd did not do it in time"
	}
	if verb != "stop" {
		text += "\n" + s.reason(ctx, c)()
	}
	return fmt.Errorf("the service does not %s: %s", verb, strings.TrimSpace(text))
}

// reason returns what may tell people why the service does not run: how it
// ended, and the last that it said.
func (s *systemd) reason(ctx context.Context, c *Config) func() string {
	return func() string {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		var b strings.Builder
		now, err := s.show(ctx, c)
		if err == nil && now.status != "" && now.status != "0" {
			fmt.Fprintf(&b, "It ended with exit code %s (%s). It is tried again every few seconds; \"%s service stop\" ends that.\n", now.status, now.result, c.Name)
		}
		if said := s.lastWords(ctx, c, now.invocation); said != "" {
			b.WriteString("The last that it said:\n")
			for line := range strings.Lines(said) {
				fmt.Fprintf(&b, "    %.300s\n", strings.TrimRight(line, "\r\n"))
			}
		}
		fmt.Fprintf(&b, "More: journalctl -u %s", c.Name)
		return b.String()
	}
}

// lastWords returns the last lines of the service's last run from the journal
// or, where there is none or we may not read it, of its own log.
func (s *systemd) lastWords(ctx context.Context, c *Config, invocation string) string {
	which := "_SYSTEMD_UNIT=" + c.Name + ".service"
	if invocation != "" {
		which = "_SYSTEMD_INVOCATION_ID=" + invocation
	}
	said, err := s.run(ctx, "journalctl", "--no-pager", "--quiet", "--output=cat", "--lines=12", which)
	if said = strings.TrimSpace(said); err == nil && said != "" {
		return said
	}
	for _, dir := range c.Writable {
		if said, err := tail(filepath.Join(dir, c.Name+".log"), 12); err == nil && said != "" {
			return said
		}
	}
	return ""
}

// tail returns the last lines of a file, of its last 8 KB.
func tail(path string, lines int) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if size, err := f.Seek(0, io.SeekEnd); err != nil {
		return "", err
	} else if _, err := f.Seek(max(0, size-8<<10), io.SeekStart); err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(f, 8<<10))
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n"), err
}
