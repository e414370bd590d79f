package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"resnet/internal/cam"
	"resnet/internal/draw"
	"resnet/internal/imaging"
	"resnet/internal/labels"
	"resnet/internal/nets"
	"resnet/internal/npy"
	"resnet/internal/render"
	"resnet/internal/report"
	"resnet/internal/tensor"
)

// The longer sides of photos, in pixels: of a panel, and of a card on a contact sheet.
const (
	panelSide = 320
	cardSide  = 280
)

// filmed is what became of one image.
type filmed struct {
	*nets.Image
	*nets.Seen
	top  []labels.Prediction
	maps []classMap
	card report.Card
}

// film makes the maps of one image, and writes the files that are asked for.
func (c *cameraman) film(ctx context.Context, im *nets.Image, seen *nets.Seen) (*filmed, error) {
	m := &filmed{Image: im, Seen: seen}
	m.top, m.maps = c.maps(seen)
	if c.sheet != "" {
		if err := c.card(ctx, m); err != nil {
			return nil, err
		}
	}
	if c.to == "" || c.to == "-" {
		return m, nil
	}
	start, err := mapFiles.Writer(c.format)
	if err != nil {
		return nil, err
	}
	write, err := start(c, ctx, m)
	if err != nil {
		return nil, err
	}
	return m, c.f.writeBelow(c.target(c.f, im.Rel), write)
}

// photo is the image as seen, its longer side of n pixels.
func (c *cameraman) photo(ctx context.Context, m *filmed, n int) (*imaging.Image, error) {
	crop, err := c.run.reload(ctx, m.Image, draw.Thumbnail(m.Crop.Steps.Decoded, n))
	if err != nil {
		return nil, err
	}
	return crop.Image, nil
}

// strongest is the value of the last colour of a map: its own largest, or that of all maps of the image, by which they can
// be compared. It is 0 where nothing is above.
func (c *cameraman) strongest(m *filmed, i int) float64 {
	maps := m.maps[i : i+1]
	if c.scale == scaleSame {
		maps = m.maps
	}
	most := 0.0
	for _, one := range maps {
		most = max(most, one.Max())
	}
	return most
}

// png is a picture: the photo and its maps side by side.
func (c *cameraman) png(ctx context.Context, m *filmed) (func(io.Writer) error, error) {
	photo, err := c.photo(ctx, m, panelSide)
	if err != nil {
		return nil, err
	}
	size, box := m.Crop.Steps.Decoded, cam.BoxOf(m.Crop.Steps, photo.Width, photo.Height)
	f := &draw.Panels{
		Panels: []draw.Panel{{
			Picture: draw.Picture(photo), Lines: []string{filepath.Base(m.Name), fmt.Sprintf("%d×%d", size.X, size.Y)},
		}},
		Notes: []string{c.meaning(), c.drawing()},
	}
	if c.scale == scaleSame {
		f.Strongest = fmt.Sprintf("%.3g", c.strongest(m, 0))
	}
	for i, one := range m.maps {
		strongest := c.strongest(m, i)
		f.Panels = append(f.Panels, draw.Panel{
			Picture: draw.Overlay(photo, box, one.Map, strongest), Lines: c.lines(m, i),
			Scale: c.scale != scaleSame && strongest > 0, Extent: one.Extent(),
		})
	}
	return f.WritePNG, nil
}

// lines stand below a map.
func (c *cameraman) lines(m *filmed, i int) []string {
	if !c.Exact {
		return []string{c.Layer, fmt.Sprintf("%d channels, of no class", c.Shape[1])}
	}
	p := m.top[i]
	sum := fmt.Sprintf("logit %.2f", hundredths(float64(p.Logit)))
	if c.Head.Linear() {
		sum += fmt.Sprintf(" = mean %.2f + bias %.2f", hundredths(m.maps[i].Mean()), hundredths(c.Head.Bias(p.Index)))
	}
	return []string{p.Label + "  " + percent(p.Probability), sum}
}

func percent(probability float64) string { return fmt.Sprintf("%.1f %%", 100*probability) }

// hundredths rounds, and never to -0.
func hundredths(v float64) float64 { return math.Round(100*v)/100 + 0 }

// meaning says what the values of a map are.
func (c *cameraman) meaning() string {
	size := fmt.Sprintf("%d×%d map", c.Shape[2], c.Shape[3])
	if !c.Exact {
		return fmt.Sprintf("%s of %s: root mean square over %d channels, how strongly it responds, not for which class", size, c.Layer, c.Shape[1])
	}
	return size + " before " + c.Head.Pool + ": " + c.Head.Meaning()
}

// drawing says what the colours of a picture are.
func (c *cameraman) drawing() string {
	scale := "each map in its own scale"
	if c.scale == scaleSame {
		scale = "in one scale for all maps of a photo"
	}
	return "Drawn smoothly, " + scale + ". What is faint is cut off before the network sees it."
}

