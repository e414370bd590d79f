package batch

import (
	"context"
	"errors"
	"os/exec"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"resnet/internal/nets"
)

// Runner computes the shards of a job.
type Runner struct {
	Job     *Job
	Workers int
	// Compute makes a result of an image. Its error is the image's own, and puts it into quarantine.
	Compute func(context.Context, *nets.Image) (*Result, error)
	Hint    func(error) string       // what to do about such an error, to stand behind it
	Path    func(name string) string // where the file called name is
	// Child is a process that calls Try with the images of a shard from one on. It looks for an image that ends its process.
	Child func(ctx context.Context, shard, from int) *exec.Cmd
	Begin func(before Totals, images int64) // is told how far the job is, and how many images will be computed; nil: nobody is
	// Tell is told of each image that is done; nil: nobody is.
	Tell   func(failed bool)
	Shared bool // with other processes
	Retry  bool // what failed, once

	manifest *manifest
	leases   *leases
	from     int        // all shards before are done
	own      []progress // by shard
	mu       sync.Mutex // of own
}

// progress is how far this process is with a shard.
type progress byte

const (
	notOurs progress = iota
	held             // leased, and not done
	ours             // done here
)

// Run computes all shards that are not done. Once ctx ends it begins no other shard, and finishes those that run.
func (r *Runner) Run(ctx context.Context) (Totals, error) {
	totals, err := r.run(ctx, func(ctx context.Context) error {
		if err := r.attend(); err != nil {
			return err
		}
		return errors.Join(r.compute(ctx, r.nextShard), r.leave())
	})
	if err == nil && totals.Done == totals.Shards && !r.Shared {
		r.Job.sweepLeases()
	}
	return totals, err
}

// run has compute do what is left, and tells how far the job is then.
func (r *Runner) run(ctx context.Context, compute func(context.Context) error) (Totals, error) {
	left, err := r.look()
	if err == nil && left > 0 {
		err = r.Job.notDone()
		if r.Begin != nil {
			r.Begin(r.Job.totals(r.manifest), left)
		}
		if err == nil {
			err = compute(ctx)
		}
	}
	if err == nil {
		err = r.manifest.follow()
	}
	totals := r.Job.totals(r.manifest)
	if err != nil || totals.Done < totals.Shards {
		return totals, err
	}
	return totals, r.Job.finish(totals)
}

// look reads the manifest, and tells how many images are left.
func (r *Runner) look() (int64, error) {
	r.manifest = r.Job.manifest()
	if err := r.manifest.follow(); err != nil {
		return 0, err
	}
	if _, err := r.Job.reopen(r.manifest); err != nil {
		return 0, err
	}
	return r.left(), nil
}

// attend begins the life of this process as one of those who compute the job.
func (r *Runner) attend() (err error) {
	r.own = make([]progress, r.Job.Shards())
	r.leases, err = r.Job.newLeases(r.Shared)
	return err
}

// leave ends it: what is not finished is nobody's crash.
func (r *Runner) leave() (err error) {
	for shard := range r.own {
		if r.progress(shard) == held {
			err = errors.Join(err, r.leases.giveBack(shard))
		}
	}
	return errors.Join(err, r.leases.close())
}

// compute passes the images of one shard after the other through one stream, so that nobody waits at the end of a shard.
func (r *Runner) compute(ctx context.Context, next func(ctx, run context.Context) (*shardRun, error)) error {
	g, run := errgroup.WithContext(context.WithoutCancel(ctx))
	finished := make(chan *shardRun, 1)
	running := &sync.Map{}
	defer running.Range(func(s, _ any) bool { s.(*shardRun).abandon(); return true })
	g.Go(func() error {
		defer close(finished)
		return nets.Each(run, func(run context.Context, yield func(*nets.Image) error) error {
			for {
				s, err := next(ctx, run)
				if s == nil || err != nil {
					return err
				}
				running.Store(s, nil)
				for _, i := range s.todo {
					if err := yield(r.content(s, i).image()); err != nil {
						return err
					}
				}
			}
		}, r.Workers, r.work, func(done *nets.Done[*outcome]) error {
			return r.take(run, done, finished)
		})
	})
	g.Go(func() error {
		for s := range finished {
			if err := s.commit(); err != nil {
				return err
			}
			running.Delete(s)
			if err := r.release(s.number); err != nil {
				return err
			}
		}
		return nil
	})
	return g.Wait()
}

// outcome is what became of an image, and which one it was.
type outcome struct {
	*content
	result *Result
}

