package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/logboom/logboom/internal/store"
)

// sendOptions are the flags of "logboom send".
type sendOptions struct {
	to, proto, framing string
	rate               float64
	count              int64
	duration           time.Duration
	devices, burst     int
	tag, file, format  string
	ca, cert, key      string
	insecure           bool
	texts              []string

	verify bool // look into the store afterwards
	store  wanted
}

func newSendCommand(a *app) *cobra.Command {
	var o sendOptions
	cmd := &cobra.Command{
		Use:   "send [TEXT...]",
		Short: "Send test messages, or load",
		Long: `Send sends each TEXT as one message; one that begins with a priority, as in
"<131>", is sent as it is, others get a header. Without a text it sends made-up
messages of several vendors' devices, each with a sequence number (seq=...),
which show whether any was lost: --verify looks for each of them in the store
of this machine, and ends with exit code 1 unless every one is there once.

With --devices the messages come from as many loopback addresses, 127.0.0.2 and
so on, if they go to this machine, --burst of each in a row. --rate is kept
exactly: each row goes out when its first message is due. Without it --count
messages go out as fast as one core sends.`,
		Example: `  logboom send "hello from here"
  logboom send "<131>OLT-1 EPON: PON deregister ONU 0/1/2:7"
  logboom send --to 192.0.2.10:514 --count 1000 --rate 100
  logboom send --to 127.0.0.1:514 --count 1000000 --devices 50 --format json
  logboom send --rate 20000 --for 30s --devices 50 --verify
  logboom send --proto tls --to logs.example:6514 --file lines.txt
  logboom send --proto tls --to logs.example:6514 --cert me.pem --key me.key "hello"`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.texts = args
			if err := o.check(cmd.Flags().Changed); err != nil {
				return err
			}
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			return a.send(ctx, &o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.to, "to", "127.0.0.1:514", "`host:port` to send to")
	f.StringVar(&o.proto, "proto", "udp", "udp, tcp or tls")
	f.StringVar(&o.framing, "framing", "newline", "over tcp and tls: newline or octet (octet counting, RFC 6587)")
	f.Int64Var(&o.count, "count", 1, "how many `messages`")
	f.DurationVar(&o.duration, "for", 0, "send for this `time`")
	f.Float64Var(&o.rate, "rate", 0, "`messages` a second; 0 = as fast as possible")
	f.IntVar(&o.devices, "devices", 1, "send from this many loopback `addresses`")
	f.IntVar(&o.burst, "burst", 1, "`messages` that a device sends in a row")
	f.StringVar(&o.tag, "tag", "", "put this `text` into every made-up message")
	f.StringVar(&o.file, "file", "", "send the lines of this `file`, over and over if there are fewer than --count")
	f.StringVar(&o.format, "format", "text", "how the result is written: text, json")
	f.StringVar(&o.ca, "ca", "", "with tls: `file` with the certificate authority of the server")
	f.StringVar(&o.cert, "cert", "", "with tls: `file` with the certificate to show, if the server asks for one")
	f.StringVar(&o.key, "key", "", "with tls: `file` with the private key of --cert")
	f.BoolVar(&o.insecure, "insecure", false, "with tls: accept any certificate")
	f.BoolVar(&o.verify, "verify", false, "look for every made-up message in the store afterwards")
	o.store.directoryFlag(cmd)
	return cmd
}

func (o *sendOptions) check(given func(flag string) bool) error {
	if err := checkFormat(o.format, "text", "json"); err != nil {
		return err
	}
	if _, _, err := net.SplitHostPort(o.to); err != nil {
		return usage(`--to %q: expected host:port, as in "127.0.0.1:514"`, o.to)
	}
	switch o.proto {
	case "udp", "tcp", "tls":
	default:
		return usage("--proto %q: must be udp, tcp or tls", o.proto)
	}
	if o.framing != "newline" && o.framing != "octet" {
		return usage("--framing %q: must be newline or octet", o.framing)
	}
	if o.proto == "udp" && given("framing") {
		return usage("--framing is for tcp and tls: over udp, each message is a datagram of its own")
	}
	if o.count < 1 || o.rate < 0 || o.duration < 0 {
		return usage("--count must be at least 1, --rate and --for not negative")
	}
	if o.devices < 1 || o.devices > 60_000 {
		return usage("--devices %d: must be from 1 to 60000", o.devices)
	}
	if o.burst < 1 || o.burst > maxBurst {
		return usage("--burst %d: must be from 1 to %d", o.burst, maxBurst)
	}
	if len(o.texts) > 0 && o.file != "" {
		return usage("send either the texts or the lines of --file")
	}
	if o.verify && (len(o.texts) > 0 || o.file != "") {
		return usage("--verify looks for the numbers of made-up messages: leave out the texts and --file")
	}
	if err := o.checkTLS(); err != nil {
		return err
	}
	if !given("count") {
		switch {
		case o.duration > 0:
			o.count = 1 << 62
		case o.file != "":
			o.count = 0 // each line once
		case len(o.texts) > 0:
			o.count = int64(len(o.texts))
		}
	}
	return nil
}

// sent is what was sent.
type sent struct {
	Proto    string  `json:"proto"`
	Sent     int64   `json:"sent"`
	Bytes    int64   `json:"bytes"`
	Errors   int64   `json:"errors"` // messages that the system refused to send
	Seconds  float64 `json:"seconds"`
	Rate     float64 `json:"rate"` // messages a second
	CPU      float64 `json:"cpu_seconds"`
	Devices  int     `json:"devices"`
	FirstSeq int64   `json:"first_seq"`
	Tag      string  `json:"tag"`

	Verified *presence `json:"verified,omitempty"` // nil = not looked for

	lastError error
}

// A wire takes messages to the server. send returns how many of them went out;
// the error is that of the first which did not. devices holds for each message
// the number of the device it is from.
type wire interface {
	send(messages [][]byte, devices []int) (int, error)
	io.Closer
}

func (a *app) send(ctx context.Context, o *sendOptions) error {
	var archive *store.Archive
	if o.verify {
		if o.tag += newTag(); len(o.tag) > 200 {
			return usage("--tag: is %d bytes long, at most 180 fit with --verify", len(o.tag))
		}
		var err error
		if archive, err = o.store.open(a); err != nil {
			return err
		}
		defer archive.Close()
	}
	messages, err := o.source()
	if err != nil {
		return err
	}
	began := time.Now()
	w, err := o.dial(ctx)
	if err != nil {
		return err
	}
	r := pump(ctx, w, messages, o)
	err = w.Close()
	var refused rejection
	if errors.As(err, &refused) {
		return fmt.Errorf("sending to %s %s: %w", o.proto, o.to, refused)
	}
	if r.Sent == 0 && r.lastError != nil {
		err = r.lastError
	}
	if err != nil {
		return hint(fmt.Errorf("sending to %s %s: %w", o.proto, o.to, err), "does a server listen there? logboom doctor, on that machine, says on which ports")
	}
	if r.lastError != nil {
		fmt.Fprintf(a.stderr, "logboom: %s messages could not be sent: %v\n", thousands(r.Errors), r.lastError)
	}
	if o.verify {
		v, err := verify(ctx, archive, o.tag, began.Add(-time.Second), r.Sent+r.Errors)
		if err != nil {
			return fmt.Errorf("looking for the messages in %s: %w", o.store.directory, err)
		}
		r.Verified = &v
	}
	return a.printSent(r, o)
}

// printSent says what was sent and, if it was looked for, what arrived.
func (a *app) printSent(r *sent, o *sendOptions) error {
	switch {
	case o.format == "json":
		if err := newJSON(a.stdout).Encode(r); err != nil {
			return err
		}
	case r.Sent == 1:
		fmt.Fprintf(a.stdout, "sent 1 message to %s %s\n", o.proto, o.to)
	default:
		fmt.Fprintf(a.stdout, "sent %s messages (%.1f MB) to %s %s in %.2f s: %s a second\n",
			thousands(r.Sent), float64(r.Bytes)/1e6, o.proto, o.to, r.Seconds, thousands(int64(r.Rate)))
	}
	if r.Verified == nil {
		return nil
	}
	if err := r.Verified.err(r.Sent + r.Errors); err != nil {
		return err
	}
	if o.format != "json" {
		fmt.Fprintf(a.stdout, "every one of them is in %s, once\n", o.store.directory)
	}
	return nil
}

// dial opens the way to the server.
func (o *sendOptions) dial(ctx context.Context) (wire, error) {
	host, _, err := net.SplitHostPort(o.to)
	if err != nil {
		return nil, err
	}
	address, err := net.ResolveUDPAddr("udp", o.to)
	if err != nil {
		return nil, fmt.Errorf("finding %s: %w", o.to, err)
	}
	target := address.AddrPort()
	target = netip.AddrPortFrom(target.Addr().Unmap(), target.Port())
	if !target.Addr().IsValid() {
		target = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), target.Port())
	}
	if o.devices > 1 && !(target.Addr().Is4() && target.Addr().IsLoopback()) {
		return nil, usage("--devices %d: other senders' addresses work towards 127.0.0.1 only", o.devices)
	}
	if o.proto == "udp" {
		return dialUDP(target, o.devices)
	}
	var config *tls.Config
	if o.proto == "tls" {
		if config, err = o.tlsConfig(host); err != nil {
			return nil, err
		}
	}
	streams := &streams{octet: o.framing == "octet"}
	for i := range o.devices {
		d := net.Dialer{Timeout: 10 * time.Second}
		if o.devices > 1 {
			d.LocalAddr = &net.TCPAddr{IP: deviceAddr(i).AsSlice()}
		}
		conn, err := d.DialContext(ctx, "tcp", target.String())
		if err == nil && config != nil {
			conn, err = secure(ctx, conn, config)
		} else if err != nil {
			err = hint(err, "does a server listen there?")
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("connecting to %s %s: %w", o.proto, o.to, err), streams.Close())
		}
		streams.add(conn)
	}
	return streams, nil
}

