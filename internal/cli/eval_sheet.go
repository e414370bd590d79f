package cli

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/spf13/cobra"

	"resnet/internal/labels"
	"resnet/internal/nets"
	"resnet/internal/number"
	"resnet/internal/report"
)

// evalSheet asks for a page of the images that a network is most wrong about.
type evalSheet struct {
	file  string
	worst int
}

// defaultWorst is how many images a page has.
const defaultWorst = 60

func (s *evalSheet) add(cmd *cobra.Command) {
	s.worst = defaultWorst
	cmd.Flags().StringVar(&s.file, "sheet", "", "web page of the images with the largest losses, `FILE.html`, with their maps")
	cmd.Flags().IntVar(&s.worst, "worst", s.worst, "with --sheet: `N` images")
}

func (s *evalSheet) check(cmd *cobra.Command) error {
	switch {
	case s.file == "" && cmd.Flags().Changed("worst"):
		return usagef("--worst goes with --sheet")
	case s.worst < 1 || s.worst > 10000:
		return usagef("--worst %d: want 1 to 10,000", s.worst)
	}
	return checkSheet(s.file)
}

// wrong is an image and how wrong the network is about it.
type wrong struct {
	image *nets.Image
	label int
	loss  float64 // -ln p(label)
}

// note keeps an image if it is among the worst ones. Of equal losses the first image counts.
func (e *evaluation) note(im *nets.Image, label int, probability float64) {
	if e.opts.sheet.file == "" {
		return
	}
	w := wrong{im, label, -math.Log(probability)}
	at, _ := slices.BinarySearchFunc(e.worst, w, func(a, b wrong) int {
		if order := cmp.Compare(b.loss, a.loss); order != 0 { // NaN last
			return order
		}
		return -1
	})
	if at < e.opts.sheet.worst {
		e.worst = slices.Insert(e.worst, at, w)
		e.worst = e.worst[:min(len(e.worst), e.opts.sheet.worst)]
	}
}

// writeSheet writes the page, the worst image first.
func (e *evaluation) writeSheet(ctx context.Context) error {
	if e.opts.sheet.file == "" {
		return nil
	}
	notes := []string{fmt.Sprintf("%s of %s, those with the largest losses first", number.Thousands(int64(len(e.worst))), plural(e.scores.Images, "image", "images"))}
	if left := e.scores.Images - len(e.worst); left > 0 {
		notes[0] += fmt.Sprintf("; the other %s are left out (--worst N)", number.Thousands(int64(left)))
	}
	camera, err := newCameraman(camFlags{sheet: e.opts.sheet.file}, e.imageRun, e.net, 1)
	if err != nil {
		notes = append(notes, "without maps: "+err.Error())
	} else {
		notes = append(notes, "maps of what was predicted: "+camera.meaning(), camera.drawing())
	}
	return e.f.writeSheet(ctx, e.opts.sheet.file, e.net.Title(), notes, func(add func(report.Card, error) error) error {
		for _, wrong := range e.worst {
			if err := add(e.card(ctx, camera, wrong)); err != nil {
				return err
			}
		}
		return nil
	})
}

// card shows an image once more, with the map of what was predicted where there is a camera.
func (e *evaluation) card(ctx context.Context, camera *cameraman, w wrong) (report.Card, error) {
	card := report.Card{File: e.below(w.image), Path: w.image.Name, Label: e.net.Labels.Class(w.label), Probability: math.NaN()}
	var watch []nets.Watch
	if camera != nil {
		watch = append(watch, camera.Watch())
	}
	seen, err := e.net.Image(ctx, w.image, e.decoding.Quiet(), watch...)
	if err != nil {
		return card, err
	}
	top := e.net.Top(seen.Logits.Data, 1)[0]
	card.Probability = labels.Softmax(seen.Logits.Data)[w.label]
	card.Notes = []string{
		fmt.Sprintf("loss %.2f, truth %s", w.loss, percent(card.Probability)),
		fmt.Sprintf("says %s, %s", top.Label, percent(top.Probability)),
	}
	if top.Index == w.label {
		card.Notes[1] = "which it says too"
	}
	m := &filmed{Image: w.image, Seen: seen}
	if camera != nil {
		m.top, m.maps = camera.maps(seen)
		err = camera.pictures(ctx, m, &card)
		return card, err // not in one line: the card is to be read afterwards
	}
	photo, err := thumbnail(ctx, e.decoding.Quiet(), w.image)
	if err == nil {
		err = onCard(&card, photo)
	}
	return card, err
}
