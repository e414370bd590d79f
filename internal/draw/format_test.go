package draw

import (
	"bytes"
	"encoding/xml"
	"flag"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"resnet/internal/config"
)

var update = flag.Bool("update", false, "rewrite golden files")

// goldens are drawings by the name of their file, whose extension is the format.
var goldens = map[string]struct {
	nets   []string
	expand bool
	block  string
	style  Style
}{
	"resnet34.txt":        {nets: []string{"34"}, style: Style{Unicode: true}},
	"resnet50d.ascii.txt": {nets: []string{"50d"}},
	"resnet20.color.txt":  {nets: []string{"20"}, style: Style{Unicode: true, Color: true, Width: 60}},
	"side-by-side.txt":    {nets: []string{"plain20_cifar", "20"}, expand: true, style: Style{Unicode: true}},
	"narrow.txt":          {nets: []string{"plain20_cifar", "20"}, style: Style{Unicode: true, Width: 80}},
	"variants.txt":        {nets: []string{"50d"}, block: Variants, style: Style{Unicode: true, Width: 80}},
	"block.ascii.txt":     {nets: []string{"34", "20"}, block: "layer2.0"},
	"resnet34.mmd":        {nets: []string{"34"}},
	"variants.mmd":        {nets: []string{"50"}, block: Variants},
	"side-by-side.dot":    {nets: []string{"plain20_cifar", "20"}},
	"block.dot":           {nets: []string{"50d"}, block: "layer2.0"},
	"resnet20.svg":        {nets: []string{"20"}, style: Style{Theme: Auto}},
	"side-by-side.svg":    {nets: []string{"plain20_cifar", "20"}, expand: true, style: Style{Theme: Light}},
	"variants.svg":        {nets: []string{"50d"}, block: Variants, style: Style{Theme: Dark}},
}

var extensions = map[string]string{".txt": "text", ".mmd": "mermaid", ".dot": "dot", ".svg": "svg"}

func TestGolden(t *testing.T) {
	for name, g := range goldens {
		t.Run(name, func(t *testing.T) {
			d := Drawing{Expand: g.expand, Block: g.block}
			for _, net := range g.nets {
				d.Nets = append(d.Nets, builtin(t, net))
			}
			got := write(t, d, extensions[filepath.Ext(name)], g.style)
			file := filepath.Join("testdata", "TestGolden", name)
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("differs from %s; look at it, then -update:\n%s", file, got)
			}
		})
	}
	files, err := filepath.Glob(filepath.Join("testdata", "TestGolden", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if _, ok := goldens[filepath.Base(file)]; !ok {
			t.Errorf("%s is of no test", file)
		}
	}
}

func write(t *testing.T, d Drawing, format string, s Style) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, d, format, s); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestDeterministic: every format gives the same bytes again.
func TestDeterministic(t *testing.T) {
	for _, format := range Formats() {
		for _, theme := range []Theme{Light, Dark} {
			d := func() Drawing { return Drawing{Nets: []*Net{builtin(t, "20")}} }
			s := Style{Theme: theme, Scale: 1}
			if !bytes.Equal(write(t, d(), format, s), write(t, d(), format, s)) {
				t.Errorf("%s in %s differs the second time", format, theme)
			}
		}
	}
}

// TestSVG: well-formed, with title and description, and all text is there as text in its measured length.
func TestSVG(t *testing.T) {
	nets := append(randomNets(t, 10), builtin(t, "50d"))
	for _, n := range nets {
		for _, theme := range []Theme{Auto, Light, Dark} {
			d := Drawing{Nets: []*Net{n}}
			f, _ := d.Figure()
			root := parse(t, write(t, d, "svg", Style{Theme: theme}))
			var ids []string
			for _, child := range root.Children {
				if id := child.attr("id"); id != "" {
					ids = append(ids, id)
				}
			}
			if root.attr("role") != "img" || len(ids) != 2 || root.attr("aria-labelledby") != strings.Join(ids, " ") {
				t.Errorf("%s: attributes %v", n.title, root.Attrs)
			}
			if root.text("title") != f.Title || root.text("desc") != f.Desc || f.Title == "" || f.Desc == "" {
				t.Errorf("%s: title %q, description %q", n.title, root.text("title"), root.text("desc"))
			}
			var got, want []string
			for _, child := range root.Children {
				if child.XMLName.Local == "text" {
					got = append(got, child.Text)
				}
			}
			for _, s := range f.shapes {
				if l, ok := s.(*label); ok {
					want = append(want, l.text)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: text %q, want %q", n.title, got, want)
			}
			if has := strings.Contains(root.text("style"), "prefers-color-scheme: dark"); has != (theme == Auto) {
				t.Errorf("%s in %s: colours of a dark page: %v", n.title, theme, has)
			}
		}
	}
}

type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []element  `xml:",any"`
}

func parse(t *testing.T, data []byte) element {
	t.Helper()
	var root element
	if err := xml.Unmarshal(data, &root); err != nil {
		t.Fatalf("%v:\n%s", err, data)
	}
	return root
}

func (e element) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// text is that of the first child called name.
func (e element) text(name string) string {
	for _, child := range e.Children {
		if child.XMLName.Local == name {
			return child.Text
		}
	}
	return ""
}

