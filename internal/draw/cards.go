package draw

import "strings"

// drawVariants draws each kind of block that networks use.
func drawVariants(nets []*Net) *Figure {
	s := newSheet("The kinds of block of")
	for _, n := range nets {
		var cards []*card
		for _, v := range n.variants() {
			cards = append(cards, newCard(s.fig, v.block, v.title()))
		}
		s.row(n, n.variantsFact(len(cards)), cards)
	}
	return s.done()
}

// drawBlock draws one block of each network.
func drawBlock(nets []*Net, path string) (*Figure, error) {
	s := newSheet("Block " + path + " of")
	for _, n := range nets {
		b, err := n.block(path)
		if err != nil {
			return nil, err
		}
		s.row(n, b.Class, []*card{newCard(s.fig, b, b.Path)})
	}
	return s.done(), nil
}

// sheet is a figure of cards: a heading and a row, or more, for each network.
type sheet struct {
	fig   *Figure
	width float64 // of the widest row
	rows  []sheetRow
}

type sheetRow struct {
	net   *Net
	fact  string
	cards [][]*card // in lines
}

const (
	sheetLimit = 920.0 // of a line of cards
	cardGap    = 16.0
)

func newSheet(title string) *sheet { return &sheet{fig: &Figure{Title: title}} }

// row adds the cards of a network.
func (s *sheet) row(n *Net, fact string, cards []*card) {
	row := sheetRow{net: n, fact: fact}
	x := 0.0
	for _, c := range cards {
		if x == 0 || x+c.width > sheetLimit {
			row.cards = append(row.cards, nil)
			x = 0
		}
		last := len(row.cards) - 1
		row.cards[last] = append(row.cards[last], c)
		x += c.width
		s.width = max(s.width, x)
		x += cardGap
	}
	s.rows = append(s.rows, row)
}

// done draws the rows.
func (s *sheet) done() *Figure {
	f := s.fig
	y := margin
	separator := " "
	for _, row := range s.rows {
		f.Title += separator + row.net.title
		separator = ", "
		y = f.heading(row.net.title, []string{row.fact, "input " + shapeWords(row.net.Input) + row.net.sides()}, margin, y, s.width)
		for _, line := range row.cards {
			y += s.line(line, y) + cardGap
		}
		y += padding
	}
	f.Desc = strings.TrimSpace(f.Desc)
	f.Width, f.Height = s.width+2*margin, y-padding-cardGap+margin
	return f
}

// line draws cards side by side and returns how high they are.
func (s *sheet) line(cards []*card, y float64) float64 {
	x, head, picture := margin, 0.0, 0.0
	for _, c := range cards {
		head, picture = max(head, c.headHeight()), max(picture, c.chainHeight())
	}
	for _, c := range cards {
		c.draw(x, y, head, picture)
		x += c.width + cardGap
		s.fig.Desc += c.describe() + " "
	}
	return head + picture + 3*padding
}
