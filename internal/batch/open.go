package batch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"resnet/internal/printable"
)

// Request is what is asked for: a job, be it new or begun.
type Request struct {
	Identity Identity
	Limits   Limits
	Sources  *Sources
	Shards   int  // of a new job, and of images that are added; 0: one for each thousand images
	Add      bool // images that the job does not know become shards of their own
	Retry    bool // what failed is computed again, with other limits where these differ
	Shared   bool // with other processes at the same time
}

// Open plans a job, or goes on with one that computes the same; else it is a *DifferentError. Nobody else computes it until
// it is closed, unless it is shared.
func Open(ctx context.Context, dir, name string, r Request) (*Job, error) {
	j := &Job{Dir: dir, Name: name}
	if err := j.checkFolder(r); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	if err := j.lock(r.Shared); err != nil {
		return nil, err
	}
	err := j.open(ctx, r)
	if err != nil {
		return nil, errors.Join(err, j.Close())
	}
	return j, nil
}

// Read reads the plan of a job to look at it; who computes it goes on.
func Read(dir, name string) (*Job, error) {
	j := &Job{Dir: dir, Name: name}
	if err := j.readPlan(); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = usagef("%s: no job is there: it has no %s", name, planName)
		}
		return nil, err
	}
	return j, j.readIndexes()
}

// Join opens a job that somebody else has planned, to compute it together with others.
func Join(dir, name string, now Identity, limits Limits) (*Job, error) {
	j, err := Read(dir, name)
	if err != nil {
		return nil, err
	}
	if err := j.check(now, &limits); err != nil {
		return nil, err
	}
	return j, j.lock(true)
}

