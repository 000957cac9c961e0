package main

import (
	"errors"
	"io/fs"
	"net"
	"syscall"
)

// mayOpenShippedPorts reports whether this process has the right to open port
// 514. A port that somebody else holds is no question of rights: the listener
// names the holder and tries again.
func mayOpenShippedPorts() bool {
	for _, address := range shippedPorts {
		c, err := net.ListenPacket("udp", address)
		if err == nil {
			err = c.Close()
		}
		if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EACCES) {
			return false
		}
	}
	return true
}
