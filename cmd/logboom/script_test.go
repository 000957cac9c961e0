package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// The command is tested as people use it: by scripts, testdata/*.txtar.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"logboom": func() {
			a := &app{version: "test", stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
			os.Exit(a.main(os.Args[1:]))
		},
		"onterminal": onTerminal,
		"powerless":  powerless,
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			for _, name := range []string{"UDP", "TCP", "CONSOLE"} {
				port, err := unused()
				if err != nil {
					return err
				}
				env.Setenv(name, fmt.Sprintf("127.0.0.1:%d", port))
				env.Setenv("PORT", fmt.Sprint(port)) // that of the console, which is last
			}
			telegram := httptest.NewServer(http.HandlerFunc(botAPI))
			env.Defer(telegram.Close)
			env.Setenv("TELEGRAM", telegram.URL)
			env.Setenv("NO_COLOR", "1")
			env.Setenv("LOGBOOM_CONFIG", filepath.Join(env.WorkDir, "config.toml"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"fill": fill, "until": until, "usetoken": useToken,
		},
	})
}

// unused returns a port that nobody has open, for UDP and TCP.
func unused() (int, error) {
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return 0, err
		}
		port := l.Addr().(*net.TCPAddr).Port
		c, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", port))
		l.Close()
		if err == nil {
			return port, c.Close()
		}
	}
	return 0, fmt.Errorf("no free port")
}

// botAPI is a Telegram that knows the token 123:good.
func botAPI(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if !strings.HasPrefix(r.URL.Path, "/bot123:good/") {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"ok":false,"error_code":401,"description":"Unauthorized"}`)
		return
	}
	fmt.Fprint(w, `{"ok":true,"result":{"message_id":1,"date":0,"chat":{"id":1,"type":"group"},"id":1,"is_bot":true,"first_name":"b","username":"b"}}`)
}

// fill writes files with the variables of the script in them: "fill FILE...".
func fill(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		text := os.Expand(ts.ReadFile(name), ts.Getenv)
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
}

// until runs a command of ours until its output holds a text: "until TEXT
// logboom ARGS...". The outside world needs a moment.
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until TEXT COMMAND...")
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		err := ts.Exec(args[1], args[2:]...)
		if err == nil && strings.Contains(ts.ReadFile("stdout"), args[0]) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("no %q in 20 s: %v", args[0], err)
		}
	}
}

// useToken puts a token for the console, which a file holds, into the
// environment: "usetoken FILE".
func useToken(ts *testscript.TestScript, neg bool, args []string) {
	ts.Setenv(envToken, strings.TrimSpace(ts.ReadFile(args[0])))
}

// powerless runs a command as a user whom the modes of files stop, even root.
func powerless() {
	args := os.Args[1:]
	if os.Geteuid() == 0 {
		args = append([]string{"setpriv", "--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search"}, args...)
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); cmd.ProcessState == nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(cmd.ProcessState.ExitCode())
}