// checkFolder refuses a folder that holds something else, or is among the images, and one without a job where one is needed.
func (j *Job) checkFolder(r Request) error {
	if source := r.Sources.around(j.Dir); source != "" {
		return usagef("%s: is in %s, whose images the job is about; give a folder outside", j.Name, source)
	}
	entries, err := os.ReadDir(j.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	if slices.Contains(names, planName) {
		return nil
	}
	if r.Add || r.Retry {
		return usagef("%s: no job is there; compute one first", j.Name)
	}
	for _, name := range names { // a plan that was not finished leaves a part of it
		if !slices.Contains([]string{inputsDir, outDir, quarantineDir, leasesDir, runLock, writeLock}, name) && !strings.HasPrefix(name, ".") {
			return usagef("%s: a folder that is no job, with %s in it; give another name", j.Name, printable.Name(name))
		}
	}
	return nil
}

func (j *Job) open(ctx context.Context, r Request) error {
	planned, err := j.plan(ctx, r)
	if err != nil || planned {
		return err
	}
	if err := j.readIndexes(); err != nil {
		return err
	}
	limits := &r.Limits
	if r.Retry {
		limits = nil
	}
	if err := j.check(r.Identity, limits); err != nil {
		return err
	}
	return j.compare(ctx, r)
}

// plan makes the plan of a new job, or reads that of another.
func (j *Job) plan(ctx context.Context, r Request) (made bool, err error) {
	unlock, err := j.lockWrites(ctx)
	if err != nil {
		return false, err
	}
	defer unlock()
	if err := j.readPlan(); !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	if err := j.makeDirs(); err != nil {
		return false, err
	}
	j.removeSorted()
	s := &sorter{dir: j.Dir, limit: sortMemory}
	defer s.close()
	from, err := r.Sources.sorted(ctx, s)
	if err != nil {
		return false, err
	}
	set, err := j.writeInputs(ctx, 0, from, r.Shards)
	if err != nil {
		return false, err
	}
	if set.Images == 0 {
		return false, usagef("%s", r.Sources.Skipped.NoImage(r.Sources.Names))
	}
	j.Plan = Plan{Schema: PlanSchema, Identity: r.Identity, Limits: r.Limits, Inputs: []InputSet{*set}}
	if err := j.writePlan(); err != nil {
		return false, err
	}
	return true, j.readIndexes()
}

// sorted are the inputs of all sources in their order.
func (s *Sources) sorted(ctx context.Context, with *sorter) (sortedInputs, error) {
	if err := s.each(ctx, with.add); err != nil {
		return nil, err
	}
	return with.sorted()
}

// removeSorted removes what a killed process has left of sorting.
func (j *Job) removeSorted() {
	left, _ := filepath.Glob(j.path(".sort-*")) // the pattern is right
	for _, name := range left {
		_ = os.Remove(name) // whoever needs the room will say so
	}
}

// compare refuses sources with other images than the job's, and adds those that are new where that is asked for.
func (j *Job) compare(ctx context.Context, r Request) error {
	s := &sorter{dir: j.Dir, limit: sortMemory}
	defer s.close()
	now, err := r.Sources.sorted(ctx, s)
	if err != nil {
		return err
	}
	stored, done, err := j.stored()
	if err != nil {
		return err
	}
	defer done()
	d := &difference{stored: newCursor(stored), now: newCursor(now)}
	if !r.Add {
		for {
			if _, err := d.next(); errors.Is(err, io.EOF) {
				return d.err(j.Name, false)
			} else if err != nil {
				return err
			}
		}
	}
	unlock, err := j.lockWrites(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	set, err := j.writeInputs(ctx, len(j.Plan.Inputs), d, r.Shards)
	if err != nil {
		return err
	}
	if err := d.err(j.Name, true); err != nil || set.Images == 0 {
		return err
	}
	j.Plan.Inputs = append(j.Plan.Inputs, *set)
	if err := j.notDone(); err != nil {
		return err
	}
	if err := j.writePlan(); err != nil {
		return err
	}
	return j.readIndexes()
}

// cursor is where a reader of sorted inputs stands.
type cursor struct {
	from sortedInputs
	Input
	err error
}

func newCursor(from sortedInputs) *cursor {
	c := &cursor{from: from}
	c.step()
	return c
}

func (c *cursor) step() { c.Input, c.err = c.from.next() }

// difference gives the inputs that are there now and were not when a job was planned, and counts the others that differ.
type difference struct {
	stored, now         *cursor
	fresh, gone, change tally
}

// tally is how many there are of a kind, and the first of them.
type tally struct {
	n     int64
	names []string
}

func (t *tally) add(name string) {
	if t.n++; t.n <= 3 {
		t.names = append(t.names, printable.Name(name))
	}
}

func (t *tally) String() string {
	text := fmt.Sprintf("%d (%s", t.n, strings.Join(t.names, ", "))
	if t.n > int64(len(t.names)) {
		text += ", …"
	}
	return text + ")"
}

func (d *difference) next() (Input, error) {
	for {
		for _, c := range []*cursor{d.stored, d.now} {
			if c.err != nil && !errors.Is(c.err, io.EOF) {
				return Input{}, c.err
			}
		}
		order := compareInputs(d.stored.Input, d.now.Input)
		switch {
		case d.stored.err != nil && d.now.err != nil:
			return Input{}, io.EOF
		case d.stored.err != nil || d.now.err == nil && order > 0:
			in := d.now.Input
			d.fresh.add(in.Name)
			d.now.step()
			return in, nil
		case d.now.err != nil || order < 0:
			d.gone.add(d.stored.Name)
			d.stored.step()
		default:
			if d.stored.Input != d.now.Input {
				d.change.add(d.now.Name)
			}
			d.stored.step()
			d.now.step()
		}
	}
}

// err is a *DifferentError where there is a difference; images that are new or gone are none where some are added.
func (d *difference) err(job string, adding bool) error {
	var lines []string
	if d.fresh.n > 0 && !adding {
		lines = append(lines, "new images: "+d.fresh.String()+"; --add computes them too")
	}
	if d.gone.n > 0 && !adding {
		lines = append(lines, "images that are gone: "+d.gone.String()+"; --add goes on without them")
	}
	if d.change.n > 0 {
		lines = append(lines, "images of another size or time: "+d.change.String()+"; with other names --add computes them")
	}
	if lines == nil {
		return nil
	}
	return &DifferentError{Job: job, Images: true, Lines: lines}
}
