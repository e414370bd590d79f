package engine

import (
	"runtime"
	"sync/atomic"
	"time"
)

// team is the caller of Run and its helpers. Who waits spins for a while, so that the steps of a pass follow each other
// within microseconds, and then sleeps: between two passes the helpers cost nothing, and where other processes want the
// cores nobody spins for a thread that is not running.
type team struct {
	helpers []*sleeper
	caller  sleeper

	// tasks is what is done in this epoch, by the helpers from index 1 on; nil ends them. The epoch publishes it.
	tasks []func()
	epoch atomic.Uint32
	busy  atomic.Int32 // helpers that have not finished this epoch
}

func newTeam(threads int) *team {
	t := &team{helpers: make([]*sleeper, threads-1), caller: newSleeper()}
	for i := range t.helpers {
		s := newSleeper()
		t.helpers[i] = &s
		go t.help(i+1, &s)
	}
	return t
}

// help is a helper's life.
func (t *team) help(part int, s *sleeper) {
	for epoch := uint32(1); ; epoch++ {
		s.wait(func() bool { return t.epoch.Load() == epoch })
		if t.tasks == nil {
			return
		}
		if part < len(t.tasks) {
			t.tasks[part]()
		}
		if t.busy.Add(-1) == 0 {
			t.caller.wake()
		}
	}
}

// run does all tasks at the same time and returns when they are done.
func (t *team) run(tasks []func()) {
	if len(tasks) == 1 {
		tasks[0]()
		return
	}
	t.start(tasks)
	tasks[0]()
	t.caller.wait(func() bool { return t.busy.Load() == 0 })
}

// start begins an epoch.
func (t *team) start(tasks []func()) {
	t.tasks = tasks
	t.busy.Store(int32(len(t.helpers)))
	t.epoch.Add(1)
	for _, s := range t.helpers {
		s.wake()
	}
}

// close ends the helpers.
func (t *team) close() { t.start(nil) }

// sleeper is one goroutine that waits for others.
type sleeper struct {
	asleep atomic.Bool
	alarm  chan struct{}
}

func newSleeper() sleeper { return sleeper{alarm: make(chan struct{}, 1)} }

// spinTime is how long a waiting goroutine spins: about the difference that shares of one layer have.
const spinTime = 100 * time.Microsecond

// wait returns once done is true. Whoever makes it true calls wake afterwards.
func (s *sleeper) wait(done func() bool) {
	start := time.Now()
	for !done() {
		if time.Since(start) < spinTime {
			for i := 0; i < 256 && !done(); i++ {
			}
			runtime.Gosched() // with more threads than cores the other may wait for this one's
			continue
		}
		s.asleep.Store(true)
		if !done() || !s.asleep.CompareAndSwap(true, false) {
			<-s.alarm // of an earlier wait's waker, perhaps: done has the last word
		}
	}
}

// wake wakes the sleeper if it sleeps.
func (s *sleeper) wake() {
	if s.asleep.CompareAndSwap(true, false) {
		s.alarm <- struct{}{}
	}
}
