package draw

import (
	"fmt"
	"slices"

	"resnet/internal/number"
)

// axes are those of a panel that begin at 0 in its lower left corner: marks of both.
type axes struct {
	area       rect
	across, up []float64
	name, unit string // below the axis across; behind each number of the other
}

func (a axes) x(v float64) float64 { return a.area.x + a.area.w*v/a.across[len(a.across)-1] }
func (a axes) y(v float64) float64 { return a.area.bottom() - a.area.h*v/a.up[len(a.up)-1] }

// axesFoot is how far the words below axes reach.
func axesFoot() float64 { return 2*faceNote.leading() + 8 }

// draw draws the axes, with lines across at each mark.
func (a axes) draw(f *Figure) {
	numbers, _ := tickWords(a.up)
	for i, v := range a.up {
		grid := line{points: []point{{a.area.x, a.y(v)}, {a.area.right(), a.y(v)}}, width: 1, ink: ink{role: fill}}
		if v == 0 {
			grid.ink = ink{role: faint}
		}
		f.add(&grid)
		f.text(a.area.x-6, a.y(v)+faceNote.size*0.35, alignRight, faceNote, ink{role: soft}, numbers[i]+a.unit)
	}
	for _, v := range a.across {
		f.text(a.x(v), a.area.bottom()+faceNote.baseline()+8, alignCenter, faceNote, ink{role: soft}, fmt.Sprint(v))
	}
	f.text(a.area.center().x, a.area.bottom()+faceNote.leading()+faceNote.baseline()+8, alignCenter, faceNote, ink{role: soft}, a.name)
}

// wholeMarks are whole numbers from 0, the last of them no less than n.
func wholeMarks(n int) []float64 {
	step := max(1, roundStep(float64(n)/6))
	var marks []float64
	for at := 0.0; ; at += step {
		marks = append(marks, at)
		if at >= float64(n) {
			return marks
		}
	}
}

// joined are the places of neighbours that have values which are numbers, of n values in a row.
func joined(n int, at func(i int) (value float64, place point)) [][]point {
	var ways [][]point
	whole := false
	for i := range n {
		value, place := at(i)
		if !number.Finite(value) {
			whole = false
			continue
		}
		if !whole {
			ways = append(ways, nil)
		}
		whole = true
		ways[len(ways)-1] = append(ways[len(ways)-1], place)
	}
	return ways
}

const (
	thinCurve = 1.1
	boldCurve = 2.6
)

// depthWidth is how bold the curve of a network of some depth is among others: the deeper, the bolder.
func depthWidth(depth int, all []int) float64 {
	distinct := slices.Compact(slices.Sorted(slices.Values(all)))
	if last := len(distinct) - 1; last > 0 {
		return thinCurve + (boldCurve-thinCurve)*float64(slices.Index(distinct, depth))/float64(last)
	}
	return boldCurve
}
