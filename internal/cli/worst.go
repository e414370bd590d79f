package cli

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/spf13/pflag"

	"resnet/internal/labels"
	"resnet/internal/nets"
	"resnet/internal/number"
	"resnet/internal/report"
)

// worst are the images that a network is most wrong about, the largest loss first. Of equal losses the first image counts.
type worst struct {
	most   int // of them are kept
	seen   int // that were looked at
	images []wrong
}

// wrong is an image and how wrong the network is about it.
type wrong struct {
	image *nets.Image
	label int
	loss  float64 // -ln p(label)
}

// defaultWorst is how many images a page has.
const defaultWorst = 60

func (w *worst) add(flags *pflag.FlagSet, usage string) {
	w.most = defaultWorst
	flags.IntVar(&w.most, "worst", w.most, usage)
}

func (w *worst) check() error {
	if w.most < 1 || w.most > 10000 {
		return usagef("--worst %d: want 1 to 10,000", w.most)
	}
	return nil
}

// note keeps an image if it is among the worst ones.
func (w *worst) note(im *nets.Image, label int, probability float64) {
	w.seen++
	one := wrong{im, label, -math.Log(probability)}
	at, _ := slices.BinarySearchFunc(w.images, one, func(a, b wrong) int {
		if order := cmp.Compare(b.loss, a.loss); order != 0 { // NaN last
			return order
		}
		return -1
	})
	if at < w.most {
		w.images = slices.Insert(w.images, at, one)
		w.images = w.images[:min(len(w.images), w.most)]
	}
}

// words say which images these are.
func (w *worst) words() string {
	words := fmt.Sprintf("%s of %s, those with the largest losses first", number.Thousands(int64(len(w.images))), plural(w.seen, "image", "images"))
	if left := w.seen - len(w.images); left > 0 {
		words += fmt.Sprintf("; the other %s are left out (--worst N)", number.Thousands(int64(left)))
	}
	return words
}

// mostPictures bounds the bytes of the pictures of a page.
const mostPictures = 16 << 20

// album makes cards of images.
type album struct {
	*imageRun
	net    *nets.Predictor
	camera *cameraman          // nil: cards have no maps
	line   map[*nets.Image]int // of the page's list, from 1; nil: it has none
}

// The section of the images with the largest losses.
var worstSection = report.Content{ID: "worst", Title: "Largest losses"}

// worst writes the section of a page that has the worst images, with maps of what was predicted.
func (a *album) worst(ctx context.Context, page *report.Cards, w *worst) error {
	words := []string{w.words()}
	var err error
	if a.camera, err = newCameraman(camFlags{}, a.imageRun, a.net, 1); err != nil {
		words = append(words, "without maps: "+err.Error())
	} else {
		words = append(words, "maps of what was predicted: "+a.camera.meaning(), a.camera.drawing())
	}
	if err := page.Section(worstSection, words...); err != nil {
		return failed(err)
	}
	of := map[*nets.Image]wrong{}
	var images []*nets.Image
	for _, one := range w.images {
		of[one.image] = one
		images = append(images, one.image)
	}
	return a.fill(ctx, page, images, func(ctx context.Context, im *nets.Image) (report.Card, error) { return a.wrong(ctx, of[im]) })
}

// fill writes a card for each image, in order; some are made at a time.
func (a *album) fill(ctx context.Context, page *report.Cards, images []*nets.Image, card func(context.Context, *nets.Image) (report.Card, error)) error {
	all := func(ctx context.Context, yield func(*nets.Image) error) error {
		for _, im := range images {
			if err := yield(im); err != nil {
				return err
			}
		}
		return nil
	}
	return nets.Each(ctx, all, a.net.Sessions(), card, func(job *nets.Done[report.Card]) error {
		if job.Err != nil {
			job.Value.Error = a.f.errorText(job.Err)
		}
		return failed(page.Add(job.Value))
	})
}

// card is that of an image, without its picture.
func (a *album) card(im *nets.Image, label int) report.Card {
	return report.Card{File: a.below(im), Path: im.Name, Label: a.net.Labels.Class(label), Probability: math.NaN(), Line: a.line[im]}
}

// wrong shows an image once more, with the map of what was predicted where there is a camera.
func (a *album) wrong(ctx context.Context, w wrong) (report.Card, error) {
	card := a.card(w.image, w.label)
	var watch []nets.Watch
	if a.camera != nil {
		watch = append(watch, a.camera.Watch())
	}
	seen, err := a.net.Image(ctx, w.image, a.decoding.Quiet(), watch...)
	if err != nil {
		return card, err
	}
	top := a.net.Top(seen.Logits.Data, 1)[0]
	card.Probability = labels.Softmax(seen.Logits.Data)[w.label]
	card.Notes = []string{
		fmt.Sprintf("loss %.2f, truth %s", w.loss, percent(card.Probability)),
		fmt.Sprintf("says %s, %s", top.Label, percent(top.Probability)),
	}
	if top.Index == w.label {
		card.Notes[1] = "which it says too"
	}
	if a.camera != nil {
		m := &filmed{Image: w.image, Seen: seen}
		m.top, m.maps = a.camera.maps(seen)
		err = a.camera.pictures(ctx, m, &card)
		return card, err // not in one line: the card is to be read afterwards
	}
	err = a.picture(ctx, w.image, &card)
	return card, err
}

// picture puts an image on its card.
func (a *album) picture(ctx context.Context, im *nets.Image, card *report.Card) error {
	photo, err := thumbnail(ctx, a.decoding.Quiet(), im)
	if err == nil {
		err = onCard(card, photo)
	}
	return err
}
