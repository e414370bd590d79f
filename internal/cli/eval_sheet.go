package cli

import (
	"context"

	"github.com/spf13/cobra"

	"resnet/internal/report"
)

// evalSheet asks for a page of how good a network is, with the images that it is most wrong about.
type evalSheet struct {
	file  string
	worst worst
}

func (s *evalSheet) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.file, "sheet", "", "web page, `FILE.html`: figures, and the images with the largest losses with their maps")
	s.worst.add(cmd.Flags(), "with --sheet: `N` images")
}

func (s *evalSheet) check(cmd *cobra.Command) error {
	if s.file == "" && cmd.Flags().Changed("worst") {
		return usagef("--worst goes with --sheet")
	}
	if err := s.worst.check(); err != nil {
		return err
	}
	return checkSheet(s.file)
}

// writeSheet writes the page.
func (e *evaluation) writeSheet(ctx context.Context) error {
	sheet := &e.opts.sheet
	if sheet.file == "" {
		return nil
	}
	head := report.CardsHead{
		Title: e.net.Title(), Contents: []report.Content{worstSection}, Program: madeBy(), Pictures: mostPictures,
		Quality: &report.Quality{View: e.view(), Labels: e.net.Labels, Scores: e.scores},
	}
	return e.f.writeCards(sheet.file, head, func(page *report.Cards) error {
		return (&album{imageRun: e.imageRun, net: e.net}).worst(ctx, page, &sheet.worst)
	})
}
