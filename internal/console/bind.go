package console

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
)

// ErrRemote is what [New] returns for an address that others can reach while
// nobody can sign in.
var ErrRemote = errors.New(`others can reach this address, so the console needs a password; set one with "logboom console password", or use "127.0.0.1:8514" and, from elsewhere, a tunnel: ssh -L 8514:127.0.0.1:8514 <this machine>`)

// ErrNoPassword is what [Console.Shut] returns if a password is wanted of
// everybody and nobody has one.
var ErrNoPassword = errors.New(`console.password_on_loopback is set, and there is no password; set one with "logboom console password"`)

// secure sees to it that somebody can sign in, and to TLS, where that is needed.
// That nobody on this machine can is no error: messages are to be stored whether
// or not anybody can look at them.
func (c *Console) secure(remote bool) (err error) {
	if remote && (c.opts.Guard == nil || !c.opts.Guard.HasUsers()) {
		if c.opts.Guard != nil && c.opts.Guard.Err() != nil {
			return c.opts.Guard.Err()
		}
		return fmt.Errorf("console.listen = %q: %w", c.opts.Listen, ErrRemote)
	}
	if shut := c.Shut(); shut != nil {
		c.log.Warn("the console lets nobody in", "error", shut)
	}
	if c.opts.TLSCert != "" || remote && !c.opts.PlainHTTP {
		c.cert, err = newCertificate(&c.opts, c.log, c.now)
	}
	return err
}

// Shut says why nobody can come in now, nil if somebody can: [ErrNoPassword], or
// that the file of the users cannot be read.
func (c *Console) Shut() error {
	switch {
	case !c.opts.PasswordOnLoopback || c.opts.Guard != nil && c.opts.Guard.HasUsers():
		return nil
	case c.opts.Guard != nil && c.opts.Guard.Err() != nil:
		return c.opts.Guard.Err()
	}
	return ErrNoPassword
}

// listenHost returns the host of a listen address, and whether others than this
// machine reach it.
func listenHost(listen string) (host string, remote bool, err error) {
	host, _, err = net.SplitHostPort(listen)
	if err != nil {
		return "", false, fmt.Errorf(`console.listen = %q: must be host:port, as in "127.0.0.1:8514"`, listen)
	}
	a, err := netip.ParseAddr(host)
	return host, host != "localhost" && (err != nil || !a.Unmap().IsLoopback()), nil
}
