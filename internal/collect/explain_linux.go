package collect

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const (
	errInUse     = syscall.EADDRINUSE
	errDenied    = syscall.EACCES
	errNoAddress = syscall.EADDRNOTAVAIL
)

func holderHint(proto, address string) string {
	_, port, _ := net.SplitHostPort(address)
	flag := "-ltnp"
	if proto == "udp" {
		flag = "-lunp"
	}
	return fmt.Sprintf("its name is for the administrator to see: sudo ss %s 'sport = :%s'", flag, port)
}

func rightHint(_, address string) string {
	_, port, _ := net.SplitHostPort(address)
	exe, err := os.Executable()
	if err != nil {
		exe = "logboom"
	}
	return fmt.Sprintf("ports below 1024 need it. Either run Logboom as a service (sudo logboom service install), "+
		"or give the program the right (sudo setcap cap_net_bind_service=+ep %s), "+
		"or open the port to everybody (sudo sysctl -w net.ipv4.ip_unprivileged_port_start=%s)", exe, port)
}

// holder looks the port up in the tables of sockets and then for the process
// that has the socket's inode among its open files.
func holder(w wanted) (name string, pid int, ok bool) {
	tables := []string{"/proc/net/tcp", "/proc/net/tcp6"}
	if w.udp {
		tables = []string{"/proc/net/udp", "/proc/net/udp6"}
	}
	sockets := make(map[string]bool) // "socket:[4711]", as links in /proc/*/fd
	for _, table := range tables {
		for _, inode := range clashing(table, w) {
			sockets["socket:["+inode+"]"] = true
		}
	}
	if len(sockets) == 0 {
		return "", 0, false
	}
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, process := range processes {
		files, err := os.ReadDir(process + "/fd")
		if err != nil {
			continue // of another user, or gone
		}
		for _, f := range files {
			link, err := os.Readlink(process + "/fd/" + f.Name())
			if err != nil || !sockets[link] {
				continue
			}
			pid, _ = strconv.Atoi(filepath.Base(process))
			return processName(process), pid, true
		}
	}
	return "", 0, false
}

// processName returns the name of the program's file, or what the kernel calls
// the process if that cannot be read.
func processName(process string) string {
	if exe, err := os.Readlink(process + "/exe"); err == nil {
		return strings.TrimSuffix(filepath.Base(exe), " (deleted)")
	}
	comm, err := os.ReadFile(process + "/comm")
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(comm))
}

// clashing returns the inodes of the sockets in a table like /proc/net/udp that
// are in the way of w; for its format see proc_net_tcp.txt of the kernel.
func clashing(table string, w wanted) (inodes []string) {
	f, err := os.Open(table)
	if err != nil {
		return nil
	}
	defer f.Close()
	const listening = "0A"
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		// sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode ...
		fields := strings.Fields(lines.Text())
		if len(fields) < 10 || !w.udp && fields[3] != listening {
			continue
		}
		host, port, ok := parseProcAddress(fields[1])
		if ok && w.clashes(host, port) && fields[9] != "0" {
			inodes = append(inodes, fields[9])
		}
	}
	return inodes
}

// parseProcAddress reads "0100007F:0202": an address as 32-bit words in the
// byte order of the machine, and a port.
func parseProcAddress(s string) (host netip.Addr, port uint16, ok bool) {
	h, p, _ := strings.Cut(s, ":")
	n, err := strconv.ParseUint(p, 16, 16)
	b, err2 := hex.DecodeString(h)
	if err != nil || err2 != nil || len(b)%4 != 0 {
		return host, 0, false
	}
	for i := 0; i < len(b); i += 4 {
		binary.NativeEndian.PutUint32(b[i:], binary.BigEndian.Uint32(b[i:]))
	}
	host, ok = netip.AddrFromSlice(b)
	return host, uint16(n), ok
}
