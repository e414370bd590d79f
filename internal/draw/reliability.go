package draw

import (
	"fmt"
	"strings"

	"resnet/internal/number"
)

// Reliability is how often answers of each range of probability were right, beside how often they claim to be.
type Reliability struct {
	Bins  []ReliabilityBin // from the least probability to the most, of equal width
	Error float64          // expected calibration error
}

// ReliabilityBin is the photos of one range.
type ReliabilityBin struct {
	Photos, Right int
	Confidence    float64 // mean probability
	Low, High     float64 // 95 % interval of the share that was right
}

// Sizes of the figure.
const (
	reliabilitySide = 330.0
	histogramHeight = 56.0
)

// Figure lays it out: a square of shares, and below it how many photos each range has.
func (r Reliability) Figure() *Figure {
	f := &Figure{Title: "Reliability of the probabilities"}
	marks := []float64{0, 0.2, 0.4, 0.6, 0.8, 1}
	left := margin + faceNote.widest("100 %") + 10
	y := margin + faceNote.baseline()
	f.text(margin, y, alignLeft, faceNote, ink{role: soft}, "share of the answers that was right, by their probability")
	area := rect{left, y + 2*padding, reliabilitySide, reliabilitySide}
	x := func(v float64) float64 { return area.x + area.w*v }
	height := func(v float64) float64 { return area.bottom() - area.h*v }
	for _, v := range marks {
		f.add(&line{points: []point{{area.x, height(v)}, {area.right(), height(v)}}, width: 1, ink: ink{role: fill}})
		words := fmt.Sprintf("%.0f %%", 100*v)
		f.text(left-6, height(v)+faceNote.size*0.35, alignRight, faceNote, ink{role: soft}, words)
		f.text(x(v), area.bottom()+faceNote.baseline()+6, alignCenter, faceNote, ink{role: soft}, words)
	}
	most := 1
	for _, b := range r.Bins {
		most = max(most, b.Photos)
	}
	step := 1 / float64(len(r.Bins))
	counts := rect{left, area.bottom() + 2*faceNote.leading() + 3*padding, area.w, histogramHeight}
	f.text(left, counts.y-padding, alignLeft, faceNote, ink{role: soft}, "photos with that probability, at most "+number.Thousands(int64(most)))
	for i, b := range r.Bins {
		if b.Photos == 0 {
			continue
		}
		middle := x((float64(i) + 0.5) * step)
		share, tall := float64(b.Right)/float64(b.Photos), max(counts.h*float64(b.Photos)/float64(most), 1)
		bar := func(top, bottom float64, ink ink) { // a stroke, so that it lies behind what follows
			f.add(&line{points: []point{{middle, bottom}, {middle, min(top, bottom-1)}}, width: area.w*step - 2, ink: ink, hint: r.bin(i)})
		}
		bar(height(share), area.bottom(), shadeInk(1, 3))
		bar(counts.bottom()-tall, counts.bottom(), stageInk(edge, -1))
		f.add(&line{points: []point{{middle, height(b.Low)}, {middle, height(b.High)}}, width: 1.2, ink: ink{role: words}})
		f.add(&mark{at: point{x(b.Confidence), height(share)}, radius: 2.6, fill: ink{role: words}})
	}
	f.add(&line{points: []point{{x(0), height(0)}, {x(1), height(1)}}, width: 1.2, dash: []float64{4, 3}, ink: ink{role: words}})
	f.add(&line{points: []point{{counts.x, counts.bottom()}, {counts.right(), counts.bottom()}}, width: 1, ink: ink{role: faint}})
	y = counts.bottom() + padding
	note := fmt.Sprintf("Dashed: as often right as the probability says. Upright lines: 95 %% confidence. Expected calibration error %.3f.", r.Error)
	for _, text := range faceNote.wrap(note, area.right()-margin) {
		f.text(margin, y+faceNote.baseline(), alignLeft, faceNote, ink{role: soft}, text)
		y += faceNote.leading()
	}
	f.Width, f.Height = area.right()+margin, y+margin
	var said []string
	for i, b := range r.Bins {
		if b.Photos > 0 {
			said = append(said, r.bin(i))
		}
	}
	f.Desc = strings.Join(said, "; ") + "."
	return f
}

// bin says what one range holds.
func (r Reliability) bin(i int) string {
	b, n := r.Bins[i], float64(len(r.Bins))
	return fmt.Sprintf("probability %.2f to %.2f: %d of %s right, mean probability %.2f", float64(i)/n, float64(i+1)/n, b.Right, numberOf(b.Photos, "photo"), b.Confidence)
}
