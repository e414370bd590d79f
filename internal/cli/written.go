package cli

import (
	"path/filepath"
	"strings"
	"sync"

	"resnet/internal/number"
	"resnet/internal/printable"
)

// written are the files that a command wrote, in so far as people are told of them.
type written struct {
	mu    sync.Mutex
	count int
	names []string // the first ones
	dir   string   // that all are in or below
}

// mostWritten is how many files are named one by one.
const mostWritten = 4

// wrote notes a file that is there whole. What holds results says so through it, and people see it once the command ends.
func (f *factory) wrote(name string) {
	w := &f.written
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.count++; w.count <= mostWritten {
		w.names = append(w.names, name)
	}
	dir := filepath.Dir(name)
	if w.count == 1 {
		w.dir = dir
	}
	for w.dir != dir && !strings.HasPrefix(dir, strings.TrimSuffix(w.dir, string(filepath.Separator))+string(filepath.Separator)) {
		parent := filepath.Dir(w.dir)
		if parent == w.dir {
			break // "." is above all relative names
		}
		w.dir = parent
	}
}

// sayWritten tells people where results are: each file, or the directory of many.
func (f *factory) sayWritten() {
	w := &f.written
	if w.count > mostWritten {
		f.hintf("wrote %s files below %s", number.Thousands(int64(w.count)), printable.Name(w.dir))
		return
	}
	for _, name := range w.names {
		f.hintf("wrote %s", printable.Name(name))
	}
}
