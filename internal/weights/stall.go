package weights

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"
)

var errStalled = errors.New("the server has stopped sending")

// A watchdog ends a download that does not come forward: fewer than least bytes in a window of time. A server that sends
// a byte now and then is as good as one that sends none.
type watchdog struct {
	body  io.Reader
	bytes atomic.Int64
}

func (w *watchdog) Read(p []byte) (int, error) {
	n, err := w.body.Read(p)
	w.bytes.Add(int64(n))
	return n, err
}

// watch cancels a download once it stalls, and ends with it.
func (w *watchdog) watch(ctx context.Context, window time.Duration, least int64, cancel context.CancelCauseFunc) {
	tick := time.NewTicker(window)
	defer tick.Stop()
	for last := int64(0); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			now := w.bytes.Load()
			if now-last < least {
				cancel(errStalled)
				return
			}
			last = now
		}
	}
}
