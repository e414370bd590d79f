package cli

import (
	"context"
	"slices"

	"resnet/internal/labels"
	"resnet/internal/learn"
	"resnet/internal/nets"
	"resnet/internal/render"
)

// findings are what there is to know of the photos of a fit, those that are learned from first.
type findings struct {
	photos []learn.Photo
	doubts []learn.Doubt
	near   *learn.NearDuplicates
	plane  *learn.Plane // nil: there is none
}

// bothSets are the photos, those that are learned from first.
func (r *fitRun) bothSets() []learn.Photo { return slices.Concat(r.sets.Train, r.sets.Valid) }

// imagesOf walks over photos.
func imagesOf(photos []learn.Photo) nets.Images {
	return func(ctx context.Context, yield func(*nets.Image) error) error {
		for _, p := range photos {
			if err := yield(p.Image); err != nil {
				return err
			}
		}
		return ctx.Err()
	}
}

func classesOf(photos []learn.Photo) []int {
	classes := make([]int, len(photos))
	for i, p := range photos {
		classes[i] = p.Class
	}
	return classes
}

// examine looks for labels in doubt, by heads that have not seen the photo, and for photos that are nearly the same.
func (r *fitRun) examine(ctx context.Context, fitted *learn.Fitted) (*findings, error) {
	f := &findings{photos: r.bothSets()}
	probabilities := fitted.OutOfFoldProbabilities()
	for _, own := range r.valid {
		probabilities = append(probabilities, labels.Softmax(float32s(fitted.Logits(own.Rows[0])))...)
	}
	f.doubts = learn.Doubts(probabilities, classesOf(f.photos), len(r.sets.Classes))
	features := slices.Concat(r.train, r.valid)
	var err error
	if f.near, err = learn.FindNear(ctx, features, len(r.train)); err != nil {
		return nil, err
	}
	f.plane = learn.NewPlane(features)
	return f, nil
}

// tell adds them to what a fit shows. answers are those of the photos that were kept back.
func (f *findings) tell(view *render.Fit, answers []learn.Answer) {
	view.Doubts = len(f.doubts)
	view.Near = render.FitNear{Pairs: f.near.Pairs, Groups: len(f.near.Groups), Leaked: f.near.Leaks()}
	first := len(f.photos) - len(answers)
	for i, a := range answers {
		if a.Right && f.near.Leaked[first+i] {
			view.Near.LeakedRight++
		}
	}
}
