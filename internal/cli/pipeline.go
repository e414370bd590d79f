package cli

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"resnet/internal/imaging"
	"resnet/internal/tensor"
)

// imageJob is one image on its way through a pipeline.
type imageJob struct {
	input
	data   []byte // of stdin; nil for a file
	crop   *imaging.Crop
	output []float32
	filmed *filmed // the maps of a run that makes some
	err    error
	done   chan struct{}
}

// imagePipeline decodes images and computes something of each, on several goroutines; results come in the order of the
// inputs. No more than a few images a worker are in memory at any time.
type imagePipeline struct {
	f          *factory
	preprocess imaging.Preprocess
	options    func(name string) imaging.Options
	workers    int
	timeout    time.Duration // of decoding an image; 0: none
	// newCompute makes what a worker computes with; nil to only decode. The output is the worker's until it returns.
	newCompute func() (compute, error)
	// after, if not nil, is called on the worker for each image that was computed.
	after func(context.Context, *imageJob) error
}

// compute turns the normalised crop of one image into numbers, in a new slice.
type compute func(context.Context, tensor.Tensor) ([]float32, error)

// run sends what walk yields through the pipeline and calls emit with one job after the other, until either returns an
// error. A job's own error is in the job.
func (p *imagePipeline) run(ctx context.Context, walk walkImages, emit func(*imageJob) error) error {
	g, ctx := errgroup.WithContext(ctx)
	work := make(chan *imageJob)
	ordered := make(chan *imageJob, 4*p.workers)
	send := func(to chan<- *imageJob, job *imageJob) error {
		select {
		case to <- job:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	g.Go(func() error {
		defer close(work)
		defer close(ordered)
		return walk(ctx, func(in input) error {
			job := &imageJob{input: in, err: in.err, done: make(chan struct{})}
			return errors.Join(send(ordered, job), send(work, job))
		})
	})
	for range p.workers {
		g.Go(func() error { return p.worker(ctx, work) })
	}
	g.Go(func() error {
		for job := range ordered {
			select {
			case <-job.done:
			case <-ctx.Done():
				return ctx.Err()
			}
			if err := emit(job); err != nil {
				return err
			}
		}
		return nil
	})
	return g.Wait()
}

func (p *imagePipeline) worker(ctx context.Context, work <-chan *imageJob) error {
	var run compute
	if p.newCompute != nil {
		var err error
		if run, err = p.newCompute(); err != nil {
			return err
		}
	}
	for job := range work {
		if job.err == nil {
			job.err = p.one(ctx, job, run)
		}
		if errors.Is(job.err, context.Canceled) {
			return job.err
		}
		close(job.done)
	}
	return nil
}

func (p *imagePipeline) one(ctx context.Context, job *imageJob, run compute) (err error) {
	if job.crop, err = p.load(ctx, job); err != nil || run == nil {
		return err
	}
	if job.output, err = run(ctx, p.preprocess.Tensor(job.crop.Image)); err != nil || p.after == nil {
		return err
	}
	return p.after(ctx, job)
}

func (p *imagePipeline) load(ctx context.Context, job *imageJob) (*imaging.Crop, error) {
	options := p.options(job.name)
	if job.name == "-" {
		var err error
		if job.data, err = imaging.ReadAll(ctx, p.f.In, options.Limits); err != nil {
			return nil, err
		}
	}
	if p.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.timeout)
		defer cancel()
	}
	return job.load(ctx, p.preprocess, options)
}

// load decodes the image as a network would see it.
func (job *imageJob) load(ctx context.Context, preprocess imaging.Preprocess, options imaging.Options) (*imaging.Crop, error) {
	if job.data != nil {
		return preprocess.Load(ctx, job.data, options)
	}
	return preprocess.LoadFile(ctx, job.path, options)
}