func (r *Runner) content(s *shardRun, i int) *content {
	c := &content{in: s.inputs[i], at: i, of: s, path: fileOf(s.inputs[i], r.Path)}
	if how, crashed := s.crashed[i]; crashed {
		c.err = &crashError{how}
	}
	return c
}

func (r *Runner) work(ctx context.Context, im *nets.Image) (*outcome, error) {
	c := im.Stream.(*content)
	defer c.close()
	result, err := r.Compute(ctx, im)
	return &outcome{c, result}, err
}

func (r *Runner) take(ctx context.Context, done *nets.Done[*outcome], finished chan<- *shardRun) error {
	c := done.Value.content
	err := func() error {
		if done.Err == nil {
			return c.of.take(c, done.Value.result, nil)
		}
		return c.of.take(c, nil, imageError(done.Err, r.Hint))
	}()
	if err != nil {
		return err
	}
	if r.Tell != nil {
		r.Tell(done.Err != nil)
	}
	if !c.of.done(c) {
		return nil
	}
	select {
	case finished <- c.of:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// wanted tells a shard that is to be computed, by whomever.
func (r *Runner) wanted(shard int) bool {
	s := r.manifest.shards[shard]
	return !s.done || r.Retry && s.failed > 0
}

// left is how many images are to be computed, by whomever.
func (r *Runner) left() (images int64) {
	for shard, s := range r.manifest.shards {
		switch {
		case !s.done:
			images += int64(r.Job.shards[shard].images)
		case r.wanted(shard):
			images += int64(s.failed)
		}
	}
	return images
}

// waitPause is how often a worker looks whether others have finished what is left.
var waitPause = 500 * time.Millisecond

// nextShard begins a shard that is neither done nor computed by others, and waits for those; nil: all are done, or ctx ended.
func (r *Runner) nextShard(ctx, run context.Context) (*shardRun, error) {
	for ctx.Err() == nil {
		if r.Shared {
			if err := r.manifest.follow(); err != nil {
				return nil, err
			}
		}
		number, crashes, others, err := r.lease()
		switch {
		case err != nil:
			return nil, err
		case number >= 0:
			return r.begin(ctx, number, crashes, r.manifest.shards[number].done)
		case !others:
			return nil, nil
		}
		select {
		case <-time.After(waitPause):
		case <-ctx.Done():
		case <-run.Done():
			return nil, run.Err()
		}
	}
	return nil, nil
}

// lease takes the first shard that nobody computes; -1: there is none. others tells whether some are computed by others.
func (r *Runner) lease() (number, crashes int, others bool, err error) {
	first := true // of those that are not done
	for shard := r.from; shard < len(r.manifest.shards); shard++ {
		if !r.wanted(shard) {
			if first {
				r.from = shard + 1
			}
			continue
		}
		first = false
		if r.progress(shard) != notOurs {
			continue
		}
		crashes, ok, err := r.leases.take(shard)
		if err != nil {
			return -1, 0, false, err
		}
		if !ok {
			others = true
			continue
		}
		r.set(shard, held)
		if r.Shared { // somebody may have finished it just before
			if err := r.manifest.follow(); err != nil {
				return -1, 0, false, err
			}
			if !r.wanted(shard) {
				if err := r.release(shard); err != nil {
					return -1, 0, false, err
				}
				continue
			}
		}
		return shard, crashes, others, nil
	}
	return -1, 0, others, nil
}

func (r *Runner) progress(shard int) progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.own[shard]
}

func (r *Runner) set(shard int, how progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.own[shard] = how
}

// release gives back the lease of a shard that is done.
func (r *Runner) release(shard int) error {
	err := r.leases.giveBack(shard)
	r.set(shard, ours)
	return err
}

// begin starts a shard, again where it is done; nil where ctx ended before.
func (r *Runner) begin(ctx context.Context, number, crashes int, again bool) (*shardRun, error) {
	s, err := r.Job.newShard(number, r.leases.worker)
	if err != nil {
		return nil, err
	}
	if again {
		err = r.retry(s)
	}
	if err == nil && crashes >= mostCrashes {
		s.crashed, err = r.findCrashes(ctx, s)
	}
	if ctx.Err() != nil && crashes >= mostCrashes {
		r.set(number, notOurs) // its lease goes on telling of the crashes
		s.abandon()
		return nil, nil
	}
	if err != nil {
		s.abandon()
		return nil, err
	}
	return s, nil
}

// retry makes a shard compute what failed, or all where what there is of it is damaged.
func (r *Runner) retry(s *shardRun) error {
	row, err := r.manifest.row(s.number)
	if err == nil {
		err = s.retry(row)
	}
	if is[*DamagedError](err) {
		s.all()
		return nil
	}
	return err
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
