package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// slow opens connections that send a byte a second, half of them of a header and half of a body, and looks at what other
// clients notice of it.
func slow(ctx context.Context, b *bench) error {
	const connections, rounds = 1000, 4
	s, err := b.start(ctx, "")
	if err != nil {
		return err
	}
	defer s.kill()
	target := b.classify(s.model)
	rate := b.attack(ctx, target, asFastAs, callers, max(time.Second, b.duration/20), nil).rate() / 2
	before, err := s.metrics()
	if err != nil {
		return err
	}
	var alone, beside outcome
	least := int64(connections)
	for range rounds {
		alone.add(b.attack(ctx, target, perSecond(rate), callers*16, b.duration/(2*rounds), nil))
		drips := newDrips(ctx, strings.TrimPrefix(s.url, "http://"), strings.TrimPrefix(s.model, s.url), connections)
		beside.add(b.attack(ctx, target, perSecond(rate), callers*16, b.duration/(2*rounds), nil))
		least = min(least, drips.open.Load())
		drips.end()
	}
	p0, p1 := percentile(alone.accepted, 0.99), percentile(beside.accepted, 0.99)
	b.want(p1 < p0*11/10, fmt.Sprintf("slow: 99th percentile of others, alone and beside %d slow connections", least), "+ < 10 %", "%v, %v", p0.Round(100*time.Microsecond), p1.Round(100*time.Microsecond))
	b.note("slow: the same, median", "%v, %v", percentile(alone.accepted, 0.5).Round(100*time.Microsecond), percentile(beside.accepted, 0.5).Round(100*time.Microsecond))
	b.want(len(alone.refused)+len(beside.refused) == 0, "slow: answers to others", "only 200", "%s", beside)
	return b.steady(ctx, s, before, "slow")
}

// drips are connections that send slowly; each is opened again when the server closes it.
type drips struct {
	open   atomic.Int64
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

func newDrips(ctx context.Context, address, model string, n int) *drips {
	d := &drips{}
	ctx, d.cancel = context.WithCancel(ctx)
	header := "GET /v2 HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
	body := "POST " + model + "/classify HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\nContent-Length: 100000\r\n\r\n"
	for i := range n {
		start := header
		if i%2 == 0 {
			start = body
		}
		d.wg.Go(func() {
			for ctx.Err() == nil {
				d.drip(ctx, address, start)
			}
		})
	}
	for d.open.Load() < int64(n) && ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	return d
}

// drip opens a connection and sends a byte a second, until either end closes it.
func (d *drips) drip(ctx context.Context, address, start string) {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		select { // it will be free again
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
		return
	}
	d.open.Add(1)
	defer d.open.Add(-1)
	defer c.Close()
	for text := start; ; text = "x" {
		if _, err := io.WriteString(c, text); err != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
		}
	}
}

func (d *drips) end() {
	d.cancel()
	d.wg.Wait()
}
