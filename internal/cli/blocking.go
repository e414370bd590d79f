package cli

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"os"
	"time"
)

// Who opens a pipe that nobody reads, or writes to it, waits in the system and hears no context. So it waits beside the
// run, which gives it up soon after an interrupt.

// readerPatience is how long an interrupted run waits for a reader. Tests have less.
var readerPatience = time.Second

// blockable is closed when the run is interrupted, for a path where a write may wait; nil for others.
func (f *factory) blockable(path string) <-chan struct{} {
	if info, err := os.Stat(path); err == nil && mayBlock(info) {
		return f.interrupt
	}
	return nil
}

// mayBlock tells a file whose writers wait for a reader.
func mayBlock(info os.FileInfo) bool {
	return info.Mode()&(fs.ModeNamedPipe|fs.ModeCharDevice|fs.ModeSocket) != 0
}

// writeUntil writes, and gives up waiting once done is closed.
func writeUntil(done <-chan struct{}, w io.Writer, p []byte) (int, error) {
	if done != nil {
		p = bytes.Clone(p) // whoever gave up may write another text into it
	}
	return until(done, func() (int, error) { return w.Write(p) })
}

// until calls do, and returns context.Canceled without its result where done is closed and do takes longer than readerPatience.
// Where done is nil it waits.
func until[T any](done <-chan struct{}, do func() (T, error)) (T, error) {
	if done == nil {
		return do()
	}
	type result struct {
		value T
		err   error
	}
	results := make(chan result, 1)
	go func() {
		value, err := do()
		results <- result{value, err}
	}()
	select {
	case r := <-results:
		return r.value, r.err
	case <-done:
	}
	select {
	case r := <-results:
		return r.value, r.err
	case <-time.After(readerPatience):
		var none T
		return none, context.Canceled
	}
}
