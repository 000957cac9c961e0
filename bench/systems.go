package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// A system is a syslog server that is measured. It listens on one UDP port of
// loopback and keeps everything under one directory.
type system struct {
	name string
	// prepare writes its configuration into dir and returns its command.
	prepare func(dir string, port int) (*exec.Cmd, error)
	// stored counts the messages that contain tag, after the server ended.
	stored func(dir, tag string) (int64, error)
	// beside, if not nil, goes on until ctx is done while messages are sent.
	beside func(ctx context.Context, port int)
}

// systems returns those that can run on this machine, Logboom first, and says
// on w which were left out.
func systems(logboom, seed string, w io.Writer) []system {
	watched := logboomSystem(logboom)
	watched.name, watched.beside = "logboom watched", watch
	list := []system{logboomSystem(logboom), watched}
	for _, s := range []struct {
		program string
		make    func(string) system
	}{{"rsyslogd", rsyslogSystem}, {"syslog-ng", syslogNGSystem}, {"python3", func(python string) system { return seedSystem(python, seed) }}} {
		path, err := exec.LookPath(s.program)
		if err != nil {
			path = filepath.Join("/usr/sbin", s.program) // not in everybody's PATH
			if _, err := os.Stat(path); err != nil {
				fmt.Fprintf(w, "%s is not installed: left out\n", s.program)
				continue
			}
		}
		list = append(list, s.make(path))
	}
	return list
}

// choose returns those of list that have the names, all if there are none.
func choose(list []system, names []string) ([]system, error) {
	if len(names) == 0 {
		return list, nil
	}
	var chosen []system
	for _, name := range names {
		i := slices.IndexFunc(list, func(s system) bool { return s.name == name })
		if i < 0 {
			var have []string
			for _, s := range list {
				have = append(have, s.name)
			}
			return nil, fmt.Errorf("-only: %q is not among what can be measured here: %s", name, strings.Join(have, ", "))
		}
		chosen = append(chosen, list[i])
	}
	return chosen, nil
}

func logboomSystem(binary string) system {
	return system{
		name: "logboom",
		prepare: func(dir string, port int) (*exec.Cmd, error) {
			conf := filepath.Join(dir, "config.toml")
			text := fmt.Sprintf("[listen]\nudp = [\"127.0.0.1:%d\"]\n[store]\ndirectory = '%s'\n[console]\nlisten = \"127.0.0.1:%d\"\n", port, filepath.Join(dir, "data"), port+1)
			return exec.Command(binary, "run", "--config", conf), os.WriteFile(conf, []byte(text), 0o600)
		},
		stored: func(dir, tag string) (int64, error) { return countSQLite(filepath.Join(dir, "data"), "raw", tag) },
	}
}

func seedSystem(python, script string) system {
	return system{
		name: "python seed",
		prepare: func(dir string, port int) (*exec.Cmd, error) {
			return exec.Command(python, script, dir, fmt.Sprint(port)), nil
		},
		stored: func(dir, tag string) (int64, error) { return countSQLite(dir, "message", tag) },
	}
}

// rsyslogSystem looks up no names of senders, as the others do not: it would wait
// for each.
func rsyslogSystem(binary string) system {
	return system{
		name: "rsyslog",
		prepare: func(dir string, port int) (*exec.Cmd, error) {
			conf := filepath.Join(dir, "rsyslog.conf")
			text := fmt.Sprintf(`global(workDirectory="%[1]s" maxMessageSize="64k" net.enableDNS="off")
module(load="imudp" threads="1" batchSize="64")
template(name="perHost" type="string" string="%[1]s/%%fromhost-ip%%.log")
template(name="line" type="string" string="%%timegenerated:::date-rfc3339%% %%fromhost-ip%% %%rawmsg%%\n")
input(type="imudp" address="127.0.0.1" port="%[2]d" rcvbufSize="16m" ruleset="all")
ruleset(name="all" queue.type="FixedArray" queue.size="50000" queue.dequeueBatchSize="1024") {
  action(type="omfile" dynaFile="perHost" template="line" dynaFileCacheSize="2000" ioBufferSize="64k" flushOnTXEnd="off" asyncWriting="off")
}
`, dir, port)
			return exec.Command(binary, "-n", "-f", conf, "-i", filepath.Join(dir, "pid")), os.WriteFile(conf, []byte(text), 0o600)
		},
		stored: countLines,
	}
}

