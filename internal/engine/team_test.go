package engine

import (
	"fmt"
	"os"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestMain fails in seconds where the team hangs: without it every test would wait for its end.
func TestMain(m *testing.M) {
	works := make(chan struct{})
	go func() {
		exercise(func(format string, a ...any) { panic(fmt.Sprintf(format, a...)) })
		close(works)
	}()
	select {
	case <-works:
		os.Exit(m.Run())
	case <-time.After(20 * time.Second):
		fmt.Fprintln(os.Stderr, "the team hangs:")
		_ = pprof.Lookup("goroutine").WriteTo(os.Stderr, 1)
		os.Exit(1)
	}
}

func TestTeam(t *testing.T) { exercise(t.Fatalf) }

// exercise wants every task of every step to be done once, before run returns, with pauses in which all fall asleep, for
// one session and for several that share a team.
func exercise(fatalf func(format string, a ...any)) {
	for threads := 1; threads <= 4; threads++ {
		team := NewTeam(threads)
		for sessions := 1; sessions <= 3; sessions++ {
			var wg sync.WaitGroup
			for range sessions {
				wg.Go(func() { exerciseSession(team, fatalf) })
			}
			wg.Wait()
			if n := team.busy.Load(); n != 0 {
				fatalf("%d goroutines are busy after the end", n)
			}
		}
		team.Close()
		exerciseSession(team, fatalf) // on its own
	}
}

func exerciseSession(team *Team, fatalf func(format string, a ...any)) {
	done := make([]atomic.Int32, team.Threads()+1)
	tasks := make([]func(), len(done))
	for i := range tasks {
		tasks[i] = func() {
			if i == len(tasks)-1 {
				time.Sleep(time.Duration(done[i].Load()%3) * spinTime)
			}
			done[i].Add(1)
		}
	}
	j := newJob()
	for step := range int32(20) {
		if step%7 == 0 {
			time.Sleep(3 * spinTime)
		}
		team.enter()
		team.run(j, tasks)
		for i := range done {
			if n := done[i].Load(); n != step+1 {
				fatalf("%d threads: task %d was done %d times in %d steps", team.Threads(), i, n, step+1)
			}
		}
		team.run(j, tasks[:1])
		done[0].Add(-1)
		team.leave()
	}
}

// TestCloseWhileOffered closes a team whose helpers were offered a job and have not begun it: the job must not wait for
// them, and nobody may count as busy afterwards.
func TestCloseWhileOffered(t *testing.T) {
	c := &crew{threads: 3, helpers: []*helper{{sleeper: newSleeper()}, {sleeper: newSleeper()}}} // nobody lives there
	j, team := newJob(), &Team{crew: c}
	done := make(chan struct{})
	go func() {
		defer close(done)
		team.enter()
		defer team.leave()
		team.run(j, []func(){c.close, func() {}, func() {}}) // all offers are made before the first task
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatalf("run waits for helpers that have ended: %d pending", j.pending.Load())
	}
	if n := c.busy.Load(); n != 0 {
		t.Errorf("%d goroutines are busy after the end", n)
	}
}

func BenchmarkForkJoin(b *testing.B) {
	team := NewTeam(2)
	defer team.Close()
	team.enter()
	defer team.leave()
	j, tasks := newJob(), []func(){func() {}, func() {}}
	for b.Loop() {
		team.run(j, tasks)
	}
}
