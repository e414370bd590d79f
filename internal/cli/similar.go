package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"resnet/internal/nets"
	"resnet/internal/printable"
	"resnet/internal/render"
	"resnet/internal/report"
	"resnet/internal/vectors"
)

type similarOptions struct {
	f *factory

	in         string
	trained    trainedFlags
	preprocess preprocessFlags
	images     imageFlags
	output     outputFlags
	top        topFlag
	layer      string
	sheet      string
	engine     engineFlags
}

func newSimilarCmd(f *factory) *cobra.Command {
	opts := &similarOptions{f: f}
	cmd := &cobra.Command{
		Use:   "similar IMAGE... --in FILE|DIR",
		Short: "Find the images that are most like others",
		Long: `Find the images that are most like others, by what the network knows of them before it decides on a class.

--in is a file that resnet features wrote (.npy with its names beside it, .safetensors, .csv), by the same
network and layer, or a directory, whose images are computed first; with -r all below. The distance is 1 -
the cosine of two vectors: 0 for the same image, 1 for those that have nothing in common. An image that is
itself in --in is not shown as similar to itself. A .safetensors file says what made its vectors: those of
other weights, another layer or other preprocessing are refused.

--sheet writes a web page with the images; where a file of vectors names paths, these are relative to the
working directory, as they were when it was written.`,
		Example: `  resnet features -r photos/ -o photos.npy
  resnet similar cat.jpg --in photos.npy
  resnet similar cat.jpg --in photos/ -k 10 --sheet like-cat.html`,
		GroupID: groupClassify,
		Args:    needArgs("an image, a directory, or - for standard input"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runSimilar(cmd.Context(), opts, args)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&opts.in, "in", "", "where to look: a `FILE` of vectors, or a directory of images")
	flags.VarP(&opts.top, "top", "k", "images that are shown for each: a number, or all (default 5)")
	flags.StringVar(&opts.sheet, "sheet", "", "write the images to a web page, `FILE`.html")
	opts.trained.add(cmd)
	opts.images.add(cmd)
	flags.StringVar(&opts.layer, "layer", lastPool, "`PATH` of the layer")
	opts.preprocess.add(cmd)
	opts.engine.add(cmd)
	opts.output.add(cmd, render.Formats(&render.Similar{})...)
	return cmd
}

func runSimilar(ctx context.Context, o *similarOptions, args []string) error {
	format, err := o.output.formatName()
	if err != nil {
		return err
	}
	if o.in == "" {
		return usagef("similar needs --in: a file that resnet features wrote, or a directory of images")
	}
	if err := errors.Join(o.images.check(), checkSheet(o.sheet)); err != nil {
		return err
	}
	net, err := o.trained.predictor(ctx, o.f, &o.preprocess, o.engine, true)
	if err != nil {
		return err
	}
	defer net.Net.Close()
	defer net.Close()
	s := &similarity{opts: o, net: net, layer: nets.Watch{Layer: o.layer, Mean: true}}
	if err := net.Prepare(ctx, s.layer); err != nil {
		return watchUsage(err)
	}
	run, err := s.ask(ctx, args)
	if err != nil {
		return err
	}
	if run.done == 0 {
		return run.sumUp("compared")
	}
	if err := o.f.targets(o.output.file, o.sheet); err != nil { // before the work
		return err
	}
	if err := s.look(ctx); err != nil {
		return err
	}
	if err := s.show(ctx, format); err != nil {
		return err
	}
	run.many = run.many && len(run.failed) > 0
	err = run.sumUp("compared")
	if s.searched != nil && (len(s.searched.failed) > 0 || s.searched.nonFinite.images > 0) {
		return errors.Join(err, s.searched.sumUp("searched"))
	}
	return err
}

// similarity is one search.
type similarity struct {
	opts  *similarOptions
	net   *nets.Predictor
	layer nets.Watch

	asked   []*nets.Image // that others are to be like
	queries []vectors.Query
	search  *vectors.Search

	searched *imageRun // the images of a directory; nil: vectors of a file
}

// vectorsOf computes the vectors of images, and calls take with one after the other.
func (s *similarity) vectorsOf(ctx context.Context, args []string, take func(*nets.Image, []float32) error) (*imageRun, error) {
	run := newImageRun(s.opts.f, &s.opts.images, args, "")
	run.bar = s.opts.f.newProgress(run.many, false)
	compute := func(ctx context.Context, im *nets.Image) (*nets.Seen, error) {
		return s.net.Image(ctx, im, run.decoding, s.layer)
	}
	err := each(ctx, run, s.net.Sessions(), compute, func(job *nets.Done[*nets.Seen]) error {
		if err := take(job.Image, job.Value.Watched[0].Data); err != nil {
			return stop(err)
		}
		return stop(run.checkFeatures(ctx, s.net, job.Image, job.Value))
	}, nil)
	return run, run.sayPartial(err, "")
}

// ask computes the vectors of the images that others are to be like.
func (s *similarity) ask(ctx context.Context, args []string) (*imageRun, error) {
	return s.vectorsOf(ctx, args, func(im *nets.Image, vector []float32) error {
		s.asked, s.queries = append(s.asked, im), append(s.queries, vectors.Query{Path: s.path(im.Path), Vector: vector})
		return nil
	})
}

// look compares all rows of the file, or all images of the directory.
func (s *similarity) look(ctx context.Context) error {
	s.search = vectors.NewSearch(s.queries, s.opts.top.labels(false))
	path := s.opts.f.path(s.opts.in)
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		s.searched, err = s.vectorsOf(ctx, []string{s.opts.in}, func(im *nets.Image, vector []float32) error {
			s.search.Add(im.Name, s.path(im.Path), vector)
			return nil
		})
		if err == nil && s.searched.done == 0 {
			return s.searched.sumUp("searched")
		}
		return err
	}
	file, err := vectors.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	for _, path := range file.Files {
		s.opts.f.reads(path)
	}
	ours, err := provenance(s.net, s.layer)
	if err != nil {
		return err
	}
	if differs := differences(file.Metadata, ours); differs != "" {
		return fmt.Errorf("%s: its vectors were %s", s.opts.in, differs)
	}
	if want := len(s.queries[0].Vector); file.Width != want {
		return fmt.Errorf("%s has vectors of %d numbers, and %s of %s makes %d: name the network and the layer that wrote it (--weights, --layer)",
			s.opts.in, file.Width, s.opts.layer, s.net.Net.Arch.Name, want)
	}
	err = file.Rows(ctx, func(name string, vector []float32) error {
		s.search.Add(name, s.path(name), vector)
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", s.opts.in, err)
	}
	return nil
}

// path is where an image is, whatever it is called; "" for one that came in a stream.
func (s *similarity) path(name string) string {
	if name == "" {
		return ""
	}
	return absolute(s.opts.f.path(name))
}

func (s *similarity) show(ctx context.Context, format string) error {
	view := &render.Similar{Net: s.net.Words(), In: s.opts.in, Layer: s.opts.layer, Rows: s.search.Rows()}
	for i, im := range s.asked {
		to := render.SimilarTo{File: im.Name}
		for _, n := range s.search.Nearest(i) {
			to.Nearest = append(to.Nearest, render.SimilarImage{File: n.Name, Distance: n.Distance})
		}
		view.Queries = append(view.Queries, to)
	}
	f := s.opts.f
	if s.opts.sheet != "" {
		if err := s.writeSheet(ctx, view); err != nil {
			return err
		}
	}
	return f.writeOutput(s.opts.output.file, func(w io.Writer) error {
		return render.Write(w, view, format, f.look(s.opts.output.file, format))
	})
}

// writeSheet writes a page of each image and those that are like it.
func (s *similarity) writeSheet(ctx context.Context, view *render.Similar) error {
	notes := []string{"each image, and those of " + printable.Name(s.opts.in) + " that are most like it", "distance: 1 - the cosine of what " + s.opts.layer + " puts out"}
	head := report.CardsHead{Title: s.net.Title(), Notes: notes}
	return s.opts.f.writeCards(s.opts.sheet, head, func(page *report.Cards) error {
		add := func(card report.Card, err error) error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				card.Error = s.opts.f.errorText(err)
			}
			return failed(page.Add(card))
		}
		for i, q := range view.Queries {
			label := "like " + filepath.Base(q.File)
			if err := add(s.card(ctx, s.asked[i], label, "asked for")); err != nil {
				return err
			}
			for rank, n := range q.Nearest {
				im := &nets.Image{Name: n.File, Path: s.opts.f.path(n.File)}
				if err := add(s.card(ctx, im, label, fmt.Sprintf("%d: distance %s", rank+1, strconv.FormatFloat(n.Distance, 'f', 4, 64)))); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// card shows an image; one that can't be read any more is an error.
func (s *similarity) card(ctx context.Context, im *nets.Image, label, note string) (report.Card, error) {
	card := report.Card{File: im.Name, Path: im.Name, Label: label, Notes: []string{note}, Probability: math.NaN()}
	photo, err := thumbnail(ctx, s.opts.images.decoding(s.opts.f).Quiet(), im)
	if err == nil {
		err = onCard(&card, photo)
	}
	return card, err
}
