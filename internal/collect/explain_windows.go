package collect

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/windows"
)

const (
	errInUse     = windows.WSAEADDRINUSE
	errDenied    = windows.WSAEACCES
	errNoAddress = windows.WSAEADDRNOTAVAIL
)

func holderHint(proto, _ string) string {
	return "its number is in the last column of: netstat -ano -p " + netstatProtocol(proto)
}

// rightHint is for WSAEACCES while nobody has the port: Windows keeps ranges of
// ports for itself (Hyper-V, WinNAT). Ports below 1024 need no right here.
func rightHint(proto, _ string) string {
	return fmt.Sprintf("Windows may keep it for itself (Hyper-V, WSL, Docker): netsh int ipv4 show excludedportrange protocol=%s "+
		"shows which ports; use another one", netstatProtocol(proto))
}

func netstatProtocol(proto string) string {
	if proto == "udp" {
		return "udp"
	}
	return "tcp"
}

// From iphlpapi.h, TCP_TABLE_CLASS and UDP_TABLE_CLASS.
const (
	tcpTableOwnerPIDListener = 3
	udpTableOwnerPID         = 1
)

// A portRow says where address, port and process are in a row of the tables
// MIB_TCPTABLE_OWNER_PID, MIB_TCP6TABLE_OWNER_PID and their UDP sisters. Each
// table begins with the number of rows, 32 bits, and aligns rows to 32 bits.
type portRow struct {
	size, address, addressSize, port, pid int
}

// holder asks for the tables of listening sockets and their processes.
func holder(w wanted) (name string, pid int, ok bool) {
	dll := windows.NewLazySystemDLL("iphlpapi.dll")
	call, class := dll.NewProc("GetExtendedTcpTable"), uintptr(tcpTableOwnerPIDListener)
	four := portRow{size: 24, address: 4, addressSize: 4, port: 8, pid: 20}
	six := portRow{size: 56, address: 0, addressSize: 16, port: 20, pid: 52}
	if w.udp {
		call, class = dll.NewProc("GetExtendedUdpTable"), udpTableOwnerPID
		four = portRow{size: 12, address: 0, addressSize: 4, port: 4, pid: 8}
		six = portRow{size: 28, address: 0, addressSize: 16, port: 20, pid: 24}
	}
	if call.Find() != nil {
		return "", 0, false
	}
	if pid, ok = search(portTable(call, windows.AF_INET, class), four, w); !ok {
		if pid, ok = search(portTable(call, windows.AF_INET6, class), six, w); !ok {
			return "", 0, false
		}
	}
	return processName(uint32(pid)), pid, true
}

// portTable returns a table as the system writes it; nil if it does not.
func portTable(call *windows.LazyProc, family, class uintptr) []byte {
	var size uint32
	for range 5 { // it may grow between two calls
		buf := make([]byte, size)
		var p unsafe.Pointer
		if size > 0 {
			p = unsafe.Pointer(&buf[0])
		}
		code, _, _ := call.Call(uintptr(p), uintptr(unsafe.Pointer(&size)), 0, family, class, 0)
		switch windows.Errno(code) {
		case 0:
			return buf
		case windows.ERROR_INSUFFICIENT_BUFFER:
		default:
			return nil
		}
	}
	return nil
}

// search finds a row that is in the way of w.
func search(table []byte, row portRow, w wanted) (pid int, ok bool) {
	if len(table) < 4 {
		return 0, false
	}
	n := int(binary.LittleEndian.Uint32(table))
	for rows := table[4:]; n > 0 && len(rows) >= row.size; n, rows = n-1, rows[row.size:] {
		host, _ := netip.AddrFromSlice(rows[row.address : row.address+row.addressSize])
		port := binary.BigEndian.Uint16(rows[row.port:])
		if w.clashes(host, port) {
			return int(binary.LittleEndian.Uint32(rows[row.pid:])), true
		}
	}
	return 0, false
}

// processName returns the name of the program's file. Process 4 is the kernel.
func processName(pid uint32) string {
	if pid == 4 {
		return "System"
	}
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return "unknown"
	}
	defer windows.CloseHandle(h)
	buf := make([]uint16, windows.MAX_LONG_PATH)
	n := uint32(len(buf))
	if err := windows.QueryFullProcessImageName(h, 0, &buf[0], &n); err != nil {
		return "unknown"
	}
	return filepath.Base(windows.UTF16ToString(buf[:n]))
}
