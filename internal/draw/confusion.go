package draw

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"resnet/internal/number"
)

// Confusion is what photos of some classes were taken for, as a matrix: a row for each class, a column for each answer.
type Confusion struct {
	Classes []string
	Of      int     // all classes, of which these have the most confusions
	Counts  [][]int // (classes, classes)
}

// Sizes of a matrix: a cell that has its count in it, and the least one.
const (
	cellWide  = 34.0
	cellLeast = 12.0
	matrix    = 560.0 // where cells become smaller than they would like to be
	nameWidth = 170.0
)

// MostConfused is how many classes a matrix has room for.
const MostConfused = 40

// Figure lays it out.
func (c Confusion) Figure() *Figure {
	f := &Figure{Title: "Confusion matrix"}
	n := len(c.Classes)
	side := min(cellWide, max(cellLeast, math.Floor(matrix/float64(max(n, 1)))))
	face := faceNote
	face.size = min(face.size, side-1)
	numbers, names := make([]string, n), make([]string, n) // a row's number heads its column
	for i, class := range c.Classes {
		numbers[i], names[i] = strconv.Itoa(i+1), face.fit(class, nameWidth)
	}
	numberWidth := face.widest(numbers...)
	left := margin + face.widest(names...) + 8 + numberWidth + 8
	y := margin + faceNote.baseline()
	f.text(margin, y, alignLeft, faceNote, ink{role: soft}, "row: the class; column: the answer")
	y += faceNote.leading() + padding
	for j, text := range numbers {
		f.text(left+side*(float64(j)+0.5), y, alignCenter, face, ink{role: soft}, text)
	}
	top := y + padding
	for i, row := range c.Counts {
		y := top + side*float64(i)
		base := y + side/2 + face.size*0.35
		f.text(margin, base, alignLeft, face, ink{role: words}, names[i])
		f.text(left-8, base, alignRight, face, ink{role: soft}, numbers[i])
		c.row(f, row, i, left, y, side)
	}
	width := max(side*float64(n), 240)
	y = top + side*float64(n) + padding
	notes := []string{"Green: right. Red: taken for another class. The stronger, the larger the share of the row."}
	if n < c.Of {
		notes = append(notes, fmt.Sprintf("The %d classes with the most confusions, of %s.", n, number.Thousands(int64(c.Of))))
	}
	for _, text := range faceNote.wrap(strings.Join(notes, " "), left-margin+width) {
		f.text(margin, y+faceNote.baseline(), alignLeft, faceNote, ink{role: soft}, text)
		y += faceNote.leading()
	}
	f.Width, f.Height = left+width+margin, y+margin
	f.Desc = "A row for each class, a column for each answer. " + strings.Join(c.said(), "; ") + "."
	return f
}

// The colours of what is right and wrong: emerald and rose.
const (
	hueRight = 1
	hueWrong = 4
)

// row draws the cells of a class.
func (c Confusion) row(f *Figure, row []int, i int, left, y, side float64) {
	sum := 0
	for _, v := range row {
		sum += v
	}
	for j, v := range row {
		at := rect{left + side*float64(j), y, side, side}
		b := &box{rect: rect{at.x + 0.5, at.y + 0.5, side - 1, side - 1}, radius: 2, fill: shadeInk(0, -1), edge: ink{role: panel}}
		if v > 0 {
			hue := hueWrong
			if i == j {
				hue = hueRight
			}
			b.fill = shadeInk(0.15+0.85*float64(v)/float64(sum), hue)
			b.hint = c.cell(i, j)
		}
		f.add(b)
		text := number.Thousands(int64(v))
		if v > 0 && faceNote.widest(text) < side-3 {
			f.text(at.center().x, at.center().y+faceNote.size*0.35, alignCenter, faceNote, ink{role: words}, text)
		}
	}
}

// cell says what one cell counts.
func (c Confusion) cell(i, j int) string {
	if i == j {
		return fmt.Sprintf("%s: %s right", c.Classes[i], number.Thousands(int64(c.Counts[i][j])))
	}
	return fmt.Sprintf("%s taken for %s: %s", c.Classes[i], c.Classes[j], number.Thousands(int64(c.Counts[i][j])))
}

// said is what the matrix shows, for those who cannot see it.
func (c Confusion) said() []string {
	var said []string
	for i, row := range c.Counts {
		for j, v := range row {
			if v > 0 {
				said = append(said, c.cell(i, j))
			}
		}
	}
	return said
}

// fit cuts text to a width.
func (f face) fit(text string, width float64) string {
	letters := []rune(text)
	if f.width(text) <= width {
		return text
	}
	for len(letters) > 1 && f.width(string(letters)+"…") > width {
		letters = letters[:len(letters)-1]
	}
	return strings.TrimRight(string(letters), " ") + "…"
}