// npy is an array (maps, height, width).
func (c *cameraman) npy(_ context.Context, m *filmed) (func(io.Writer) error, error) {
	all := tensor.New(len(m.maps), c.Shape[2], c.Shape[3])
	for i, one := range m.maps {
		copy(all.Data[i*len(one.Values):], one.Values)
	}
	return func(w io.Writer) error { return failed(npy.Write(w, all)) }, nil
}

// csv is a line for each place of each map.
func (c *cameraman) csv(_ context.Context, m *filmed) (func(io.Writer) error, error) {
	return func(w io.Writer) error { return c.writeCSV(w, m) }, nil
}

func (c *cameraman) writeCSV(w io.Writer, m *filmed) error {
	out := render.NewCSV(w, render.Look{Formulas: c.f.formulas})
	out.Write([]string{"class", "label", "row", "column", "value"})
	for i, one := range m.maps {
		class, label := "", c.Layer
		if one.class >= 0 {
			class, label = strconv.Itoa(one.class), m.top[i].Label
		}
		for j, v := range one.Values {
			out.Write([]string{
				class, label, strconv.Itoa(j / one.Width), strconv.Itoa(j % one.Width), strconv.FormatFloat(float64(v), 'g', -1, 32),
			})
		}
	}
	return failed(out.Flush())
}

// card makes an image's card on the contact sheet: that of its first map.
func (c *cameraman) card(ctx context.Context, m *filmed) error {
	first := c.net.Top(m.Logits.Data, 1)[0]
	of := strings.Join(m.maps[0].Extent(), ", ")
	notes := []string{percent(first.Probability) + ", " + of}
	if c.classes != nil {
		notes = []string{percent(first.Probability), fmt.Sprintf("map of %s, %s, %s", m.top[0].Label, percent(m.top[0].Probability), of)}
	}
	m.card = report.Card{
		File: c.run.below(m.Image), Path: m.Name, Notes: notes, Label: first.Label, Probability: first.Probability,
	}
	return c.pictures(ctx, m, &m.card)
}

// pictures puts an image on a card, and its first map over it.
func (c *cameraman) pictures(ctx context.Context, m *filmed, card *report.Card) error {
	photo, err := c.photo(ctx, m, cardSide)
	if err != nil {
		return err
	}
	if err := onCard(card, photo); err != nil {
		return err
	}
	box := cam.BoxOf(m.Crop.Steps, photo.Width, photo.Height)
	card.Map, err = draw.DataURL(draw.Overlay(photo, box, m.maps[0].Map, c.strongest(m, 0)))
	return err
}

// show writes the maps below the table of an image, side by side as far as they fit.
func (c *cameraman) show(ctx context.Context, w io.Writer, m *filmed, look render.Look) error {
	columns := look.Width
	if columns == 0 {
		columns = 84
	}
	var panels, words [][]string
	var width int
	notes := []string{c.meaning()}
	if look.Color && look.Unicode {
		width = min(40, columns-2)
		photo, err := c.photo(ctx, m, width)
		if err != nil {
			return err
		}
		box := cam.BoxOf(m.Crop.Steps, photo.Width, photo.Height)
		width = photo.Width
		notes = append(notes, c.drawing())
		for i, one := range m.maps {
			panels = append(panels, draw.HalfBlocks(draw.Overlay(photo, box, one.Map, c.strongest(m, i))))
		}
	} else {
		width = 2 * c.Shape[3]
		for i, one := range m.maps {
			panels = append(panels, draw.Shades(one.Map, c.strongest(m, i), look.Unicode))
		}
	}
	for i, one := range m.maps {
		words = append(words, append(c.lines(m, i)[:1], one.Extent()...))
	}
	return render.WritePanels(w, panels, words, notes, width, columns, look)
}

// prepareMaps makes the run make maps where some are asked for.
func (c *classification) prepareMaps(ctx context.Context) (err error) {
	if !c.opts.cam.given() {
		return nil
	}
	top := c.top
	if c.opts.cam.to == "" {
		top = 1 // a card has one map
	}
	if c.camera, err = newCameraman(c.opts.cam, c.imageRun, c.net, top); err != nil {
		return err
	}
	if !c.opts.cam.isDir(c.f) {
		return nil
	}
	return uniqueTargets(ctx, c.found)
}

// withSheet runs with a contact sheet where one is asked for.
func (c *classification) withSheet(run func() error) error {
	if c.opts.cam.sheet == "" {
		return run()
	}
	return c.f.writeOutput(c.opts.cam.sheet, func(w io.Writer) (err error) {
		if c.sheet, err = report.NewCards(w, report.CardsHead{Title: c.net.Title(), Notes: []string{c.camera.meaning(), c.camera.drawing()}}); err != nil {
			return failed(err)
		}
		err = run()
		if err != nil && !errors.Is(err, errPartial) {
			return err
		}
		return errors.Join(err, failed(c.sheet.Close()))
	})
}

// showMaps hands on what the workers made of an image.
func (c *classification) showMaps(ctx context.Context, w io.Writer, m *filmed, look render.Look) error {
	if c.sheet != nil {
		if err := c.sheet.Add(m.card); err != nil {
			return err
		}
	}
	if c.opts.cam.to != "-" {
		return nil
	}
	return c.camera.show(ctx, w, m, look)
}
