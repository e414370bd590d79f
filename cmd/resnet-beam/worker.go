package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

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
	ends func(code int) // is called where one ends that nobody has stopped: the process is asked to end
}{of: map[string]*worker{}, ends: func(int) {}}

// worker is a job that is open.
type worker struct {
	shards cli.Shards
	err    error
	opened chan struct{}
	stop   chan struct{}
	ended  chan struct{}
}

// open is the job of a command.
func (c command) open() (cli.Shards, error) {
	key := strings.Join(append([]string{c.Dir}, c.Args...), "\x00")
	workers.Lock()
	w := workers.of[key]
	if w == nil {
		w = &worker{opened: make(chan struct{}), stop: make(chan struct{}), ended: make(chan struct{})}
		workers.of[key] = w
		go w.run(c)
	}
	workers.Unlock()
	<-w.opened
	if w.err != nil { // another bundle may have better luck
		workers.Lock()
		defer workers.Unlock()
		if workers.of[key] == w {
			delete(workers.of, key)
		}
	}
	return w.shards, w.err
}

// run opens the job, and keeps it open.
func (w *worker) run(c command) {
	defer close(w.ended)
	if err := os.Chdir(c.Dir); err != nil {
		w.err = fmt.Errorf("a job's working directory must be there on every machine: %w", err)
		close(w.opened)
		return
	}
	said := &bytes.Buffer{}
	code := cli.Work(newEngine(&submission{}), c.Args, said, func(ctx context.Context, shards cli.Shards) error {
		w.shards = shards
		close(w.opened)
		select {
		case <-w.stop:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	if w.shards == nil {
		w.err = errors.New(strings.TrimSpace(said.String()))
		close(w.opened)
		return
	}
	select {
	case <-w.stop:
	default:
		workers.ends(code)
	}
}

// closeWorkers ends the work on all jobs.
func closeWorkers() {
	workers.Lock()
	defer workers.Unlock()
	for key, w := range workers.of {
		close(w.stop)
		<-w.ended
		delete(workers.of, key)
	}
}
