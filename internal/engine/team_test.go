package engine

import (
	"sync/atomic"
	"testing"
	"time"
)

// TestTeam wants every task of every epoch to be done once, before run returns, with pauses in which all fall asleep.
func TestTeam(t *testing.T) {
	for threads := 1; threads <= 5; threads++ {
		team := newTeam(threads)
		done := make([]atomic.Int32, threads)
		tasks := make([]func(), threads)
		for i := range tasks {
			tasks[i] = func() {
				if i == threads-1 {
					time.Sleep(time.Duration(done[i].Load()%3) * spinTime)
				}
				done[i].Add(1)
			}
		}
		for epoch := range int32(30) {
			if epoch%7 == 0 {
				time.Sleep(3 * spinTime)
			}
			team.run(tasks)
			for i := range done {
				if n := done[i].Load(); n != epoch+1 {
					t.Fatalf("%d threads: task %d was done %d times in %d epochs", threads, i, n, epoch+1)
				}
			}
			team.run(tasks[:1])
			done[0].Add(-1)
		}
		team.close()
	}
}

func BenchmarkForkJoin(b *testing.B) {
	team := newTeam(2)
	defer team.close()
	tasks := []func(){func() {}, func() {}}
	for b.Loop() {
		team.run(tasks)
	}
}
