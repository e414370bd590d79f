package batch

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"resnet/internal/atomicfile"
)

// leases say who computes which shard: a file for each shard that is being computed, which names a worker, and a file for each
// worker, which it keeps locked and touches while it lives. A lease that a dead worker has left tells of a crash.
type leases struct {
	dir    string
	worker string        // host, process and what no other one has
	alone  bool          // nobody else computes the job: every lease of others is left over
	stale  time.Duration // how long a worker may be silent, where its lock tells nothing

	life *flock.Flock
	stop chan struct{}
	beat sync.WaitGroup
}

// lease is what the file of a shard says.
type lease struct {
	Worker  string `json:"worker"`
	Crashes int    `json:"crashes"` // workers that died with the shard before
}

const (
	aliveSuffix  = ".worker"
	leaseSuffix  = ".lease"
	workerPause  = 5 * time.Second // between two signs of life
	workerSilent = time.Minute     // until others take a worker for dead
)

// newLeases begins the life of a worker.
func (j *Job) newLeases(shared bool) (*leases, error) {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	host = strings.Map(func(r rune) rune {
		if r < '0' || r > 'z' || strings.ContainsRune(`:;<=>?@[\]^`, r) {
			return '-'
		}
		return r
	}, host)
	l := &leases{
		dir: j.path(leasesDir), alone: !shared, stale: workerSilent,
		worker: fmt.Sprintf("%.100s-%d-%s", host, os.Getpid(), rand.Text()[:6]),
		stop:   make(chan struct{}),
	}
	l.life = flock.New(l.workerPath(l.worker))
	if _, err := l.life.TryLock(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return nil, err
	}
	l.beat.Go(func() {
		for tick := time.NewTicker(workerPause); ; {
			select {
			case <-tick.C:
				now := time.Now()
				_ = os.Chtimes(l.workerPath(l.worker), now, now) // whoever takes this one for dead computes the same bytes
			case <-l.stop:
				return
			}
		}
	})
	return l, nil
}

func (l *leases) workerPath(worker string) string { return filepath.Join(l.dir, worker+aliveSuffix) }

func (l *leases) path(shard int) string {
	return filepath.Join(l.dir, fmt.Sprintf("%05d%s", shard, leaseSuffix))
}

// close ends the life of the worker. Its leases were given back.
func (l *leases) close() error {
	close(l.stop)
	l.beat.Wait()
	err := os.Remove(l.workerPath(l.worker))
	if errors.Is(err, fs.ErrNotExist) { // the job was done before, and whoever ended it swept
		err = nil
	}
	return errors.Join(err, l.life.Close())
}

// take takes the lease of a shard, unless a living worker has it, and tells how many workers died with it.
func (l *leases) take(shard int) (crashes int, ok bool, err error) {
	path := l.path(shard)
	for range 100 {
		err := l.create(path, crashes)
		if !errors.Is(err, fs.ErrExist) {
			return crashes, err == nil, err
		}
		found, dead := l.look(path)
		if !dead {
			return 0, false, nil
		}
		if crashes, err = l.bury(path, found); err != nil {
			return 0, false, err
		}
	}
	return 0, false, nil // others are quicker
}

func (l *leases) create(path string, crashes int) error {
	text, err := json.Marshal(lease{l.worker, crashes})
	if err != nil {
		return err
	}
	f, err := atomicfile.Temp(path)
	if err != nil {
		return err
	}
	defer f.Cleanup()
	if _, err := f.Write(text); err != nil {
		return err
	}
	return f.CommitNew()
}

// look tells what a lease says, and whether its worker is dead.
func (l *leases) look(path string) (found lease, dead bool) {
	info, err := os.Stat(path)
	if err != nil {
		return found, errors.Is(err, fs.ErrNotExist)
	}
	found = readLease(path)
	switch {
	case l.alone:
		return found, true
	case found.Worker == l.worker:
		return found, false
	}
	alive := l.workerPath(found.Worker)
	if worker, err := os.Stat(alive); err == nil && filepath.Base(found.Worker) == found.Worker {
		if l.unlocked(alive) {
			return found, true
		}
		info = worker
	} else if errors.Is(err, fs.ErrNotExist) {
		return found, true
	}
	return found, l.now().Sub(info.ModTime()) > l.stale
}

// mostLease bounds the file of a lease.
const mostLease = 4096

func readLease(path string) (found lease) {
	f, _, err := openRegular(path)
	if err != nil {
		return found
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostLease))
	if err != nil || json.Unmarshal(text, &found) != nil || found.Crashes < 0 {
		return lease{}
	}
	return found
}

// unlocked tells that nobody holds the lock of a worker, who would, if it lived.
func (l *leases) unlocked(path string) bool {
	lock := flock.New(path, flock.SetFlag(os.O_RDWR))
	defer lock.Close()
	ok, err := lock.TryLock()
	return ok && err == nil
}

// now is the time by the clock of the file system, which all workers share.
func (l *leases) now() time.Time {
	f, err := os.CreateTemp(l.dir, ".now-*")
	if err != nil {
		return time.Now()
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if info, err := f.Stat(); err == nil {
		return info.ModTime()
	}
	return time.Now()
}

// bury takes the lease of a dead worker away: one of those who try does. It tells how many have died by now.
func (l *leases) bury(path string, found lease) (crashes int, err error) {
	grave := path + "." + l.worker
	if err := os.Rename(path, grave); errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	} else if err != nil {
		return 0, err
	}
	if again := readLease(grave); again.Worker != found.Worker { // that of a living one, which was quicker
		return 0, os.Rename(grave, path)
	}
	return found.Crashes + 1, os.Remove(grave)
}

// giveBack ends the lease of a shard, unless it was taken away.
func (l *leases) giveBack(shard int) error {
	path := l.path(shard)
	if readLease(path).Worker != l.worker {
		return nil
	}
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// sweepLeases removes what killed workers have left, once nobody computes any more.
func (j *Job) sweepLeases() {
	entries, _ := os.ReadDir(j.path(leasesDir)) // what can't be read is in nobody's way
	for _, entry := range entries {
		_ = os.Remove(j.path(leasesDir, entry.Name()))
	}
}
