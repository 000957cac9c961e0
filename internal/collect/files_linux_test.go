package collect

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestFewFilesChild is the server of the test below, in a process of its own
// that may have few files open. It is nothing without its parent.
func TestFewFilesChild(t *testing.T) {
	if os.Getenv("LOGBOOM_TEST_CHILD") != "files" {
		return
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 64, Max: 64}); err != nil {
		t.Fatal(err)
	}
	c, err := New(Options{UDP: []string{"127.0.0.1:0"}, TCP: []string{"127.0.0.1:0"}, Limits: Limits{PerSource: 1000}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); c.Run(ctx) }()
	<-c.Ready()
	l := c.Listeners()
	fmt.Println("listening", l[0].Address, l[1].Address)
	go func() {
		io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	for {
		batches, err := c.Queue().Next(context.Background(), 1, 0)
		if err != nil {
			break
		}
		for _, b := range batches {
			for i := range b.Datagrams {
				fmt.Printf("got %s\n", b.Raw(i))
			}
		}
		c.Queue().Done(batches)
	}
	<-ended
}

// When the process has no file descriptor left, UDP goes on, and connections
// are accepted again as soon as there are some.
func TestN07NoFileDescriptorLeft(t *testing.T) {
	child := exec.Command(os.Args[0], "-test.run=^TestFewFilesChild$")
	child.Env = append(os.Environ(), "LOGBOOM_TEST_CHILD=files")
	child.Stderr = os.Stderr
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		in.Close()
		if err := child.Wait(); err != nil {
			t.Errorf("the server: %v", err)
		}
	}()
	lines := bufio.NewScanner(out)
	line := func(prefix string) string {
		for lines.Scan() {
			if rest, ok := strings.CutPrefix(lines.Text(), prefix); ok {
				return rest
			}
		}
		t.Fatalf("the server ended before it said %q", prefix)
		return ""
	}
	udp, tcp, _ := strings.Cut(line("listening "), " ")

	var open []net.Conn
	for range 200 {
		open = append(open, dial(t, "tcp", "", tcp))
	}
	send(t, open[0], "accepted\n")
	line("got accepted")
	send(t, dial(t, "udp", "", udp), "still here")
	line("got still here")
	for _, c := range open[:150] {
		c.Close()
	}
	send(t, open[199], "accepted later\n")
	line("got accepted later")
	go io.Copy(io.Discard, out)
}