// deviceAddr returns the address of the device i of made-up devices: 127.0.0.2
// and so on.
func deviceAddr(i int) netip.Addr {
	n := i + 2
	return netip.AddrFrom4([4]byte{127, byte(n >> 16), byte(n >> 8), byte(n)})
}

// source returns what is to be sent.
func (o *sendOptions) source() (messages, error) {
	switch {
	case o.file != "":
		f, err := os.Open(o.file)
		if err != nil {
			return nil, fmt.Errorf("reading the messages: %w", err)
		}
		defer f.Close()
		var list fixed
		lines := newLines(f, parseLine)
		for lines.Scan() {
			if line := strings.TrimSuffix(lines.Text(), "\r"); line != "" {
				list = append(list, []byte(line))
			}
		}
		if err := lines.Err(); err != nil {
			return nil, fmt.Errorf("reading the messages of %s: %w", o.file, err)
		}
		if len(list) == 0 {
			return nil, fmt.Errorf("%s holds no line to send", o.file)
		}
		return list, nil
	case len(o.texts) > 0:
		var list fixed
		for _, t := range o.texts {
			list = append(list, withHeader(t, time.Now()))
		}
		return list, nil
	}
	return newMadeUp(o.tag), nil
}

// withHeader gives a text the header of RFC 3164, unless it has a priority.
func withHeader(text string, now time.Time) []byte {
	if strings.HasPrefix(text, "<") {
		return []byte(text)
	}
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "localhost"
	}
	host, _, _ = strings.Cut(host, ".")
	return fmt.Appendf(nil, "<13>%s %s logboom: %s", now.Format(time.Stamp), host, text)
}