func syslogNGSystem(binary string) system {
	return system{
		name: "syslog-ng",
		prepare: func(dir string, port int) (*exec.Cmd, error) {
			conf := filepath.Join(dir, "syslog-ng.conf")
			text := fmt.Sprintf(`@version: current
options { keep-hostname(yes); use-dns(no); stats-freq(0); log-fifo-size(50000); };
source s { network(transport("udp") ip("127.0.0.1") port(%[2]d) so-rcvbuf(16777216)); };
destination d { file("%[1]s/${SOURCEIP}.log" flush-lines(1000)); };
log { source(s); destination(d); };
`, dir, port)
			return exec.Command(binary, "-F", "--no-caps", "-f", conf, "-R", filepath.Join(dir, "persist"), "-p", filepath.Join(dir, "pid"), "-c", filepath.Join(dir, "ctl")), os.WriteFile(conf, []byte(text), 0o600)
		},
		stored: countLines,
	}
}

// countLines counts the lines with tag in the .log files of dir.
func countLines(dir, tag string) (int64, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil {
		return 0, err
	}
	var n int64
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return n, err
		}
		lines := bufio.NewScanner(f)
		lines.Buffer(make([]byte, 1<<20), 1<<20)
		for lines.Scan() {
			if strings.Contains(lines.Text(), tag) {
				n++
			}
		}
		if err := lines.Err(); err != nil {
			return n, err
		}
		if err := f.Close(); err != nil {
			return n, err
		}
	}
	return n, nil
}

// countSQLite counts the rows whose column contains tag, in every table of
// every day file of dir, with nothing but the sqlite3 command: what it sees
// is what everybody sees.
func countSQLite(dir, column, tag string) (int64, error) {
	files, err := filepath.Glob(filepath.Join(dir, "syslog_????????.db"))
	if err != nil {
		return 0, err
	}
	var n int64
	for _, name := range files {
		out, err := exec.Command("sqlite3", "-readonly", name, `SELECT name FROM sqlite_master WHERE type = 'table' AND (name LIKE 'logs\_%' ESCAPE '\' OR name = 'inbox')`).Output()
		if err != nil {
			return n, fmt.Errorf("listing the tables of %s: %w", name, err)
		}
		var script strings.Builder
		for table := range strings.FieldsSeq(string(out)) {
			fmt.Fprintf(&script, "SELECT count(*) FROM \"%s\" WHERE instr(%s, '%s');\n", table, column, tag)
		}
		count := exec.Command("sqlite3", "-readonly", name)
		count.Stdin = strings.NewReader(script.String())
		if out, err = count.Output(); err != nil {
			return n, fmt.Errorf("counting the rows of %s: %w", name, err)
		}
		for field := range strings.FieldsSeq(string(out)) {
			var k int64
			if _, err := fmt.Sscan(field, &k); err != nil {
				return n, err
			}
			n += k
		}
	}
	return n, nil
}

// usage is what a process has used so far.
type usage struct {
	cpu     time.Duration // user and system, all threads
	written int64         // bytes sent to the disk
	peak    int64         // most memory, bytes
}

// usageOf reads the account of process pid from /proc (proc(5)).
func usageOf(pid int) (usage, error) {
	var u usage
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return u, err
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	var user, system int64
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		return u, err
	}
	const tick = 10 * time.Millisecond // USER_HZ is 100 on every Linux that Go runs on
	u.cpu = time.Duration(user+system) * tick
	u.written = procField(pid, "io", "write_bytes:")
	u.peak = procField(pid, "status", "VmHWM:") << 10
	return u, nil
}

// procField returns the number after key in a file of /proc/pid, 0 if there is
// none or it may not be read.
func procField(pid int, file, key string) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, key); ok {
			var n int64
			if _, err := fmt.Sscan(rest, &n); err == nil {
				return n
			}
		}
	}
	return 0
}

// machine says in one line what this was measured on.
func machine() string {
	kernel, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return runtime.GOOS
	}
	return fmt.Sprintf("Linux %s, %d cores, %s", strings.TrimSpace(string(kernel)), runtime.NumCPU(), runtime.Version())
}
