package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"resnet/internal/atomicfile"
	"resnet/internal/imaging"
	"resnet/internal/labels"
	"resnet/internal/nets"
	"resnet/internal/number"
	"resnet/internal/printable"
	"resnet/internal/render"
)

// imageRun is what the commands about images share: it takes one image after the other, reports what fails, and sums
// up.
type imageRun struct {
	f        *factory
	decoding nets.Decoding
	failFast bool
	found    *nets.Finder
	images   nets.Images
	counted  nets.Images // the same, walked once more beside the run
	many     bool
	told     bool // what fails was told before
	bar      *progress

	done      int
	failed    failures
	nonFinite nonFinite
}

// newImageRun makes a run over what args name; output is the file that results go to as they come, if they do.
func newImageRun(f *factory, flags *imageFlags, args []string, output string) *imageRun {
	found, counted := f.nets().Find(args, flags.recursive, f.In), f.nets().Find(args, flags.recursive, f.In)
	f.readsImages(f.nets().Find(args, flags.recursive, nil).Each)
	many := !found.One()
	return &imageRun{
		f: f, decoding: flags.decoding(f), failFast: flags.failFast,
		found: found, images: found.Each, counted: counted.Each, many: many, failed: failures{},
		bar: f.newProgress(many, (f.outTerminal || f.outPipe) && isStdout(output)),
	}
}

// each makes something of the images on several goroutines, and calls take with what comes out, in order. An error of take
// is that image's failure. report, if not nil, is told of the images that failed.
func each[T any](
	ctx context.Context, r *imageRun, workers int, work func(context.Context, *nets.Image) (T, error),
	take func(*nets.Done[T]) error, report func(*nets.Image, error) error,
) error {
	counting, stop := context.WithCancel(ctx)
	defer stop()
	r.bar.count(counting, r.counted)
	err := nets.Each(ctx, r.images, workers, work, func(job *nets.Done[T]) error {
		r.bar.step()
		if job.Err == nil {
			job.Err = take(job)
		}
		if job.Err == nil {
			r.done++
			return nil
		}
		return r.fail(job.Image, job.Err, report)
	})
	r.bar.finish()
	if errors.Is(err, errEnough) {
		err = nil
	}
	if err == nil && r.done == 0 && len(r.failed) == 0 {
		none := r.found.Skipped.NoImage(r.found.Names)
		if r.found.Skipped[nets.OutsideOfClass] > 0 {
			none += fmt.Sprintf("; make a folder for each class, %s, or give the classes with --list FILE",
				printable.Name(filepath.Join(r.found.Names[0], "LABEL", "…")))
		}
		err = errors.New(strings.Join(append([]string{none}, r.unread()...), "\n"))
	}
	return err
}

// keep makes an interrupt of a run that has rows one that keeps them; end writes what closes them.
func (r *imageRun) keep(err error, end func() error) error {
	if !errors.Is(err, context.Canceled) || r.done+len(r.failed) == 0 {
		return err
	}
	return errors.Join(errPartial, end())
}

// sayPartial tells how far a run came that is interrupted, and what is left of its output.
func (r *imageRun) sayPartial(err error, name string) error {
	done := plural(r.done+r.failed.total(), "image", "images")
	partial, kept := errors.AsType[*partialError](err)
	switch {
	case kept:
		fmt.Fprintf(r.f.Err, "interrupted after %s: what is done is in %s\n", done, printable.Name(partial.name))
	case errors.Is(err, context.Canceled):
		r.f.interrupted("interrupted after " + done)
	}
	return err
}

// reload decodes an image once more, for other preprocessing. What there is to warn of was said.
func (r *imageRun) reload(ctx context.Context, im *nets.Image, preprocess imaging.Preprocess) (*imaging.Crop, error) {
	return r.decoding.Quiet().Load(ctx, im, preprocess)
}

func (r *imageRun) fail(im *nets.Image, err error, report func(*nets.Image, error) error) error {
	if stop, ok := errors.AsType[stopError](err); ok {
		return stop.err
	}
	if path, ok := errors.AsType[*fs.PathError](err); ok && atomicfile.DiskFull(err) { // that is no image's fault
		return &outputError{path.Path, err}
	}
	r.failed[string(imaging.ClassOf(err))]++
	r.bar.fail()
	if !r.told {
		r.bar.clear()
		r.f.errorLine(im.Name, err)
	}
	if report != nil {
		if err := report(im, err); err != nil {
			return err
		}
	}
	if r.failFast {
		return errEnough
	}
	return nil
}

