// Package report makes pages of what is known of a network and of a pass through it: one file that needs no other.
package report

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"strings"

	"resnet/internal/anatomy"
	"resnet/internal/draw"
	"resnet/internal/hooks"
	"resnet/internal/model"
	"resnet/internal/printable"
	"resnet/internal/render"
)

// Report is a network, and what a photo becomes in it.
type Report struct {
	Trace   *render.Trace // whose rows are layers
	Random  string        // what to know where the weights are random; "" where they are not
	Photo   *Photo        // nil: no values are shown
	Anatomy *render.Anatomy
	Streams []anatomy.Streams
	Kernels *Kernels // nil: there are none to show
	Program string   // that made it, with its version
	Blocks  bool     // a page shows what blocks add when it is asked, without Streams
}

// head is what the head of every page is made of.
type head struct {
	Name  string
	CSP   string
	Style template.HTML
}

// page is what the template of a report shows.
type page struct {
	head
	Facts, Caution string
	Script         template.HTML
	Contents       []Content
	Photo          *photo
	Summary        table
	Totals         []string
	Figure         template.HTML
	Layers         table
	Costs          template.HTML
	Anatomy        anatomyPart
	Kernels        *kernels
	Streams        []streams
	Foot           string
}

// Content is an entry of a page's contents: a section and its title.
type Content struct{ ID, Title string }

// Write writes the page. The same report makes the same bytes.
func (r *Report) Write(w io.Writer) error {
	p := r.page()
	p.Style, p.Script, p.CSP = inlined("table.js", "maps.js", "place.js", "report.js")
	p.Summary = newTable("Summary", (&render.Summary{Pass: r.Trace.Pass}).Document().Tables[0])
	steps := []func(*page) error{r.photo, r.figure, r.costs, r.anatomy, r.kernels, r.streams}
	for _, step := range steps {
		if err := step(&p); err != nil {
			return err
		}
	}
	p.Contents = r.contents()
	return templates().ExecuteTemplate(w, "report", p)
}

// page begins a page: title, table and totals.
func (r *Report) page() page {
	p := page{Caution: r.Random, Foot: r.Program}
	doc := r.Trace.Document()
	p.Name, p.Facts = clean(doc.Title[0]), clean(strings.Join(doc.Title[1:], " · "))
	p.Layers = newLayers("Layers", "layers-table", doc.Tables[0], r.Blocks)
	for _, line := range doc.Lines {
		p.Totals = append(p.Totals, clean(strings.Join(line, " · ")))
	}
	return p
}

func (r *Report) contents() []Content {
	all := []Content{{"summary", "Summary"}, {"costs", "Costs"}, {"layers", "Layers"}, {"anatomy", "Anatomy"}}
	if r.Photo != nil {
		all = append([]Content{{"photo", "Photo"}}, all...)
	}
	if r.Kernels != nil {
		all = append(all, Content{"kernels", "Kernels"})
	}
	if r.Streams != nil {
		all = append(all, Content{"blocks", "Blocks"})
	}
	return all
}

// figure draws the network.
func (r *Report) figure(p *page) error {
	net, err := draw.NewNet(r.Trace.Graph, r.Trace.Input)
	if err != nil {
		return err
	}
	network, err := draw.Drawing{Nets: []*draw.Net{net}, Expand: true}.Figure()
	if err != nil {
		return err
	}
	network.Link = r.link
	p.Figure, err = svg(network)
	return err
}

// costs draws what layers cost.
func (r *Report) costs(p *page) (err error) {
	costs := draw.Costs{Title: []string{p.Name}}
	for _, l := range r.Trace.Sums() {
		costs.Layers = append(costs.Layers, draw.LayerCost{
			Path: l.Path, Stage: l.Stage, Params: l.Params, MACs: l.MACs, Bytes: 4 * int64(l.Output.Elements()), Time: l.Time,
		})
	}
	p.Costs, err = svg(costs.Figure())
	return err
}

// link leads from the figure to a layer's row, and to what a block adds where that is shown.
func (r *Report) link(path string) string {
	for _, stage := range r.Trace.Graph.Stages {
		for _, b := range stage.Blocks {
			switch {
			case b.Path != path:
			case !r.Blocks && r.Streams == nil || b.Shortcut == model.ShortcutNone:
				return ""
			default:
				return "#" + blockID(path)
			}
		}
	}
	return "#" + rowID(path)
}

// svg is a figure inside a page, whose words are its own.
func svg(f *draw.Figure) (template.HTML, error) {
	var b bytes.Buffer
	err := f.WriteSVG(&b, draw.Auto)
	return template.HTML(b.String()), err
}

// anatomyPart is what is shown of an anatomy.
type anatomyPart struct {
	Notes  []string
	Figure template.HTML
	Tables []foldedTable
}

// foldedTable is a table that may be folded away.
type foldedTable struct {
	Table table
	Open  bool
}

func (r *Report) anatomy(p *page) error {
	doc := r.Anatomy.Document()
	for _, line := range doc.Lines {
		p.Anatomy.Notes = append(p.Anatomy.Notes, clean(strings.Join(line, " · ")))
	}
	captions := []string{"Receptive fields"}
	if r.Anatomy.Blocks != nil {
		captions = append([]string{"Blocks"}, captions...)
		figure := draw.Anatomy{Title: []string{p.Name}, Caution: r.Anatomy.Caution(), Blocks: r.Anatomy.Blocks, Stem: r.Anatomy.Stem}
		var err error
		if p.Anatomy.Figure, err = svg(figure.Figure()); err != nil {
			return err
		}
	}
	for i, caption := range captions {
		p.Anatomy.Tables = append(p.Anatomy.Tables, foldedTable{newTable(caption, doc.Tables[i]), caption == "Blocks"})
	}
	return nil
}

func (r *Report) kernels(p *page) (err error) {
	if r.Kernels != nil {
		p.Kernels, err = newKernels(r.Kernels)
	}
	return err
}

func (r *Report) streams(p *page) error {
	badge := ""
	if r.Random != "" {
		badge = "random weights"
	}
	blocks := map[string]hooks.Record{}
	for _, e := range r.Trace.All {
		if e.Container {
			blocks[e.Path] = e
		}
	}
	fields := map[string]anatomy.Field{}
	for _, f := range r.Anatomy.Fields {
		fields[f.Path] = f
	}
	for _, s := range r.Streams {
		e := blocks[s.Path]
		facts := fmt.Sprintf("%s, %s shortcut, %s → %s", s.Class, s.Shortcut, e.Inputs[0][1:].Join("×"), e.Output[1:].Join("×"))
		one, err := newStreams(s, Strongest)
		if err != nil {
			return err
		}
		one.Badge, one.Facts, one.Field = badge, facts, newField(fields[s.Add], r.Photo.Crop)
		p.Streams = append(p.Streams, one)
	}
	return nil
}

// clean is text from outside as a page may show it: without what is no character of its own, or turns the direction of others.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if !printable.Shows(r) {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}
