package checkpointtest

import (
	"bytes"
	"errors"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"resnet/internal/checkpoint/format"
)

// Within runs f, which may allocate four times the size of its input and 16 MiB, garbage included, and may take ten seconds
// (a thousand times what it needs, as it is the wall clock of a machine that may be busy).
func Within(t *testing.T, size int, f func()) {
	t.Helper()
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	before, begin := sample[0].Value.Uint64(), time.Now()
	f()
	took := time.Since(begin)
	metrics.Read(sample)
	if taken, limit := sample[0].Value.Uint64()-before, uint64(4*size+16<<20); taken > limit {
		t.Errorf("an input of %d bytes takes %d bytes of memory, more than %d", size, taken, limit)
	}
	if took > 10*time.Second {
		t.Errorf("an input of %d bytes takes %v", size, took)
	}
}

// enough ends a reading that has gone on for long: a small file can hold many views of the same storage.
type enough struct{ left int }

var errEnough = errors.New("enough")

func (e *enough) Write(p []byte) (int, error) {
	if e.left -= len(p); e.left < 0 {
		return 0, errEnough
	}
	return len(p), nil
}

// Fuzz opens a file and reads it. Whatever it holds, the outcome is its tensors, or a *format.Error of one line; a panic
// that was caught counts as one that was not.
func Fuzz(t *testing.T, open Opener, file []byte) {
	t.Helper()
	Within(t, len(file), func() {
		r, err := open(bytes.NewReader(file), int64(len(file)))
		if err == nil {
			w := &enough{left: 4 << 20}
			for _, name := range r.Names() {
				if err = r.Stream(name, w); err != nil {
					break
				}
			}
		}
		CheckError(t, err)
	})
}

// CheckError fails unless err is nil or an error that a hostile file may lead to.
func CheckError(t *testing.T, err error) {
	t.Helper()
	if err == nil || errors.Is(err, errEnough) {
		return
	}
	var broken *format.Error
	switch {
	case !errors.As(err, &broken):
		t.Errorf("the error is a %T: %v", err, err)
	case strings.ContainsAny(err.Error(), "\n\x00\x1b") || len(err.Error()) > 4096:
		t.Errorf("the error is not one line: %.200q", err)
	case strings.Contains(err.Error(), "internal error"):
		t.Error(err)
	}
}
