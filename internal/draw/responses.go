package draw

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Responses is how strongly the layers of several networks respond, laid over each other as in figure 7 of He et al. (2015): in
// the order of the layers, and from the strongest to the weakest.
type Responses struct {
	Title   []string // in parts
	Caution string   // what is to be known before reading it; "" for nothing
	Nets    []LayerResponses
}

// LayerResponses are those of one network.
type LayerResponses struct {
	Name  string
	Depth int       // weighted layers
	Plain bool      // no shortcuts
	Std   []float64 // of each layer's output behind its batch norm, before ReLU and addition
}

// responsesWide and responsesHigh are the sizes of a panel.
const responsesWide, responsesHigh = 640.0, 190.0

// Figure lays it out.
func (r Responses) Figure() *Figure {
	f := &Figure{Title: strings.Join(r.Title, " · ")}
	var all []float64
	var depths []int
	most := 1
	for _, n := range r.Nets {
		all, depths, most = append(all, n.Std...), append(depths, n.Depth), max(most, len(n.Std))
	}
	marks := ticks(all)
	numbers, power := tickWords(marks)
	left := margin + faceNote.widest(numbers...) + 8
	right := left + responsesWide
	y := f.heading(r.Title[0], r.Title[1:], margin, margin, right-margin)
	y = f.warning(r.Caution, y, right-margin)
	for i, n := range r.Nets {
		y = f.responsesKey(n, depthWidth(n.Depth, depths), i, y, right)
	}
	sorted := func(std []float64) []float64 {
		return slices.SortedFunc(slices.Values(finite(std)), func(a, b float64) int { return cmp.Compare(b, a) })
	}
	for _, panel := range []struct {
		title  string
		across string
		order  func([]float64) []float64
	}{
		{"In the order of the layers", "layer", func(std []float64) []float64 { return std }},
		{"From the strongest to the weakest", "rank of the layer's response", sorted},
	} {
		title := panel.title + ": standard deviation"
		if unit := powerWords(power); unit != "" {
			title += ", " + unit
		}
		y += padding
		f.text(margin, y+faceStrong.baseline(), alignLeft, faceStrong, ink{role: words}, title)
		y += faceStrong.leading() + 9
		a := axes{rect{left, y, responsesWide, responsesHigh}, wholeMarks(most), marks, panel.across, ""}
		a.draw(f)
		for i, n := range r.Nets {
			f.responsesCurve(a, panel.order(n.Std), n, depthWidth(n.Depth, depths), i)
		}
		y = a.area.bottom() + axesFoot()
	}
	f.Width, f.Height = right+margin, y+margin
	f.Desc = r.said()
	return f
}

// dashOf parts the lines of plain networks.
func (n LayerResponses) dashOf() []float64 {
	if n.Plain {
		return []float64{4, 3}
	}
	return nil
}

// responsesKey says what a network's line is, and returns where that ends.
func (f *Figure) responsesKey(n LayerResponses, width float64, index int, y, right float64) float64 {
	middle := y + faceNote.leading()/2
	f.add(&line{points: []point{{margin, middle}, {margin + sampleWidth, middle}}, width: width, dash: n.dashOf(), ink: stageInk(edge, index)})
	x := margin + sampleWidth + 8
	for _, text := range faceNote.wrap(n.words(), right-x) {
		f.text(x, y+faceNote.baseline(), alignLeft, faceNote, ink{role: words}, text)
		y += faceNote.leading()
	}
	return y + 2
}

// responsesCurve draws the values of one network, each at its number from 1 on; what is no number parts the line.
func (f *Figure) responsesCurve(a axes, values []float64, n LayerResponses, width float64, index int) {
	colour := stageInk(edge, index)
	for _, way := range joined(len(values), func(i int) (float64, point) { return values[i], point{a.x(float64(i + 1)), a.y(values[i])} }) {
		if len(way) > 1 {
			f.add(&line{points: way, width: width, dash: n.dashOf(), ink: colour, hint: n.Name})
		}
		for _, at := range way {
			f.add(&mark{at: at, radius: 1 + width/2, fill: colour})
		}
	}
}

// words are the network and the mean of its responses.
func (n LayerResponses) words() string {
	known := finite(n.Std)
	if len(known) == 0 {
		return n.Name + " · no response that is a number"
	}
	sum := 0.0
	for _, v := range known {
		sum += v
	}
	return fmt.Sprintf("%s · %s, mean %.3g", n.Name, numberOf(len(n.Std), "layer"), sum/float64(len(known)))
}

// said is the picture in words.
func (r Responses) said() string {
	parts := make([]string, len(r.Nets))
	for i, n := range r.Nets {
		parts[i] = n.words()
	}
	desc := "Standard deviations of the layers' responses: " + strings.Join(parts, "; ") + "."
	if r.Caution != "" {
		desc = r.Caution + ". " + desc
	}
	return desc
}
