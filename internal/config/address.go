package config

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strings"
)

// parseAddr reads an IP address; v4-mapped is v4, a zone is refused.
func parseAddr(text string) (netip.Addr, error) {
	a, err := netip.ParseAddr(strings.TrimSpace(text))
	if err == nil && (a.Zone() != "" || !a.IsValid()) {
		err = errors.New("address with a zone")
	}
	return a.Unmap(), err
}

// parsePrefix reads a network or a single address.
func parsePrefix(text string) (netip.Prefix, *Problem) {
	const want = `must be a network such as "10.0.0.0/8" or an address such as "10.0.0.1"`
	text = strings.TrimSpace(text)
	if a, err := parseAddr(text); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		hint := ""
		if host, bits, ok := strings.Cut(text, "/"); ok {
			if a, err := parseAddr(host); err == nil {
				hint = fmt.Sprintf("the number after / is 0 to %d", a.BitLen())
				if n := maskBits(bits); n >= 0 {
					hint = fmt.Sprintf(`did you mean "%s/%d"?`, a, n)
				}
			}
		}
		return p, &Problem{Want: want, Hint: hint}
	}
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	return p.Masked(), nil
}

// maskBits turns "255.255.255.0" into 24; -1 if it is no mask.
func maskBits(text string) int {
	a, err := netip.ParseAddr(text)
	if err != nil || !a.Is4() {
		return -1
	}
	bits := a.As4()
	n := uint32(bits[0])<<24 | uint32(bits[1])<<16 | uint32(bits[2])<<8 | uint32(bits[3])
	for i := range 33 {
		if n == uint32(uint64(math.MaxUint32)<<(32-i)) {
			return i
		}
	}
	return -1
}
