package nets

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"image"
	"io"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"resnet/internal/imaging"
)

// Image is a picture that is to be looked at: a file, bytes, or a stream.
type Image struct {
	Name string // as shown: the path as given, or the directory as given and what is below it; "-" for a stream

	Path   string    // to open
	Data   []byte    // instead of a path
	Stream io.Reader // instead of either: read into Data when the image is loaded

	// Rel is the path for copies: a file that was named goes by its base name, one found in a directory by its path
	// relative to that directory.
	Rel   string
	Class string // that it is known to have; "" for most
	Set   string // that a list says it belongs to; "" for most
	Fault error  // it could not be looked for; there is nothing to open
}

// Open gives the bytes of an image, of a stream once it was loaded.
func (im *Image) Open() (io.ReadCloser, error) {
	if im.Path != "" {
		return os.Open(im.Path)
	}
	return io.NopCloser(bytes.NewReader(im.Data)), nil
}

// SHA256 is the digest of an image's bytes, of a stream once it was loaded.
func (im *Image) SHA256() (sum [sha256.Size]byte, err error) {
	data, err := im.Open()
	if err != nil {
		return sum, err
	}
	defer data.Close()
	h := sha256.New()
	_, err = io.Copy(h, data)
	return [sha256.Size]byte(h.Sum(nil)), err
}

// Decoding says how images are decoded.
type Decoding struct {
	imaging.Options                            // of which Warn is ignored
	Warn            func(name, message string) // what is odd about an image; may be nil
	Timeout         time.Duration              // of one image; 0: none
}

// Quiet is the decoding without warnings.
func (d Decoding) Quiet() Decoding {
	d.Warn = nil
	return d
}

// Load decodes an image to what p leaves of it.
func (d Decoding) Load(ctx context.Context, im *Image, p imaging.Preprocess) (*imaging.Crop, error) {
	return d.LoadBySize(ctx, im, func(image.Point) imaging.Preprocess { return p })
}

// LoadBySize is Load of what is prepared by its size as seen.
func (d Decoding) LoadBySize(ctx context.Context, im *Image, p imaging.BySize) (*imaging.Crop, error) {
	options := d.Options
	options.Warn = nil
	if d.Warn != nil {
		options.Warn = func(message string) { d.Warn(im.Name, message) }
	}
	if im.Stream != nil {
		var err error
		if im.Data, err = imaging.ReadAll(ctx, im.Stream, options.Limits); err != nil {
			return nil, err
		}
		im.Stream = nil
	}
	if d.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d.Timeout)
		defer cancel()
	}
	if im.Path == "" {
		return p.Load(ctx, im.Data, options)
	}
	crop, err := p.LoadFile(ctx, im.Path, options)
	if foreign, ok := errors.AsType[imaging.ForeignError](err); ok {
		err = &ForeignFileError{Name: im.Name, Format: imaging.Format(foreign), Err: err}
	}
	return crop, err
}

// ForeignFileError is a file in a format of pictures that is recognized and not decoded.
type ForeignFileError struct {
	Name   string // of the image, as shown
	Format imaging.Format
	Err    error
}

func (e *ForeignFileError) Error() string { return e.Err.Error() }
func (e *ForeignFileError) Unwrap() error { return e.Err }

// Images calls yield with one image after the other, until it returns an error.
type Images func(ctx context.Context, yield func(*Image) error) error

// Done is an image and what was made of it.
type Done[T any] struct {
	*Image
	Value T
	Err   error // the image's own

	done chan struct{}
}

// Each calls work with each image, on several goroutines, and take with what came of them, on one and in the order of the
// images, until images or take return an error. No more than a few images a worker are in memory at any time.
func Each[T any](ctx context.Context, images Images, workers int, work func(context.Context, *Image) (T, error), take func(*Done[T]) error) error {
	g, ctx := errgroup.WithContext(ctx)
	todo := make(chan *Done[T])
	ordered := make(chan *Done[T], 4*workers)
	send := func(to chan<- *Done[T], job *Done[T]) error {
		select {
		case to <- job:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	g.Go(func() error {
		defer close(todo)
		defer close(ordered)
		return images(ctx, func(im *Image) error {
			job := &Done[T]{Image: im, Err: im.Fault, done: make(chan struct{})}
			return errors.Join(send(ordered, job), send(todo, job))
		})
	})
	for range workers {
		g.Go(func() error {
			for job := range todo {
				if job.Err == nil {
					job.Value, job.Err = work(ctx, job.Image)
				}
				if errors.Is(job.Err, context.Canceled) {
					return job.Err
				}
				close(job.done)
			}
			return nil
		})
	}
	g.Go(func() error {
		for job := range ordered {
			select {
			case <-job.done:
			case <-ctx.Done():
				return ctx.Err()
			}
			if err := take(job); err != nil {
				return err
			}
		}
		return nil
	})
	return g.Wait()
}
