//go:build !linux

package main

import "net/netip"

func dialUDP(target netip.AddrPort, devices int) (wire, error) { return dialSockets(target, devices) }
