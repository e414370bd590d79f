package cli

import (
	"context"
	"image"
	"io"
	"path/filepath"

	"resnet/internal/draw"
	"resnet/internal/imaging"
	"resnet/internal/nets"
	"resnet/internal/report"
)

// checkSheet wants a name that browsers take for a page.
func checkSheet(name string) error {
	if name != "" && filepath.Ext(name) != ".html" {
		return usagef("--sheet %s: it is a web page; want a name that ends in .html", name)
	}
	return nil
}

// writeSheet writes a page of images. fill hands on one card after the other, with the error of an image that can't be shown.
func (f *factory) writeSheet(ctx context.Context, name, title string, notes []string, fill func(add func(report.Card, error) error) error) error {
	return f.writeOutput(name, func(w io.Writer) error {
		sheet, err := report.NewCards(w, title, notes)
		if err != nil {
			return failed(err)
		}
		add := func(card report.Card, err error) error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				card.Error = f.errorText(err)
			}
			return failed(sheet.Add(card))
		}
		if err := fill(add); err != nil {
			return err
		}
		return failed(sheet.Close())
	})
}

// onCard puts a photo on a card.
func onCard(card *report.Card, photo *imaging.Image) (err error) {
	card.Size = image.Pt(photo.Width, photo.Height)
	card.Photo, err = draw.DataURL(draw.Picture(photo))
	return err
}

// thumbnail is an image as seen, as large as a card's.
func thumbnail(ctx context.Context, d nets.Decoding, im *nets.Image) (*imaging.Image, error) {
	whole, err := d.Load(ctx, im, imaging.Preprocess{})
	if err != nil {
		return nil, err
	}
	crop, err := d.Load(ctx, im, draw.Thumbnail(whole.Steps.Decoded, cardSide))
	if err != nil {
		return nil, err
	}
	return crop.Image, nil
}
