package collect

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// benchLine is a message of the average length.
var benchLine = []byte("<189>Jun 13 10:00:01 OLT-2 EPON[7]: PON deregister, " + strings.Repeat("ONU 1/27 30:c5:0f ", 7))

// BenchmarkQueue is the way of a message from a receiver through the queue,
// without the network.
func BenchmarkQueue(b *testing.B) {
	q := newQueue(50_000, 64<<20, 64<<10, 1)
	q.lanes[0].waits = true
	var packets [64]packet
	for i := range packets {
		packets[i] = packet{raw: benchLine, src: netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})}
	}
	s := &udpSocket{l: &listener{queue: q, lane: q.lanes[0], options: &Options{}}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		drainQueue(q, nil)
	}()
	b.ReportAllocs()
	b.SetBytes(int64(len(benchLine)))
	n := 0
	for b.Loop() {
		if n++; n%len(packets) == 0 {
			s.take(packets[:], time.Now())
		}
	}
	q.close()
	<-done
}

// drainQueue reads the queue to its end, counting.
func drainQueue(q *Queue, n *atomic.Int64) {
	for {
		batches, err := q.Next(context.Background(), 1000, 100*time.Millisecond)
		if err != nil {
			return
		}
		for _, b := range batches {
			if n != nil {
				n.Add(int64(len(b.Datagrams)))
			}
		}
		q.Done(batches)
	}
}

// BenchmarkUDP sends over loopback as fast as one goroutine can, and waits for
// what was not dropped. The sender's time is in it: it is the larger part.
func BenchmarkUDP(b *testing.B) {
	for _, plain := range []bool{false, true} {
		name := "many at a time"
		if plain || !readsMany {
			name = "plain"
		}
		b.Run(name, func(b *testing.B) {
			c, err := New(Options{UDP: []string{"127.0.0.1:0"}, ReceiveBuffer: 16 << 20, plain: plain})
			if err != nil {
				b.Fatal(err)
			}
			ctx, stop := context.WithCancel(context.Background())
			ended := make(chan struct{})
			go func() { defer close(ended); c.Run(ctx) }()
			<-c.Ready()
			conn, err := net.Dial("udp", c.Listeners()[0].Address)
			if err != nil {
				b.Fatal(err)
			}
			defer conn.Close()
			var got atomic.Int64
			read := make(chan struct{})
			go func() { defer close(read); drainQueue(c.Queue(), &got) }()
			b.ReportAllocs()
			start := time.Now()
			for b.Loop() {
				conn.Write(benchLine)
			}
			stop()
			<-ended
			<-read
			l := c.Listeners()[0]
			b.ReportMetric(float64(got.Load())/time.Since(start).Seconds(), "msg/s")
			b.ReportMetric(100*float64(l.Dropped.Sum())/float64(l.Received), "%dropped")
		})
	}
}

// BenchmarkTCP is the same over one connection, in frames with their length.
func BenchmarkTCP(b *testing.B) {
	c, err := New(Options{TCP: []string{"127.0.0.1:0"}})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); c.Run(ctx) }()
	<-c.Ready()
	conn, err := net.Dial("tcp", c.Listeners()[0].Address)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	read := make(chan struct{})
	go func() { defer close(read); drainQueue(c.Queue(), nil) }()
	block := []byte(strings.Repeat(counted(string(benchLine)), 100))
	b.ReportAllocs()
	b.SetBytes(int64(len(benchLine)))
	n := 0
	for b.Loop() {
		if n++; n%100 == 0 {
			if _, err := conn.Write(block); err != nil {
				b.Fatal(err)
			}
		}
	}
	conn.Close()
	stop()
	<-ended
	<-read
}

// Nothing is allocated for a message on its way into the queue.
func TestNothingIsAllocatedForAMessage(t *testing.T) {
	q := newQueue(50_000, 64<<20, 64<<10, 1)
	var packets [64]packet
	for i := range packets {
		packets[i] = packet{raw: benchLine, src: testSource}
	}
	s := &udpSocket{l: &listener{queue: q, lane: q.lanes[0], options: &Options{}}}
	round := func() {
		for range 100 {
			s.take(packets[:], time.Now())
		}
		batches, _ := q.Next(context.Background(), 50_000, 0)
		if n := count(batches); n != 6400 {
			t.Fatalf("%d messages", n)
		}
		q.Done(batches)
	}
	round() // the batches are made
	if n := testing.AllocsPerRun(20, round); n > 5 {
		t.Errorf("%.0f allocations for 6400 messages, want a few for each batch", n)
	}
}
