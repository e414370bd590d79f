package serve

import (
	"context"
	"runtime"
	"runtime/debug"
	"time"
)

// garbage is about how much memory may be dead before it is collected. Go lets garbage grow until it is as much as what lives, and
// most of what lives here are weights: they say nothing of how much requests need.
const garbage = 64 << 20

// usualGC is Go's own percentage of garbage.
const usualGC = 100

// boundGarbage makes the collector run after some memory of garbage, once all that stays is there; restore undoes it. Where the
// environment asks for another percentage than Go's own that is left alone.
func boundGarbage() (restore func()) {
	runtime.GC()
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	before := debug.SetGCPercent(gcPercent(now.HeapAlloc))
	if before != usualGC {
		debug.SetGCPercent(before)
	}
	return func() { debug.SetGCPercent(before) }
}

// gcPercent is what bounds garbage where so many bytes live, without collecting all the time.
func gcPercent(live uint64) int {
	const least = 10
	return max(least, int(min(usualGC, usualGC*garbage/max(live, 1))))
}

// restTime is how long a server has nothing to do before it gives memory back.
const restTime = 10 * time.Second

// rest calls free each time that requests were worked on and then there were none for restTime or somewhat more, until ctx is done.
func (q *queue) rest(ctx context.Context, free func()) {
	ticker := time.NewTicker(restTime)
	defer ticker.Stop()
	freed, last := q.admitted.Load(), q.admitted.Load()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now := q.admitted.Load()
		if now == last && now != freed && q.requests.Load() == 0 {
			free()
			freed = now
		}
		last = now
	}
}

// freeMemory gives back what requests needed: sessions that are idle, and what the collector keeps for later.
func (s *Server) freeMemory() {
	for _, m := range s.config.Models {
		m.rest()
	}
	runtime.GC() // a sync.Pool keeps what it has for one more collection
	debug.FreeOSMemory()
}
