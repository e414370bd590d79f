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

// writeCards writes a page, whose sections fill writes.
func (f *factory) writeCards(name string, head report.CardsHead, fill func(*report.Cards) error) error {
	return f.writeOutput(name, func(w io.Writer) error { return writeCards(w, head, fill) })
}

func writeCards(w io.Writer, head report.CardsHead, fill func(*report.Cards) error) error {
	page, err := report.NewCards(w, head)
	if err != nil {
		return failed(err)
	}
	if err := fill(page); err != nil {
		return err
	}
	return failed(page.Close())
}

// onCard puts a photo on a card.
func onCard(card *report.Card, photo *imaging.Image) (err error) {
	card.Size = image.Pt(photo.Width, photo.Height)
	card.Photo, err = draw.DataURL(draw.Picture(photo))
	return err
}

// thumbnail is an image as seen, as large as a card's.
func thumbnail(ctx context.Context, d nets.Decoding, im *nets.Image) (*imaging.Image, error) {
	crop, err := d.LoadBySize(ctx, im, func(size image.Point) imaging.Preprocess { return draw.Thumbnail(size, cardSide) })
	if err != nil {
		return nil, err
	}
	return crop.Image, nil
}