// errEnough ends a run early, with what was done so far.
var errEnough = errors.New("enough")

// stopError is an error of take that is no image's: the output can't be written.
type stopError struct{ err error }

func (e stopError) Error() string { return e.err.Error() }

// stop ends the run with err, if there is one.
func stop(err error) error {
	if err == nil {
		return nil
	}
	return stopError{failed(err)}
}

// nonFinite counts the images of which a network computes what are no numbers.
type nonFinite struct {
	images int
	what   string // these images have, in words
}

// checkLogits counts an image whose logits leave no probability, and warns of the first one.
func (r *imageRun) checkLogits(ctx context.Context, net *nets.Predictor, im *nets.Image, seen *nets.Seen) error {
	if labels.HasSoftmax(seen.Logits.Data) {
		return nil
	}
	return r.addNonFinite(ctx, net, im, seen, withoutProbabilities)
}

// checkFeatures counts an image with a feature that is no number, and warns of the first one.
func (r *imageRun) checkFeatures(ctx context.Context, net *nets.Predictor, im *nets.Image, seen *nets.Seen) error {
	if nets.AllFinite(seen.Watched[0].Data) {
		return nil
	}
	return r.addNonFinite(ctx, net, im, seen, withNonFiniteFeatures)
}

func (r *imageRun) addNonFinite(ctx context.Context, net *nets.Predictor, im *nets.Image, seen *nets.Seen, what string) error {
	r.nonFinite.what = what
	if r.nonFinite.images++; r.nonFinite.images > 1 {
		return nil
	}
	first, err := net.FirstNonFinite(ctx, seen.Crop)
	if err != nil {
		return err
	}
	r.bar.clear()
	r.f.warnNonFinite(im.Name, what, first)
	return nil
}

// sumUp ends a command: what was done, on stderr, and the exit code.
func (r *imageRun) sumUp(did string) error {
	parts := []string{number.Thousands(int64(r.done)) + " " + did}
	if r.many && r.nonFinite.images > 0 {
		parts = append(parts, number.Thousands(int64(r.nonFinite.images))+" "+r.nonFinite.what)
	}
	for _, part := range []string{r.failed.String(), r.found.Skipped.String()} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if r.many || len(parts) > 1 {
		r.f.warnf("%s", strings.Join(parts, ", "))
	}
	for _, line := range r.unread() {
		r.f.warnf("%s", line)
	}
	switch {
	case r.done == 0:
		return errNothing
	case len(r.failed) > 0 || r.nonFinite.images > 0:
		return errFailed
	}
	return nil
}

// nameWidth is that of the longest of the first names, in columns: a table that is written as results come can't wait
// for all of them.
func (r *imageRun) nameWidth(ctx context.Context) int {
	width, left := 0, 1000
	_ = r.found.Each(ctx, func(im *nets.Image) error { // what fails will be told when its turn comes
		width = max(width, render.TextWidth(im.Name))
		if left--; left == 0 {
			return errEnough
		}
		return nil
	})
	return width
}

// below is an image's path below the one directory that was given; as it was named where there is none, or several.
func (r *imageRun) below(im *nets.Image) string {
	if len(r.found.Names) == 1 && im.Rel != "" && filepath.Join(r.found.Names[0], im.Rel) == im.Name {
		return im.Rel
	}
	return im.Name
}

// failures counts what went wrong, by class.
type failures map[string]int

func (f failures) total() int {
	total := 0
	for _, n := range f {
		total += n
	}
	return total
}

// String is "2 failed (1 corrupt, 1 truncated)", or "" for none.
func (f failures) String() string {
	total := f.total()
	var parts []string
	for _, class := range slices.Sorted(maps.Keys(f)) {
		parts = append(parts, fmt.Sprintf("%s %s", number.Thousands(int64(f[class])), class))
	}
	if total == 0 {
		return ""
	}
	return fmt.Sprintf("%s failed (%s)", number.Thousands(int64(total)), strings.Join(parts, ", "))
}
