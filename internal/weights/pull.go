package weights

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"resnet/internal/checkpoint"
)

// A Puller downloads sets into a cache. Any number of processes may do so at the same time, and any of them may be
// killed at any time: under a set's name there is nothing or the whole, checked file.
type Puller struct {
	Cache    *Cache
	Offline  bool           // no network, whatever happens
	Progress func(Progress) // may be nil; called on the goroutine of Pull

	Client     *http.Client  // nil: one that follows redirects to https alone
	Stall      time.Duration // the window of the watchdog; 0: 30 s
	LeastBytes int64         // that must come in it; 0: 30 kB
	Backoff    time.Duration // the first pause after a failure; 0: half a second
	Retries    int           // failures, over the whole pull and without much progress, before it gives up; 0: 6
}

// State is what a download does.
type State string

// The states of a set on its way into the cache.
const (
	Waiting     State = "waiting" // for another process that downloads the same
	Resuming    State = "resuming"
	Downloading State = "downloading"
	Copying     State = "copying" // a file of this machine
	Retrying    State = "retrying"
	Done        State = "done"
)

// Progress is how far a download is.
type Progress struct {
	Name        string
	State       State
	Done, Total int64 // bytes; Total ≤ 0 is unknown
	Err         error // why it is Retrying
}

func (p *Puller) tell(progress Progress) {
	if p.Progress != nil {
		p.Progress(progress)
	}
}

func (p *Puller) client() *http.Client {
	if p.Client == nil {
		p.Client = newClient()
	}
	return p.Client
}

func (p *Puller) stall() time.Duration   { return orDefault(p.Stall, 30*time.Second) }
func (p *Puller) leastBytes() int64      { return orDefault(p.LeastBytes, 30_000) }
func (p *Puller) backoff() time.Duration { return orDefault(p.Backoff, 500*time.Millisecond) }
func (p *Puller) retries() int           { return orDefault(p.Retries, 6) }

func orDefault[T int | int64 | time.Duration](value, otherwise T) T {
	if value == 0 {
		return otherwise
	}
	return value
}

// OfflineError is a set that is not here, where the network must not be used.
type OfflineError struct{ Set Set }

func (e *OfflineError) Error() string {
	return e.Set.Name + " is not on this disk, and this is offline"
}

// NoNetworkError is a set that can't be downloaded, as there is no way to its server. The file can be fetched elsewhere, and added.
type NoNetworkError struct {
	Set Set
	Err error
}

func (e *NoNetworkError) Error() string { return fmt.Sprintf("pulling %s: %v", e.Set.Name, e.Err) }
func (e *NoNetworkError) Unwrap() error { return e.Err }

// Pull gives the set from the cache, or downloads it.
func (p *Puller) Pull(ctx context.Context, s Set) (*Entry, error) {
	if s.Builtin() {
		return nil, fmt.Errorf("%s is built in, there is nothing to download", s.Name)
	}
	e, err := p.Cache.Get(s)
	var damaged *DamagedError
	if err == nil || !errors.Is(err, ErrAbsent) && !errors.As(err, &damaged) {
		return e, err
	}
	if p.Offline {
		return nil, &OfflineError{s}
	}
	if e, err = p.fetch(ctx, p.Cache.pinned(s)); err != nil {
		return nil, p.explain(s, err)
	}
	p.tell(Progress{Name: s.Name, State: Done, Done: e.Size, Total: e.Size})
	return e, nil
}

// explain says what was wanted, with a type of its own where there is no way to the server.
func (p *Puller) explain(s Set, err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case noNetwork(err):
		return &NoNetworkError{s, err}
	}
	return fmt.Errorf("pulling %s: %w", s.Name, err)
}

// fetch downloads a set under its lock.
func (p *Puller) fetch(ctx context.Context, s Set) (*Entry, error) {
	if err := p.Cache.prepare(); err != nil {
		return nil, err
	}
	name := s.fileName()
	unlock, held, err := p.Cache.lock(ctx, name, func() { p.tell(Progress{Name: s.Name, State: Waiting}) })
	if err != nil {
		return nil, err
	}
	defer unlock()
	if e, err := p.Cache.Get(s); err == nil {
		return e, nil // another process was faster
	}
	for tries := 0; ; tries++ {
		e, err := p.fetchOnce(ctx, s, name, held)
		if !errors.Is(err, errLost) || tries == 10 {
			return e, err
		}
		held = false // the locks of this file system keep nobody out
		if e, err := p.Cache.Get(s); err == nil {
			return e, nil
		}
	}
}

// errLost is a partial that somebody else removed, as happens where locks do nothing.
var errLost = errors.New("the unfinished download was removed by another process")

func (p *Puller) fetchOnce(ctx context.Context, s Set, name string, held bool) (*Entry, error) {
	part, err := p.Cache.newPartial(name)
	if err != nil {
		return nil, err
	}
	keep := false
	defer func() {
		if !keep {
			_ = part.remove()
		}
		_ = part.file.Close()
	}()
	if held {
		if err := p.Cache.resume(part, name, s.URL); err != nil {
			return nil, err
		}
		if part.offset > 0 {
			p.tell(Progress{Name: s.Name, State: Resuming, Done: part.offset, Total: part.origin.Total})
		}
	}
	d := &download{p: p, set: s, name: name, part: part}
	digest, err := d.run(ctx)
	if err != nil {
		keep = part.offset > 0 && !errors.Is(err, errWrong) && !errors.Is(err, errDisk)
		if !noNetwork(err) && !errors.Is(err, errDisk) {
			err = fmt.Errorf("%s: %w", s.URL, err)
		}
		return nil, err
	}
	return p.Cache.install(part, s, Record{Name: s.Name, URL: s.URL, SHA256: digest})
}

// prepare makes the directories that a download needs.
func (c *Cache) prepare() error {
	for _, dir := range []string{c.weights(""), c.partials()} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("the cache can't be written: %w", err)
		}
	}
	return nil
}

// install gives a whole and checked file its name, and records it.
func (c *Cache) install(part *partial, s Set, r Record) (*Entry, error) {
	if err := part.opens(); err != nil {
		return nil, fmt.Errorf("%w: %w", errWrong, err)
	}
	if err := part.file.Sync(); err != nil {
		return nil, part.diskError(err)
	}
	if err := part.file.Chmod(0o644); err != nil {
		return nil, err
	}
	info, err := part.file.Stat()
	if err != nil {
		return nil, err
	}
	if err := part.file.Close(); err != nil { // Windows renames closed files only
		return nil, err
	}
	path := c.weights(s.fileName())
	if err := os.Rename(part.path(), path); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, errLost
		}
		return nil, err
	}
	_ = os.Remove(recordPath(part.path()))
	syncDir(c.weights(""))
	if err := c.pin(s, r.SHA256, info.Size()); err != nil {
		return nil, err
	}
	r.Size, r.ModTime, r.Added = info.Size(), info.ModTime(), time.Now().UTC()
	return &Entry{r, path}, part.diskError(writeJSON(recordPath(path), r))
}

// errWrong is a file that came whole but is not what was wanted.
var errWrong = errors.New("the file was not kept")

// opens tells whether a file is a checkpoint at all, and has tensors.
func (p *partial) opens() error {
	f, err := checkpoint.OpenReaderAt(p.file, p.offset, p.path())
	if err == nil && len(f.Names()) == 0 {
		return errors.New("it holds no tensor")
	}
	if format, ok := errors.AsType[*checkpoint.FormatError](err); ok {
		return format // without the partial's name
	}
	return err
}
