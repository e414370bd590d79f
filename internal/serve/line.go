package serve

import (
	"container/list"
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// line hands out cores to those that wait, in the order in which they came. Who has a core may take others along.
type line struct {
	waiting  atomic.Int64 // places; no lock is needed to read it
	computed atomic.Int64 // images that are on a core

	mu     sync.Mutex
	free   int        // cores; none while a place waits
	places *list.List // of *place
}

func newLine(cores int) *line { return &line{free: cores, places: list.New()} }

// place is one image, or other work, in a line.
type place struct {
	shot    *shot // what others may take along; nil: nobody does
	arrived time.Time
	images  int // that are computed on its core, itself included

	core chan struct{} // closed once it has one
	at   *list.Element // nil once it does not wait any more; guarded by the line
}

func newPlace(s *shot) *place {
	return &place{shot: s, arrived: time.Now(), core: make(chan struct{})}
}

// wait returns once the place has a core, until leave is called, or once somebody has taken it along and is done with it, which
// is not alone.
func (l *line) wait(ctx context.Context, p *place) (alone bool, err error) {
	if l.enter(p) {
		return true, nil
	}
	var done chan struct{} // nil is never closed
	if p.shot != nil {
		done = p.shot.done
	}
	select {
	case <-p.core:
		return true, nil
	case <-done:
		return false, nil
	case <-ctx.Done():
		l.giveUp(p)
		return false, ctx.Err()
	}
}

// enter takes a core that is free, or else a place at the end.
func (l *line) enter(p *place) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.free > 0 {
		l.free--
		l.computed.Add(1)
		return true
	}
	p.at = l.places.PushBack(p)
	l.waiting.Add(1)
	return false
}

// remove takes a place out of the line; the caller has the lock.
func (l *line) remove(p *place) {
	l.places.Remove(p.at)
	p.at = nil
	l.waiting.Add(-1)
	l.computed.Add(1)
}

// giveUp leaves the line; a core that the place was given at the same time goes to the next.
func (l *line) giveUp(p *place) {
	l.mu.Lock()
	waits := p.at != nil
	if waits {
		l.remove(p)
		l.computed.Add(-1)
	}
	l.mu.Unlock()
	if waits {
		return
	}
	select {
	case <-p.core:
		l.leave(1)
	default: // somebody took it along
	}
}

// take takes the first place of a kind out of the line, whose images are computed on the caller's core; nil: none waits.
func (l *line) take(k kind) *place {
	l.mu.Lock()
	defer l.mu.Unlock()
	for e := l.places.Front(); e != nil; e = e.Next() {
		if p := e.Value.(*place); p.shot != nil && p.shot.kind == k {
			l.remove(p)
			return p
		}
	}
	return nil
}

// leave gives a core back on which some images were computed: to the first that waits.
func (l *line) leave(images int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.computed.Add(int64(-images))
	first := l.places.Front()
	if first == nil {
		l.free++
		return
	}
	p := first.Value.(*place)
	l.remove(p)
	close(p.core)
}