func TestPNG(t *testing.T) {
	d := Drawing{Nets: []*Net{builtin(t, "20")}}
	f, _ := d.Figure()
	for _, scale := range []float64{0.5, 1, 2} {
		img, err := png.Decode(bytes.NewReader(write(t, d, "png", Style{Theme: Dark, Scale: scale})))
		if err != nil {
			t.Fatal(err)
		}
		size := img.Bounds().Size()
		if math.Abs(float64(size.X)-f.Width*scale) > 1 || math.Abs(float64(size.Y)-f.Height*scale) > 1 {
			t.Errorf("scale %v: %v pixels of %v×%v", scale, size, f.Width, f.Height)
		}
		if _, _, _, alpha := img.At(0, 0).RGBA(); alpha != 0 {
			t.Errorf("scale %v: the corner is not transparent", scale)
		}
		ground := ink{role: page}.color(Dark)
		r, g, b, _ := img.At(size.X/2, 2).RGBA()
		if uint8(r>>8) != ground.R || uint8(g>>8) != ground.G || uint8(b>>8) != ground.B {
			t.Errorf("scale %v: the page is %v", scale, img.At(size.X/2, 2))
		}
	}
	big := Drawing{Nets: []*Net{builtin(t, "1202")}, Expand: true}
	if err := Write(io.Discard, big, "png", Style{Scale: 4}); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("a huge PNG: %v", err)
	}
}

func TestPDF(t *testing.T) {
	for _, n := range append(randomNets(t, 10), builtin(t, "34")) {
		data := write(t, Drawing{Nets: []*Net{n}}, "pdf", Style{Theme: Auto})
		if !bytes.HasPrefix(data, []byte("%PDF-")) || !bytes.Contains(data, []byte("/Title")) || !bytes.Contains(data, []byte("/ToUnicode")) {
			t.Errorf("%s: %d bytes: %.40q", n.title, len(data), data)
		}
	}
}

// TestGlyphs: the font has all letters of the built-in networks' figures.
func TestGlyphs(t *testing.T) {
	for _, name := range config.Names() {
		for _, block := range []string{"", Variants} {
			f, err := Drawing{Nets: []*Net{builtin(t, name)}, Block: block}.Figure()
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range f.shapes {
				if l, ok := s.(*label); ok && l.face.drawable(l.text) != l.text {
					t.Errorf("%s: the font lacks letters of %q", name, l.text)
				}
			}
		}
	}
	if got := faceBox.drawable("a→🙂网"); got != "a→??" {
		t.Errorf("drawable gives %q", got)
	}
}

// TestContrast: text has 4.5:1 and lines 3:1 against all that they may stand on (WCAG 2, 1.4.3 and 1.4.11).
func TestContrast(t *testing.T) {
	for _, theme := range []Theme{Light, Dark} {
		for stage := -1; stage < len(hues)-1; stage++ {
			for _, test := range []struct {
				front role
				least float64
				on    []role
			}{
				{words, 4.5, []role{page, band, panel, fill}},
				{soft, 4.5, []role{page, band, panel}},
				{title, 4.5, []role{band, panel, fill}},
				{edge, 3, []role{page, band, panel}},
			} {
				for _, behind := range test.on {
					a, b := stageInk(test.front, stage), stageInk(behind, stage)
					if got := contrast(a, b, theme); got < test.least {
						t.Errorf("%s, stage %d: role %d on %d has a contrast of %.2f, want %v", theme, stage, test.front, behind, got, test.least)
					}
				}
			}
		}
	}
}

func contrast(a, b ink, theme Theme) float64 {
	luminance := func(i ink) float64 {
		c := i.color(theme)
		linear := func(v uint8) float64 {
			if s := float64(v) / 255; s > 0.04045 {
				return math.Pow((s+0.055)/1.055, 2.4)
			}
			return float64(v) / 255 / 12.92
		}
		return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
	}
	high, low := luminance(a), luminance(b)
	return (max(high, low) + 0.05) / (min(high, low) + 0.05)
}

var (
	mermaidNode = regexp.MustCompile(`(?m)^ +(\w+)(?:\[|\(\[|\(\().*:::s\d$`)
	mermaidEdge = regexp.MustCompile(`(?m)^ +(\w+) (?:-->|==>|-\.->)(?:\|"[^"|]*"\|)? (\w+)$`)
	mermaidRow  = regexp.MustCompile(`(?m)^ +subgraph (\w+)\["[^"]*"\]$`)
)

// TestMermaid: every edge leads from and to what is declared, each once, and no text can end its quotes.
func TestMermaid(t *testing.T) {
	nets := append(randomNets(t, 20), builtin(t, "50d"))
	for i, n := range nets {
		d := Drawing{Nets: []*Net{n, nets[(i+1)%len(nets)]}}
		if i%2 == 0 {
			d.Block = Variants
		}
		out := string(write(t, d, "mermaid", Style{}))
		declared := map[string]bool{}
		for _, m := range append(mermaidNode.FindAllStringSubmatch(out, -1), mermaidRow.FindAllStringSubmatch(out, -1)...) {
			if declared[m[1]] {
				t.Errorf("%s: %s is declared twice", n.title, m[1])
			}
			declared[m[1]] = true
		}
		edges := mermaidEdge.FindAllStringSubmatch(out, -1)
		for _, m := range edges {
			if !declared[m[1]] || !declared[m[2]] {
				t.Errorf("%s: nothing declares an end of %s", n.title, m[0])
			}
		}
		understood := len(declared) + len(edges)
		for line := range strings.Lines(out) {
			switch word := strings.Fields(line)[0]; word {
			case "flowchart", "accTitle:", "accDescr:", "direction", "end", "classDef", "style":
				understood++
			}
		}
		if lines := strings.Count(out, "\n"); understood != lines {
			t.Errorf("%s: %d of %d lines understood:\n%s", n.title, understood, lines, out)
		}
	}
	if n := Edges(Drawing{Nets: []*Net{builtin(t, "1202")}, Expand: true}); n <= MaxMermaidEdges {
		t.Errorf("an expanded resnet1202 has %d edges", n)
	}
}
