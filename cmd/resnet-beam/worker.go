package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"resnet/internal/cli"
)

// command is what a job was started by: a worker opens the job by the same words.
type command struct {
	Dir  string
	Args []string
}

// workers are the jobs that this process computes shards of. A cluster runs several bundles in a process, and one after the
// other: all share a network, whose weights are read once.
var workers = struct {
	sync.Mutex
	of   map[string]*worker
	ends func(code int) // is called where the process is asked to end
}{of: map[string]*worker{}, ends: func(int) {}}

// worker is a job that is open.
type worker struct {
	shards cli.Shards
	err    error
	opened chan struct{}
	stop   chan struct{}
	ended  chan struct{}

	users int       // bundles that are computed
	left  time.Time // by the last one
}

// idle is how long a job stays open that nobody asks for: Flink keeps the process of an attempt that failed, at times, and it
// would keep the job from others.
var idle = time.Minute

// with calls do with the job of a command.
func (c command) with(do func(cli.Shards) error) error {
	w := c.enter()
	defer w.leave()
	<-w.opened
	if w.err != nil {
		return w.err
	}
	return do(w.shards)
}

func (c command) key() string { return strings.Join(append([]string{c.Dir}, c.Args...), "\x00") }

func (c command) enter() *worker {
	workers.Lock()
	defer workers.Unlock()
	w := workers.of[c.key()]
	if w == nil {
		w = &worker{opened: make(chan struct{}), stop: make(chan struct{}), ended: make(chan struct{})}
		workers.of[c.key()] = w
		go w.run(c)
	}
	w.users++
	return w
}

func (w *worker) leave() {
	workers.Lock()
	defer workers.Unlock()
	w.users--
	w.left = time.Now()
}

// forget lets the next bundle open the job anew, and tells whether nobody uses it: else it stays, unless that does not matter.
func (w *worker) forget(c command, whatever bool) bool {
	workers.Lock()
	defer workers.Unlock()
	if !whatever && (w.users > 0 || time.Since(w.left) < idle) {
		return false
	}
	if workers.of[c.key()] == w {
		delete(workers.of, c.key())
	}
	return true
}

// run opens the job, and keeps it open.
func (w *worker) run(c command) {
	defer close(w.ended)
	said, asked := &bytes.Buffer{}, false
	if err := os.Chdir(c.Dir); err != nil {
		fmt.Fprintf(said, "a job's working directory must be there on every machine: %v", err)
	} else {
		code := cli.Work(newEngine(&submission{}), c.Args, said, func(ctx context.Context, shards cli.Shards) error {
			w.shards = shards
			close(w.opened)
			asked = w.keep(ctx, c)
			return ctx.Err()
		})
		if asked {
			workers.ends(code)
		}
	}
	if w.shards == nil {
		w.forget(c, true)
		w.err = errors.New(strings.TrimSpace(said.String()))
		close(w.opened)
	}
}

// keep returns once the job is to be closed, and tells whether the process was asked to end.
func (w *worker) keep(ctx context.Context, c command) (asked bool) {
	for look := time.NewTicker(idle / 4); ; {
		select {
		case <-w.stop:
			return false
		case <-ctx.Done():
			return true
		case <-look.C:
			if w.forget(c, false) {
				return false
			}
		}
	}
}

// closeWorkers ends the work on all jobs.
func closeWorkers() {
	workers.Lock()
	all := workers.of
	workers.of = map[string]*worker{}
	workers.Unlock()
	for _, w := range all {
		close(w.stop)
		<-w.ended
	}
}
