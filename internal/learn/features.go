package learn

import (
	"context"
	"crypto/sha256"

	"resnet/internal/imaging"
	"resnet/internal/nets"
	"resnet/internal/tensor"
)

// Extractor makes features of photos. It may be used by several goroutines.
type Extractor struct {
	*nets.Predictor
	Mirror bool   // photos that are learned from are seen mirrored, too
	Cache  *Cache // keeps features; nil: nothing does
}

// Watch is what features are: the channels of the last pool.
var Watch = nets.Watch{Layer: nets.LastPool, Mean: true}

// Features are those of one photo.
type Features struct {
	Digest [sha256.Size]byte // of the file
	Hash   Hash              // of what the network sees
	Rows   [][]float32       // of the photo as it is, and mirrored
}

// Features decodes a photo and computes its rows; mirrored where it is learned from.
func (e *Extractor) Features(ctx context.Context, im *nets.Image, d nets.Decoding, mirrored bool) (*Features, error) {
	mirrored = mirrored && e.Mirror
	f, hash := &Features{}, (*nets.Image).SHA256
	if e.Cache != nil {
		hash = e.Cache.digest
	}
	var err error
	if f.Digest, err = hash(im); err != nil {
		return nil, err
	}
	if e.Cache != nil {
		if e.Cache.get(f, mirrored) {
			return f, nil
		}
	}
	crop, err := d.Load(ctx, im, e.Preprocess)
	if err != nil {
		return nil, err
	}
	f.Hash = NewHash(crop.Image)
	seen, err := e.watch(ctx, crop, Watch, mirrored)
	if err != nil {
		return nil, err
	}
	for _, one := range seen {
		f.Rows = append(f.Rows, one.Data)
	}
	if e.Cache != nil {
		e.Cache.put(f)
	}
	return f, nil
}

// Activations are what is watched of a photo as it is and, where it is learned from, mirrored.
func (e *Extractor) Activations(ctx context.Context, im *nets.Image, d nets.Decoding, what nets.Watch, mirrored bool) ([]tensor.Tensor, error) {
	crop, err := d.Load(ctx, im, e.Preprocess)
	if err != nil {
		return nil, err
	}
	return e.watch(ctx, crop, what, mirrored && e.Mirror)
}

func (e *Extractor) watch(ctx context.Context, crop *imaging.Crop, what nets.Watch, mirrored bool) ([]tensor.Tensor, error) {
	crops := []*imaging.Crop{crop}
	if mirrored {
		crops = append(crops, mirror(crop))
	}
	var watched []tensor.Tensor
	for _, c := range crops {
		seen, err := e.Crop(ctx, c, what)
		if err != nil {
			return nil, err
		}
		watched = append(watched, seen.Watched[0])
	}
	return watched, nil
}

// mirror swaps left and right of what the network sees.
func mirror(crop *imaging.Crop) *imaging.Crop {
	image := imaging.NewImage(crop.Width, crop.Height)
	for y := range crop.Height {
		from, to := crop.Row(y), image.Row(y)
		for x := 0; x < len(from); x += 3 {
			copy(to[len(to)-3-x:], from[x:x+3])
		}
	}
	return &imaging.Crop{Image: image, Steps: crop.Steps}
}

// NewData arranges the rows of photos, filled up to whole blocks of 16 values.
func NewData(photos []Photo, features []*Features, classes int) *Data {
	width := len(features[0].Rows[0])
	d := &Data{Width: (width + lanes - 1) / lanes * lanes, Copies: len(features[0].Rows), Classes: classes}
	for i, p := range photos {
		d.Class = append(d.Class, p.Class)
		for _, row := range features[i].Rows {
			d.Features = append(d.Features, row...)
			d.Features = append(d.Features, make([]float32, d.Width-width)...)
		}
	}
	return d
}
