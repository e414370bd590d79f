package bind

import (
	"fmt"
	"math"
	"slices"
)

// pixels is what a graph itself does to a picture before the first layer: x·times + plus, of each channel.
type pixels struct {
	said        bool
	times, plus [3]float64
}

// scale adds a step, times·x + plus, for a channel.
func (p *pixels) scale(channel int, times, plus float64) {
	if !p.said {
		p.said, p.times = true, [3]float64{1, 1, 1}
	}
	p.times[channel], p.plus[channel] = p.times[channel]*times, p.plus[channel]*times+plus
}

// preprocess is the normalization as one of values in 0 … 1, (x - mean) / std. Numbers as large as bytes tell of a picture in
// 0 … 255.
func (p pixels) preprocess() (*Preprocess, error) {
	out := &Preprocess{Scale: 1}
	for i := range p.times {
		out.Mean[i], out.Std[i] = -p.plus[i]/p.times[i], 1/p.times[i]
	}
	const large = 2
	if slices.Max(out.Mean[:]) > large || slices.Max(out.Std[:]) > large {
		out.Scale = 255
	}
	for i := range p.times {
		out.Mean[i], out.Std[i] = out.Mean[i]/float64(out.Scale), out.Std[i]/float64(out.Scale)
		if !(math.Abs(out.Mean[i]) < 1e6 && out.Std[i] >= 1e-6 && out.Std[i] < 1e6) {
			return nil, fmt.Errorf("the model scales its picture by %v and adds %v", p.times, p.plus)
		}
	}
	return out, nil
}
