package serve

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// queue bounds what a server takes on: requests that wait or are worked on, those of one client among them, the bytes of their
// bodies, how long they would wait, and how many images are computed at a time. Who asks for more is refused at once and may
// come again: a queue that grows answers nobody in time.
type queue struct {
	limits          Limits
	requests, bytes atomic.Int64
	admitted        atomic.Int64 // requests so far that were not refused by their header
	mean            mean         // for which an image has a core
	line            *line
	waited          func(time.Duration)

	mu      sync.Mutex
	clients map[netip.Addr]int // requests of each that wait or are worked on
}

func newQueue(l Limits, waited func(time.Duration)) *queue {
	return &queue{limits: l, line: newLine(l.Cores), waited: waited, clients: map[netip.Addr]int{}}
}

// fullError is why a request is refused that might have been answered at another time.
type fullError struct {
	status int
	reason string
	after  time.Duration // it may come again
}

func (e *fullError) Error() string { return e.reason }

func (q *queue) full(reason string) error {
	return &fullError{http.StatusServiceUnavailable, reason, q.wait()}
}

func (q *queue) fullRequests() error { return q.full("too many requests wait") }

func (q *queue) fullBytes() error { return q.full("the requests that wait are too large together") }

func (q *queue) fullClient() error {
	return &fullError{http.StatusTooManyRequests, fmt.Sprintf("more than %d requests of yours wait", q.limits.ClientRequests), q.wait()}
}

// wait is about how long an image waits for a core that comes now.
func (q *queue) wait() time.Duration {
	return time.Duration(q.line.waiting.Load()) * q.mean.value() / time.Duration(q.limits.Cores)
}

// ticket is one request in a queue.
type ticket struct {
	queue  *queue
	client netip.Addr
	bytes  int64 // of its body so far
	joined bool
}

// admit refuses a request by its header alone: length is what it says that its body has, or -1. Nothing is held for it yet, so
// that those who send their bodies slowly take nobody's place. Where others wait for so long that it would not be answered in
// time, it is refused now: computed too late, it would take the time of one that could still be in time.
func (q *queue) admit(client netip.Addr, length int64) (*ticket, error) {
	switch {
	case q.requests.Load() >= int64(q.limits.Requests):
		return nil, q.fullRequests()
	case q.bytes.Load()+max(length, 0) > q.limits.Bytes:
		return nil, q.fullBytes()
	case q.of(client, 0) >= q.limits.ClientRequests:
		return nil, q.fullClient()
	case q.line.waiting.Load() > 0 && q.wait() > q.limits.Deadline/2: // others are as far as this one now, and images differ
		return nil, q.full("the requests that wait take longer than the deadline")
	}
	q.admitted.Add(1)
	return &ticket{queue: q, client: client}, nil
}

// of is how many requests a client has, once there are more of them.
func (q *queue) of(client netip.Addr, more int) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := q.clients[client] + more
	if n == 0 {
		delete(q.clients, client)
	} else {
		q.clients[client] = n
	}
	return n
}

// hold takes room for bytes of the body.
func (t *ticket) hold(bytes int) error {
	t.bytes += int64(bytes)
	if t.queue.bytes.Add(int64(bytes)) > t.queue.limits.Bytes {
		return t.queue.fullBytes()
	}
	return nil
}

// join takes a place among those that wait or are worked on, once all of the body is there.
func (t *ticket) join() error {
	t.joined = true
	own := t.queue.of(t.client, 1)
	switch n := t.queue.requests.Add(1); {
	case n > int64(t.queue.limits.Requests):
		return t.queue.fullRequests()
	case own > t.queue.limits.ClientRequests:
		return t.queue.fullClient()
	}
	return nil
}

// leave gives back all that was taken.
func (t *ticket) leave() {
	t.queue.bytes.Add(-t.bytes)
	if t.joined {
		t.queue.requests.Add(-1)
		t.queue.of(t.client, -1)
	}
}

// clientOf is whom a request is counted for: an address, of IPv6 the network of 64 bits that one client has. What is no address
// is all one client.
func clientOf(r *http.Request) netip.Addr {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	address := from.Addr().Unmap().WithZone("")
	if address.Is6() {
		if network, err := address.Prefix(64); err == nil {
			return network.Masked().Addr()
		}
	}
	return address
}

// run waits for a core, in the order of the calls, and works on it until ctx is done. A panic of work is an error.
func (q *queue) run(ctx context.Context, work func(context.Context) error) error {
	return q.turn(ctx, newPlace(nil), work)
}

// turn is run from a place in the line; work is not called where somebody takes it along.
func (q *queue) turn(ctx context.Context, p *place, work func(context.Context) error) (err error) {
	alone, err := q.line.wait(ctx, p)
	if err != nil {
		return fmt.Errorf("waiting for a core: %w", err)
	}
	if !alone {
		return nil
	}
	start := time.Now()
	p.images = 1
	defer func() {
		q.line.leave(p.images)
		q.mean.add(time.Since(start), p.images)
	}()
	q.waited(start.Sub(p.arrived))
	if err := ctx.Err(); err != nil { // both were so at the same time
		return fmt.Errorf("waiting for a core: %w", err)
	}
	defer recoverPanic(&err)
	return work(ctx)
}

// takeAlong takes the first image of p's kind out of the line, to be computed where p is; nil: none waits.
func (q *queue) takeAlong(p *place) *shot {
	next := q.line.take(p.shot.kind)
	if next == nil {
		return nil
	}
	p.images++
	q.waited(time.Since(next.arrived))
	return next.shot
}

// mean is of times, of which the last count most.
type mean struct{ nanoseconds atomic.Int64 }

func (m *mean) value() time.Duration { return time.Duration(m.nanoseconds.Load()) }

// add counts how long some images took together.
func (m *mean) add(d time.Duration, images int) {
	each := int64(d) / int64(images)
	now := m.nanoseconds.Load()
	if now == 0 {
		now = each
	}
	for range images {
		now += (each - now) / 8
	}
	m.nanoseconds.Store(now) // of two at a time one may be lost: it is a mean
}

// panicError is what became of a panic: the client is told that there was one, the log where.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return "internal error" }

func recoverPanic(err *error) {
	if value := recover(); value != nil {
		*err = &panicError{value, debug.Stack()}
	}
}
