package cli

import (
	"context"
	"io"

	"resnet/internal/nets"
	"resnet/internal/render"
	"resnet/internal/report"
)

// page writes the web page of a fit: how good it is, and the photos to look at.
func (r *fitRun) page(ctx context.Context, w io.Writer, net *nets.Net, card *render.Fit) error {
	compute := r.opts.engine.compute()
	compute.Threads = 1
	p, err := net.Predictor(ctx, nets.PredictorOptions{Compute: compute, Sessions: r.opts.engine.cores()})
	if err != nil {
		return err
	}
	defer p.Close()
	head := report.CardsHead{
		Title: r.name(), Contents: []report.Content{worstSection}, Program: madeBy(),
		Quality: &report.Quality{View: card, Labels: card.Labels, Scores: card.Scores},
	}
	return writeCards(w, head, func(page *report.Cards) error {
		return (&album{imageRun: r.images, net: p}).worst(ctx, page, &r.opts.worst)
	})
}
