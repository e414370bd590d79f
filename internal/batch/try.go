package batch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"resnet/internal/nets"
)

// An image may end the process that computes it: it takes more memory than the system gives, or meets a bug below Go. A shard
// with which workers died twice is tried in a process of its own, which says of each image that it begins with it. Where that
// process ends, the image is tried once more, alone at first, and is put into quarantine where it ends that process too.

// mostCrashes is how many workers may die with a shard before it is tried.
const mostCrashes = 2

// crashError is an image that ended two processes.
type crashError struct{ how string }

func (e *crashError) Error() string {
	return "ended the process that computed it, several times (" + e.how + ")"
}

// trySaysDone ends what a try says.
const trySaysDone = "done"

// Try computes the images of a shard from one on, without results, and says to w which one it begins with.
func (r *Runner) Try(ctx context.Context, shard, from int, w io.Writer) error {
	if shard < 0 || shard >= r.Job.Shards() {
		return usagef("%s has no shard %d", r.Job.Name, shard)
	}
	inputs, err := r.Job.inputs(shard)
	if err != nil {
		return err
	}
	for i := from; i < len(inputs); i++ {
		if _, err := fmt.Fprintln(w, i); err != nil {
			return err
		}
		c := &content{in: inputs[i], path: fileOf(inputs[i], r.Path)}
		_, err := r.work(ctx, &nets.Image{Name: inputs[i].Name, Stream: c})
		if errors.Is(err, context.Canceled) {
			return err
		}
	}
	_, err = fmt.Fprintln(w, trySaysDone)
	return err
}

// findCrashes are the images of a shard that end a process, and how.
func (r *Runner) findCrashes(ctx context.Context, s *shardRun) (map[int]string, error) {
	if r.Child == nil {
		return nil, nil
	}
	crashed := map[int]string{}
	for from, suspect := 0, -1; ; {
		at, how, err := r.child(ctx, s.number, from)
		switch {
		case err != nil || how == "":
			return crashed, err
		case at != suspect:
			suspect, from = at, at
		default:
			crashed[at] = how
			suspect, from = -1, at+1
		}
	}
}

// child tries a shard in another process; where that ends before it is done, at is the image that it had begun with.
func (r *Runner) child(ctx context.Context, shard, from int) (at int, how string, err error) {
	cmd := r.Child(ctx, shard, from)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, "", err
	}
	if err := cmd.Start(); err != nil {
		return 0, "", err
	}
	at, done := -1, false
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == trySaysDone {
			done = true
		} else if n, err := strconv.Atoi(lines.Text()); err == nil && n >= from {
			at = n
		}
	}
	err = cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return 0, "", ctx.Err()
	case done:
		return 0, "", nil
	case at < 0:
		return 0, "", fmt.Errorf("the process that tries shard %d said nothing: %w", shard, errors.Join(err, errors.New("it is started as this one was")))
	case err == nil:
		return at, "exit status 0", nil
	}
	return at, err.Error(), nil
}
