package weights

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// lock waits until no other process downloads the file. A lock saves work and nothing else: where the file system has
// none, held is false and the download goes on by itself. Lock files stay, as removing one while others open it would
// let two of them in.
func (c *Cache) lock(ctx context.Context, name string, waiting func()) (unlock func(), held bool, err error) {
	dir := filepath.Join(c.Dir, "locks")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, false, err
	}
	l := flock.New(filepath.Join(dir, name+".lock"))
	ok, err := tryLock(l)
	if err == nil && !ok {
		waiting()
		ok, err = l.TryLockContext(ctx, 100*time.Millisecond)
	}
	if ctx.Err() != nil {
		return nil, false, ctx.Err()
	}
	if err != nil || !ok {
		return func() { _ = l.Close() }, false, nil
	}
	return func() { _ = l.Close() }, true, nil
}

// tryLock is flock's but for tests.
var tryLock = func(l *flock.Flock) (bool, error) { return l.TryLock() }
