package draw

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"image/color"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// WriteSVG writes the figure as SVG whose text is text. Every line of text has its measured length, so that another font
// changes the letters but not the layout. With Auto it follows its reader's preference for light or dark.
func (f *Figure) WriteSVG(w io.Writer, theme Theme) error {
	s := &svg{theme: theme, rules: map[string]string{}, link: f.Link}
	f.paint(s)
	role := "img"
	if f.Link != nil { // what is in an image can't be pointed at by all readers
		role = "group"
	}
	id := crc32.ChecksumIEEE([]byte(f.Title + f.Desc)) // so that a page can hold several figures
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="0 0 %[1]s %[2]s" role="%[5]s" `+
		`aria-labelledby="title-%08[3]x desc-%08[3]x" font-family="%[4]s">`+"\n", num(f.Width), num(f.Height), id, fontFamily, role)
	out.WriteString(svgMark + "\n")
	fmt.Fprintf(&out, "<title id=\"title-%08[1]x\">%[2]s</title>\n<desc id=\"desc-%08[1]x\">%[3]s</desc>\n", id, escape(f.Title), escape(f.Desc))
	out.WriteString(s.style())
	out.Write(s.body.Bytes())
	out.WriteString("</svg>\n")
	_, err := w.Write(out.Bytes())
	return err
}

// svg collects the elements of a figure.
type svg struct {
	theme Theme
	body  bytes.Buffer
	rules map[string]string // of a dark page, by class
	link  func(path string) string
}

// paint is the attributes of a shape's inside and edge. Their values are those of the light page; a class has the others.
func (s *svg) paint(inside, around ink) string {
	words := ""
	var classes []string
	for _, p := range []struct {
		property string
		ink      ink
	}{{"fill", inside}, {"stroke", around}} {
		switch {
		case p.ink.role != noInk:
			words += fmt.Sprintf(` %s="%s"`, p.property, hex(p.ink.color(s.theme)))
			class := fmt.Sprintf("%c%d-%d", p.property[0], p.ink.role, p.ink.hue)
			s.rules[class] = fmt.Sprintf(".%s{%s:%s}", class, p.property, hex(p.ink.color(Dark)))
			classes = append(classes, class)
		case p.property == "fill":
			words += ` fill="none"`
		}
	}
	if s.theme == Auto {
		words += ` class="` + strings.Join(classes, " ") + `"`
	}
	return words
}

// style is the colours of a dark page.
func (s *svg) style() string {
	if s.theme != Auto {
		return ""
	}
	rules := slices.Sorted(maps.Values(s.rules))
	return "<style>@media (prefers-color-scheme: dark){" + strings.Join(rules, "") + "}</style>\n"
}

func (s *svg) box(b *box) {
	target := ""
	if s.link != nil && b.path != "" {
		target = s.link(b.path)
	}
	hint := b.hint
	if target != "" { // the hint names the link
		fmt.Fprintf(&s.body, "<a href=\"%s\"><title>%s</title>", escape(target), escape(hint))
		defer s.body.WriteString("</a>\n")
		hint = ""
	}
	fmt.Fprintf(&s.body, `<rect x="%s" y="%s" width="%s" height="%s" rx="%s"%s`,
		num(b.x), num(b.y), num(b.w), num(b.h), num(b.radius), s.paint(b.fill, b.edge))
	s.hint("rect", hint)
}

// hint closes an element with what is shown to the reader who points at it.
func (s *svg) hint(element, words string) {
	if words == "" {
		s.body.WriteString("/>\n")
		return
	}
	fmt.Fprintf(&s.body, "><title>%s</title></%s>\n", escape(words), element)
}

func (s *svg) line(l *line) {
	fmt.Fprintf(&s.body, `<path d="%s"%s stroke-width="%s"`, pathData(l.corners()), s.paint(ink{}, l.ink), num(l.width))
	if l.dash != nil {
		fmt.Fprintf(&s.body, ` stroke-dasharray="%s %s"`, num(l.dash[0]), num(l.dash[1]))
	}
	s.hint("path", l.hint)
	if l.arrow {
		fmt.Fprintf(&s.body, "<path d=\"%sZ\"%s/>\n", pathData(triangle(l.head())), s.paint(l.ink, ink{}))
	}
}

// pathData is a way in the words of SVG.
func pathData(corners []corner) string {
	var out strings.Builder
	command := "M"
	for _, c := range corners {
		out.WriteString(command + num(c.from.x) + " " + num(c.from.y))
		if c.from != c.to {
			first, second := c.bend()
			fmt.Fprintf(&out, "C%s %s %s %s %s %s", num(first.x), num(first.y), num(second.x), num(second.y), num(c.to.x), num(c.to.y))
		}
		command = "L"
	}
	return out.String()
}

func (s *svg) mark(m *mark) {
	fmt.Fprintf(&s.body, `<circle cx="%s" cy="%s" r="%s"%s%s`, num(m.at.x), num(m.at.y), num(m.radius), s.paint(m.fill, m.edge), strokeWidth(m.edge))
	if m.line > 0 {
		fmt.Fprintf(&s.body, ` data-line="%d"`, m.line)
	}
	s.hint("circle", m.hint)
	if m.plus {
		arms := m.arms()
		fmt.Fprintf(&s.body, "<path d=\"%s%s\"%s%s/>\n", pathData(arms[0]), pathData(arms[1]), s.paint(ink{}, m.edge), strokeWidth(m.edge))
	}
}

func strokeWidth(edge ink) string {
	if edge.role == noInk {
		return ""
	}
	return fmt.Sprintf(` stroke-width="%s"`, num(markWidth))
}

func (s *svg) label(l *label) {
	weight := ""
	if l.face.bold {
		weight = ` font-weight="bold"`
	}
	fmt.Fprintf(&s.body, "<text x=\"%s\" y=\"%s\" font-size=\"%s\"%s textLength=\"%s\" lengthAdjust=\"spacingAndGlyphs\"%s>%s</text>\n",
		num(l.x), num(l.y), num(l.face.size), weight, num(l.width), s.paint(l.ink, ink{}), escape(l.text))
}

func hex(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// num writes a length with at most two decimals.
func num(x float64) string { return strconv.FormatFloat(math.Round(x*100)/100, 'f', -1, 64) }

func escape(text string) string {
	var out bytes.Buffer
	xml.EscapeText(&out, []byte(text)) // a buffer takes everything
	return out.String()
}
