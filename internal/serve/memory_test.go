package serve

import (
	"context"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestGCPercent: garbage is bounded by bytes, and no less is collected at a time than is worth it.
func TestGCPercent(t *testing.T) {
	for live, want := range map[uint64]int{0: 100, 1 << 20: 100, garbage: 100, 2 * garbage: 50, 4 * garbage: 25, 100 * garbage: 10} {
		if got := gcPercent(live); got != want {
			t.Errorf("%d bytes: %d, want %d", live, got, want)
		}
	}
	ballast := make([]byte, 4*garbage)
	restore := boundGarbage()
	if now := debug.SetGCPercent(77); now > 25 || now < 10 {
		t.Errorf("%d %%", now)
	}
	restore()
	if now := debug.SetGCPercent(77); now != usualGC {
		t.Errorf("%d %% afterwards", now)
	}
	boundGarbage() // somebody has asked for it
	if now := debug.SetGCPercent(usualGC); now != 77 {
		t.Errorf("%d %%, want what was asked for", now)
	}
	runtime.KeepAlive(ballast)
}

// TestRest: memory is given back once, some time after the last request, and again after the next ones.
func TestRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(Limits{}.orDefault(), nil)
		ctx, cancel := context.WithCancel(t.Context())
		var freed atomic.Int64
		ended := make(chan struct{})
		go func() {
			q.rest(ctx, func() { freed.Add(1) })
			close(ended)
		}()
		work := func() *ticket {
			t.Helper()
			ticket, err := q.admit(ann, 0)
			if err == nil {
				err = ticket.join()
			}
			if err != nil {
				t.Fatal(err)
			}
			return ticket
		}
		after := func(d time.Duration, want int, what string) {
			t.Helper()
			time.Sleep(d)
			if n := freed.Load(); n != int64(want) {
				t.Errorf("%s: %d times, want %d", what, n, want)
			}
		}
		after(time.Minute, 0, "nothing was done yet")
		for range 100 {
			work().leave()
			time.Sleep(restTime / 2)
		}
		after(0, 0, "requests come all the time")
		after(2*restTime+1, 1, "there were none for a while")
		after(time.Hour, 1, "there were none still")
		long := work()
		after(time.Minute, 1, "one is worked on")
		long.leave()
		after(2*restTime, 2, "it has left")
		cancel()
		<-ended
	})
}
