package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"resnet/internal/draw"
	"resnet/internal/learn"
	"resnet/internal/nets"
	"resnet/internal/number"
	"resnet/internal/printable"
	"resnet/internal/render"
	"resnet/internal/report"
)

// mostOfGroup is how many photos of a group that are nearly the same a page shows.
const mostOfGroup = 12

// The sections of the page beside that of the worst photos.
var (
	doubtSection = report.Content{ID: "doubts", Title: "Labels in doubt"}
	nearSection  = report.Content{ID: "near", Title: "Nearly the same"}
	mapSection   = report.Content{ID: "map", Title: "Map of the photos"}
)

// fitPage is the web page of a fit.
type fitPage struct {
	*fitRun
	*findings
	*album
	page *report.Cards
	line map[*nets.Image]int // of the list, from 1
}

// writePage writes it: how good the network is, and the photos to look at.
func (r *fitRun) writePage(ctx context.Context, w io.Writer, net *nets.Net, card *render.Fit, found *findings) error {
	compute := r.opts.engine.compute()
	compute.Threads = 1
	p, err := net.Predictor(ctx, nets.PredictorOptions{Compute: compute, Sessions: r.opts.engine.cores()})
	if err != nil {
		return err
	}
	defer p.Close()
	list, line := r.photoList(found.photos)
	head := report.CardsHead{
		Title: r.name(), Program: madeBy(), Pictures: mostPictures, List: list,
		Quality: &report.Quality{View: card, Labels: card.Labels, Scores: card.Scores},
	}
	page := &fitPage{fitRun: r, findings: found, album: &album{imageRun: r.images, net: p, line: line}, line: line}
	sections := []struct {
		report.Content
		write func(context.Context) error
	}{{worstSection, page.losses}, {doubtSection, page.doubtful}, {nearSection, page.nearly}, {mapSection, page.plan}}
	for _, s := range sections {
		head.Contents = append(head.Contents, s.Content)
	}
	return writeCards(w, head, func(cards *report.Cards) error {
		page.page = cards
		for _, s := range sections {
			if err := s.write(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p *fitPage) losses(ctx context.Context) error { return p.album.worst(ctx, p.page, &p.opts.worst) }

// doubtful are the photos whose labels are in doubt.
func (p *fitPage) doubtful(ctx context.Context) error {
	words := "No label is in doubt."
	shown := p.doubts[:min(len(p.doubts), p.opts.worst.most)]
	if n := len(p.doubts); n > 0 {
		words = fmt.Sprintf("%s of %s: %s.", number.Thousands(int64(len(shown))), plural(n, "photo", "photos"),
			"a head that has not learned from the photo is as sure of another class as it usually is of that class's own photos (confident learning)")
		words += " The more often the network is wrong, the more of these labels are right."
		if n > len(shown) {
			words += " The others are left out (--worst N)."
		}
	}
	if err := p.page.Section(doubtSection, words); err != nil {
		return failed(err)
	}
	of := map[*nets.Image]learn.Doubt{}
	var images []*nets.Image
	for _, d := range shown {
		of[p.photos[d.Photo].Image] = d
		images = append(images, p.photos[d.Photo].Image)
	}
	return p.fill(ctx, p.page, images, func(ctx context.Context, im *nets.Image) (report.Card, error) {
		d := of[im]
		card := p.card(im, p.photos[d.Photo].Class)
		card.Other = p.sets.Classes[d.Class]
		card.Probability = d.Own
		card.Notes = []string{
			fmt.Sprintf("likely %s, %s", card.Other, percent(d.Better)),
			fmt.Sprintf("as labelled %s, %s", percent(d.Own), p.set(d.Photo)),
		}
		err := p.picture(ctx, im, &card)
		return card, err // not in one line: the card is to be read afterwards
	})
}

// set says which of the two a photo is of.
func (p *fitPage) set(photo int) string {
	if photo < len(p.train) {
		return "learned from"
	}
	return "checked"
}

// harm is how bad a group is: several classes make one of its labels wrong, both sets make the accuracy too good.
func (p *fitPage) harm(group []int) (words []string) {
	first := p.photos[group[0]]
	if slices.ContainsFunc(group, func(i int) bool { return p.photos[i].Class != first.Class }) {
		words = append(words, "of several classes")
	}
	if group[0] < len(p.train) && group[len(group)-1] >= len(p.train) {
		words = append(words, "in both sets")
	}
	return words
}

// nearly are the photos that are nearly the same, the worst groups first.
func (p *fitPage) nearly(ctx context.Context) error {
	groups := slices.Clone(p.near.Groups)
	slices.SortStableFunc(groups, func(a, b []int) int { return cmp.Compare(len(p.harm(b)), len(p.harm(a))) })
	shown := groups[:min(len(groups), p.opts.worst.most)]
	words := "No two photos are nearly the same, by their features and by a hash of what the network sees."
	if len(groups) > 0 {
		words = fmt.Sprintf("%s of photos that are nearly the same (%s), by their features and by a hash of what the network sees. %s of the photos to check are nearly the same as one that was learned from.",
			plural(len(groups), "group", "groups"), plural(p.near.Pairs, "pair", "pairs"), number.Thousands(int64(p.near.Leaks())))
		if len(shown) < len(groups) {
			words += fmt.Sprintf(" The first %d groups are shown (--worst N).", len(shown))
		}
	}
	if p.fitRun.net.Source.Builtin() {
		words += " " + weakNear
	}
	if err := p.page.Section(nearSection, words); err != nil {
		return failed(err)
	}
	for _, group := range shown {
		if err := p.group(ctx, group); err != nil {
			return err
		}
	}
	return nil
}

// weakNear says how far pairs are found by features of the built-in resnet18_tiny: measured with 50 photos of ants and bees, each made
// smaller, brighter, grey, strongly compressed, or cropped by a twentieth on all sides, and with all 78,210 pairs of the other photos.
const weakNear = "The small network that is built in overlooks some: of 250 pairs of a photo and a changed copy of it, 214 were found by its features, " +
	"and 246 by those of a ResNet-18 of ImageNet; neither takes different photos for the same, of 78,210 pairs."

// group shows some photos that are nearly the same.
func (p *fitPage) group(ctx context.Context, group []int) error {
	words := strings.Join(append([]string{plural(len(group), "photo", "photos")}, p.harm(group)...), ", ")
	if left := len(group) - mostOfGroup; left > 0 {
		words += fmt.Sprintf("; %s left out", plural(left, "more is", "more are"))
	}
	if err := p.page.Group(words); err != nil {
		return failed(err)
	}
	of := map[*nets.Image]int{}
	var images []*nets.Image
	for _, i := range group[:min(len(group), mostOfGroup)] {
		of[p.photos[i].Image] = i
		images = append(images, p.photos[i].Image)
	}
	return p.fill(ctx, p.page, images, func(ctx context.Context, im *nets.Image) (report.Card, error) {
		i := of[im]
		best := p.near.Best[i]
		card := p.card(im, p.photos[i].Class)
		card.Notes = []string{p.set(i), fmt.Sprintf("cosine %.3f, %d of 64 bits differ", best.Cosine, best.Bits)}
		err := p.picture(ctx, im, &card)
		return card, err // not in one line: the card is to be read afterwards
	})
}

// plan is the photos as points.
func (p *fitPage) plan(context.Context) error {
	if p.plane == nil {
		return failed(p.page.Section(mapSection, "The features of the photos have no two directions."))
	}
	if err := p.page.Section(mapSection, "Each point is a photo; what is near to others is alike to the network. Point at one to see which it is; a click shows its choice below."); err != nil {
		return failed(err)
	}
	return failed(p.page.Figure(p.scatter().Figure()))
}

func (p *fitPage) scatter() draw.Scatter {
	counts := make([]int, len(p.sets.Classes))
	for _, photo := range p.photos {
		counts[photo.Class]++
	}
	coloured := make([]int, len(counts))
	for i := range coloured {
		coloured[i] = i
	}
	slices.SortStableFunc(coloured, func(a, b int) int { return cmp.Compare(counts[b], counts[a]) })
	coloured = coloured[:min(len(coloured), draw.MostColours)]
	slices.Sort(coloured)
	n := len(p.photos)
	shown := min(n, draw.MostPoints)
	s := draw.Scatter{Note: fmt.Sprintf("The two directions in which the features vary most (principal components) have %s of the variance.", percent(p.plane.Share))}
	if p.plane.From < n {
		s.Note += fmt.Sprintf(" They are those of %d photos.", p.plane.From)
	}
	if shown < n {
		s.Note += fmt.Sprintf(" %s of %s photos are shown.", number.Thousands(int64(shown)), number.Thousands(int64(n)))
	}
	for _, class := range coloured {
		s.Classes = append(s.Classes, printable.Name(p.sets.Classes[class]))
	}
	for k := range shown {
		i := k * n / shown // spread over all
		photo := p.photos[i]
		s.Points = append(s.Points, draw.ScatterPoint{
			X: p.plane.X[i], Y: p.plane.Y[i], Class: slices.Index(coloured, photo.Class), Line: p.line[photo.Image],
			Hint: printable.Name(p.below(photo.Image) + ", " + p.sets.Classes[photo.Class]),
		})
	}
	return s
}
