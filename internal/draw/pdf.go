package draw

import (
	"io"
	"time"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"codeberg.org/go-pdf/fpdf"
)

// WritePDF writes the figure as PDF of one page in its own size, with the letters that it uses embedded. With Auto it is
// light.
func (f *Figure) WritePDF(w io.Writer, theme Theme) error {
	doc := fpdf.NewCustom(&fpdf.InitType{UnitStr: "pt", Size: fpdf.SizeType{Wd: f.Width, Ht: f.Height}})
	doc.SetCatalogSort(true)
	doc.SetCreationDate(time.Unix(0, 0).UTC()) // the same figure is the same file
	doc.SetModificationDate(time.Unix(0, 0).UTC())
	doc.SetTitle(f.Title, true)
	doc.SetSubject(f.Desc, true)
	doc.SetLang("en")
	doc.SetCreator(maker, false)
	doc.SetAutoPageBreak(false, 0)
	doc.AddUTF8FontFromBytes(pdfFont, "", liberationsansregular.TTF)
	doc.AddUTF8FontFromBytes(pdfFont, "B", liberationsansbold.TTF)
	doc.AddPage()
	p := &pdf{Fpdf: doc, theme: theme}
	f.paint(p)
	return doc.Output(w)
}

const pdfFont = "Liberation Sans"

type pdf struct {
	*fpdf.Fpdf
	theme Theme
}

// inks chooses colours and returns how fpdf calls what is to be painted: F, D or FD.
func (p *pdf) inks(inside, around ink, width float64) string {
	style := ""
	if inside.role != noInk {
		c := inside.color(p.theme)
		p.SetFillColor(int(c.R), int(c.G), int(c.B))
		style = "F"
	}
	if around.role != noInk {
		c := around.color(p.theme)
		p.SetDrawColor(int(c.R), int(c.G), int(c.B))
		p.SetLineWidth(width)
		style += "D"
	}
	return style
}

func (p *pdf) path(corners []corner, closed bool, style string) {
	for i, c := range corners {
		if i == 0 {
			p.MoveTo(c.from.x, c.from.y)
		} else {
			p.LineTo(c.from.x, c.from.y)
		}
		if c.from != c.to {
			first, second := c.bend()
			p.CurveBezierCubicTo(first.x, first.y, second.x, second.y, c.to.x, c.to.y)
		}
	}
	if closed {
		p.ClosePath()
	}
	p.DrawPath(style)
}

func (p *pdf) box(b *box) { p.path(b.outline(), true, p.inks(b.fill, b.edge, 1)) }

func (p *pdf) line(l *line) {
	p.SetDashPattern(l.dash, 0)
	p.path(l.corners(), false, p.inks(ink{}, l.ink, l.width))
	p.SetDashPattern(nil, 0)
	if l.arrow {
		p.path(triangle(l.head()), true, p.inks(l.ink, ink{}, 0))
	}
}

func (p *pdf) mark(m *mark) {
	p.Circle(m.at.x, m.at.y, m.radius, p.inks(m.fill, m.edge, markWidth))
	if m.plus {
		for _, arm := range m.arms() {
			p.path(arm, false, p.inks(ink{}, m.edge, markWidth))
		}
	}
}

func (p *pdf) label(l *label) {
	weight := ""
	if l.face.bold {
		weight = "B"
	}
	c := l.ink.color(p.theme)
	p.SetTextColor(int(c.R), int(c.G), int(c.B))
	p.SetFont(pdfFont, weight, l.face.size)
	p.Text(l.x, l.y, l.face.drawable(l.text))
}
