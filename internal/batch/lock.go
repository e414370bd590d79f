package batch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gofrs/flock"
)

// locks are of one open job.
type locks struct{ run *flock.Flock }

// lock keeps other processes from computing a job: all of them, or those that don't share it.
func (j *Job) lock(shared bool) error {
	l := flock.New(j.path(runLock))
	try, advice := l.TryLock, "another process computes it; with --worker several share it"
	if shared {
		try, advice = l.TryRLock, "another process computes it alone; start that one with --worker too"
	}
	ok, err := try()
	if err == nil && !ok {
		err = usagef("%s: %s", j.Name, advice)
	}
	if err != nil {
		return errors.Join(err, l.Close())
	}
	j.locks.run = l
	return nil
}

// Close lets others compute the job.
func (j *Job) Close() error {
	if j.locks.run == nil {
		return nil
	}
	return j.locks.run.Close()
}

// lockWrites waits until no other process changes the plan or the manifest.
func (j *Job) lockWrites(ctx context.Context) (unlock func(), err error) {
	l := flock.New(j.path(writeLock))
	if _, err := l.TryLockContext(ctx, 10*time.Millisecond); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", j.Name, err), l.Close())
	}
	return func() { _ = l.Close() }, nil
}
