package engine

import (
	"sync/atomic"
	"testing"
)

// panicOf calls f and gives its panic.
func panicOf(f func()) (caught *Panic) {
	defer func() { caught, _ = recover().(*Panic) }()
	f()
	return nil
}

// TestTeamPanics: a panic of any task, whichever goroutine does it, is one of the caller's, once all have ended; the team, the job
// and its session are as they were.
func TestTeamPanics(t *testing.T) {
	for threads := 1; threads <= 4; threads++ {
		team := NewTeam(threads)
		j := newJob()
		for bad := range 5 {
			var done atomic.Int32
			tasks := make([]func(), 5)
			for i := range tasks {
				tasks[i] = func() {
					if i == bad {
						panic("oh")
					}
					done.Add(1)
				}
			}
			team.enter()
			if p := panicOf(func() { team.run(j, tasks) }); p == nil || p.Value != "oh" || len(p.Stack) == 0 {
				t.Errorf("%d threads, task %d: %v", threads, bad, p)
			}
			if p := panicOf(func() { team.run(j, tasks[:bad]) }); p != nil {
				t.Errorf("%d threads, after task %d: %v", threads, bad, p)
			}
			team.leave()
			if n := team.busy.Load(); n != 0 {
				t.Errorf("%d threads: %d goroutines are busy after the end", threads, n)
			}
		}
		team.Close()
	}
}

func TestParallelPanics(t *testing.T) {
	if p := panicOf(func() { _ = parallel(8, func(i int) error { panic(i) }) }); p == nil {
		t.Error("a panic of a goroutine did not reach the caller")
	}
}
