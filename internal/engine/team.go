package engine

import (
	"runtime"
	"sync/atomic"
	"time"
)

// Team is goroutines that compute, for any number of sessions: a server has many sessions and few cores. A step is shared
// out to as many of them as are free; where others compute already, a session's own goroutine does more of it alone. No
// bit of any result depends on that.
type Team struct {
	*crew
	cleanup runtime.Cleanup
}

// NewTeam makes a team of some threads, the caller of a Run included; 0 is as many as there are cores for the process. The
// caller closes it.
func NewTeam(threads int) *Team {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	c := &crew{threads: int32(threads), helpers: make([]*helper, threads-1)}
	for i := range c.helpers {
		c.helpers[i] = &helper{sleeper: newSleeper()}
		go c.helpers[i].live(&c.busy)
	}
	t := &Team{crew: c}
	t.cleanup = runtime.AddCleanup(t, (*crew).close, c) // where nobody closes it
	return t
}

// Threads is how many goroutines compute at a time.
func (t *Team) Threads() int { return int(t.threads) }

// Close ends the team's goroutines. Sessions that still run, and those that run later, compute on their callers' alone.
func (t *Team) Close() {
	t.cleanup.Stop()
	t.close()
}

// crew is what a team's goroutines share; they know no Team, so that one that is forgotten can be collected.
type crew struct {
	threads int32
	busy    atomic.Int32 // goroutines that compute: callers and helpers
	helpers []*helper
}

// helper is a goroutine that waits for a job. Who waits spins for a while, so that the steps of a pass follow each other
// within microseconds, and then sleeps: between two passes the helpers cost nothing, and where other processes want the
// cores nobody spins for a thread that is not running.
type helper struct {
	sleeper
	job atomic.Pointer[job] // nil while it is free, then what it is offered, then working; or ended
}

// job is the tasks of one step. A session has one job, which each of its steps uses.
type job struct {
	tasks   []func()
	next    atomic.Int32 // the task that is taken next
	pending atomic.Int32 // the caller and helpers that are not done yet
	caller  sleeper
	done    func() bool // nobody is pending
	panics  panics      // of the tasks
}

func newJob() *job {
	j := &job{caller: newSleeper()}
	j.done = func() bool { return j.pending.Load() == 0 }
	return j
}

// working and ended are no jobs but states of a helper.
var working, ended = new(job), new(job)

func (h *helper) live(busy *atomic.Int32) {
	asked := func() bool { return h.job.Load() != nil }
	for {
		h.wait(asked)
		j := h.job.Load()
		if j == ended {
			return
		}
		if j == nil || !h.job.CompareAndSwap(j, working) {
			continue // the offer was withdrawn
		}
		j.work()
		h.job.CompareAndSwap(working, nil) // unless it is ended
		busy.Add(-1)
		j.finish()
	}
}

// offer gives j to a helper that is free.
func (h *helper) offer(j *job) bool {
	if h.job.CompareAndSwap(nil, j) {
		h.wake()
		return true
	}
	return false
}

// work does tasks as long as there are any.
func (j *job) work() {
	defer j.panics.keep()
	for i := int(j.next.Add(1)) - 1; i < len(j.tasks); i = int(j.next.Add(1)) - 1 {
		j.tasks[i]()
	}
}

// finish counts down who is pending; the last wakes the caller.
func (j *job) finish() {
	if j.pending.Add(-1) == 0 {
		j.caller.wake()
	}
}

// enter and leave count the caller of a Run among those that compute.
func (c *crew) enter() { c.busy.Add(1) }
func (c *crew) leave() { c.busy.Add(-1) }

// run does all tasks, some at the same time, and returns when they are done, or panics then if one did. The caller has entered.
func (c *crew) run(j *job, tasks []func()) {
	if len(tasks) == 1 {
		tasks[0]()
		return
	}
	j.tasks = tasks
	j.next.Store(0)
	j.pending.Store(1) // the caller itself, so that nobody else is the last
	asked := 0
	for _, h := range c.helpers {
		if asked == len(tasks)-1 {
			break
		}
		if c.busy.Add(1) > c.threads {
			c.busy.Add(-1)
			break
		}
		j.pending.Add(1)
		if h.offer(j) {
			asked++
		} else {
			c.withdrawn(j)
		}
	}
	j.work()
	if asked > 0 {
		for _, h := range c.helpers { // who has not begun by now would find nothing to do
			if h.job.CompareAndSwap(j, nil) {
				c.withdrawn(j)
			}
		}
	}
	if j.pending.Add(-1) > 0 {
		j.caller.wait(j.done)
	}
	j.panics.goOn()
}

// withdrawn is a helper that will not take j.
func (c *crew) withdrawn(j *job) {
	c.busy.Add(-1)
	j.finish()
}

// close ends the helpers, each once it is free. A job that one was offered and has not begun is taken back from it.
func (c *crew) close() {
	for _, h := range c.helpers {
		if j := h.job.Swap(ended); j != nil && j != working && j != ended {
			c.withdrawn(j)
		}
		h.wake()
	}
}

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
