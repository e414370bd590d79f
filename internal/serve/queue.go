package serve

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// queue bounds what a server takes on: requests that wait or are worked on, the bytes of their bodies, and how many images
// are computed at a time. Who asks for more is refused at once and may come again: a queue that grows answers nobody in time.
type queue struct {
	maxRequests, maxBytes int64
	requests, bytes       atomic.Int64
	cores                 chan struct{} // a place for each image that is computed
	waited                func(time.Duration)
}

func newQueue(maxRequests int, maxBytes int64, cores int, waited func(time.Duration)) *queue {
	return &queue{maxRequests: int64(maxRequests), maxBytes: maxBytes, cores: make(chan struct{}, cores), waited: waited}
}

var (
	errFullRequests = failure{http.StatusServiceUnavailable, fmt.Errorf("too many requests wait")}
	errFullBytes    = failure{http.StatusServiceUnavailable, fmt.Errorf("the requests that wait are too large together")}
)

// ticket is one request in a queue.
type ticket struct {
	queue  *queue
	bytes  int64 // of its body so far
	joined bool
}

// admit refuses a request by its header alone: length is what it says that its body has, or -1. Nothing is held for it yet, so
// that those who send their bodies slowly take nobody's place.
func (q *queue) admit(length int64) (*ticket, error) {
	switch {
	case q.requests.Load() >= q.maxRequests:
		return nil, errFullRequests
	case q.bytes.Load()+max(length, 0) > q.maxBytes:
		return nil, errFullBytes
	}
	return &ticket{queue: q}, nil
}

// hold takes room for bytes of the body.
func (t *ticket) hold(bytes int) error {
	t.bytes += int64(bytes)
	if t.queue.bytes.Add(int64(bytes)) > t.queue.maxBytes {
		return errFullBytes
	}
	return nil
}

// join takes a place among those that wait or are worked on, once all of the body is there.
func (t *ticket) join() error {
	t.joined = true
	if t.queue.requests.Add(1) > t.queue.maxRequests {
		return errFullRequests
	}
	return nil
}

// leave gives back all that was taken.
func (t *ticket) leave() {
	t.queue.bytes.Add(-t.bytes)
	if t.joined {
		t.queue.requests.Add(-1)
	}
}

// run waits for a core, in the order of the calls, and works on it until ctx is done. A panic of work is an error.
func (q *queue) run(ctx context.Context, work func(context.Context) error) (err error) {
	start := time.Now()
	select {
	case q.cores <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("waiting for a core: %w", ctx.Err())
	}
	defer func() { <-q.cores }()
	q.waited(time.Since(start))
	if err := ctx.Err(); err != nil { // both were so at the same time
		return fmt.Errorf("waiting for a core: %w", err)
	}
	defer recoverPanic(&err)
	return work(ctx)
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
