package ops

import "math"

// In training a batch norm has the statistics of the batch. They are summed over one plane after the other, in an order
// that is always the same; what a plane comes to is combined in float64.

// NormStats are the rows of the statistics of a batch norm, each of NormRow values for its channels.
const (
	NormMean    = iota
	NormInverse // 1/√(variance + eps)
	NormScale   // weight·inverse
	NormShift   // bias − mean·scale
	NormRest    // what the mean is more than its row has, which counts over a whole batch
	NormStats   // the number of rows
)

// The rows of what the gradient of a batch norm's input needs: the gradient of its output·scale + (x − mean)·slope + offset.
const (
	NormSlope = iota
	NormOffset
	NormGradients // the number of rows
)

// NormRow is the length of a row with a value for each channel, in either layout.
func NormRow(channels int) int { return blocksOf(channels) * lanes }

// normChunk is the number of pixels that are summed in float32: 256 values.
const normChunk = 256

// NormPass is one pass of a batch norm over feature maps, and the sums that it leaves.
type NormPass struct {
	Layout          Layout
	Batch, Channels int
	Area            int       // pixels
	Src             []float32 // (n, channels, area), what the batch norm reads
	Grad            []float32 // likewise, of the output; Moments does not see it
	Stats           []float32 // (NormStats, NormRow); Moments does not see it
	ReLU            bool      // the output went through a ReLU, and Grad is what came before it
	Vectors         bool      // of AVX2
	Part, Parts     int
}

// SumsLen is the length of what Moments and Sums leave: (planes, 2, channels of a plane).
func (n *NormPass) SumsLen() int {
	planes, perPixel := n.Layout.planes(n.Batch, n.Channels)
	return planes * 2 * perPixel
}

// check makes sure that the vector loops find all that they read and write.
func (n *NormPass) check(sums []float32) (planes, perPixel int) {
	planes, perPixel = n.Layout.planes(n.Batch, n.Channels)
	mustHold(n.Src, planes*perPixel*n.Area, "ops: the source of a batch norm is too short")
	if n.Grad != nil {
		mustHold(n.Grad, planes*perPixel*n.Area, "ops: the gradient of a batch norm is too short")
		mustHold(n.Stats, NormStats*NormRow(n.Channels), "ops: the statistics of a batch norm are too short")
	}
	mustHold(sums, planes*2*perPixel, "ops: the sums of a batch norm are too short")
	mustBePart(n.Part, n.Parts)
	return planes, perPixel
}

// row is what a row of statistics has for the channels of a plane.
func (n *NormPass) row(row, channel, perPixel int) []float32 {
	return n.Stats[row*NormRow(n.Channels)+channel:][:perPixel]
}

// Moments writes the sums of each plane, and of its squares, less a shift that keeps them small: the first pixel.
func (n *NormPass) Moments(sums []float32) {
	planes, perPixel := n.check(sums)
	n.each(sums, planes, perPixel, func(chunk []float32, plane, from, to int) {
		perImage := planes / n.Batch
		shift := n.Src[plane%perImage*n.Area*perPixel:][:perPixel] // the first pixel of the first image
		src := n.Src[plane*n.Area*perPixel:][from*perPixel : to*perPixel]
		if n.Vectors && momentsBlock(chunk, src, shift) {
			return
		}
		for at := 0; at < len(src); at += perPixel {
			for i, k := range shift {
				d := src[at+i] - k
				chunk[i] += d
				chunk[perPixel+i] += float32(d * d)
			}
		}
	})
}

// Sums writes the sums of each plane of the gradient, and of its products with what the batch norm reads less the mean.
func (n *NormPass) Sums(sums []float32) {
	planes, perPixel := n.check(sums)
	n.each(sums, planes, perPixel, func(chunk []float32, plane, from, to int) {
		channel := plane % (planes / n.Batch) * perPixel
		g := n.gradient(plane, from, to, channel, perPixel)
		if n.Vectors && g.sumBlock(chunk) {
			return
		}
		for at := 0; at < len(g.x); at += perPixel {
			for i, mean := range g.mean {
				v := g.at(at, i)
				chunk[i] += v
				chunk[perPixel+i] += float32(v * (g.x[at+i] - mean))
			}
		}
	})
}

// each sums each plane in chunks.
func (n *NormPass) each(sums []float32, planes, perPixel int, sum func(chunk []float32, plane, from, to int)) {
	first, last := share(planes, n.Part, n.Parts)
	for plane := first; plane < last; plane++ {
		var chunk [2 * lanes]float32
		var total [2 * lanes]float64
		for from := 0; from < n.Area; from += normChunk {
			clear(chunk[:])
			sum(chunk[:2*perPixel], plane, from, min(n.Area, from+normChunk))
			for i, v := range chunk[:2*perPixel] {
				total[i] += float64(v)
			}
		}
		for i, v := range total[:2*perPixel] {
			sums[plane*2*perPixel+i] = float32(v)
		}
	}
}

// normPixels is some pixels of a plane, on the way back.
type normPixels struct {
	x, grad            []float32 // (pixels, channels)
	mean, scale, shift []float32 // (channels)
	relu               bool
}

func (n *NormPass) gradient(plane, from, to, channel, perPixel int) normPixels {
	first, last := (plane*n.Area+from)*perPixel, (plane*n.Area+to)*perPixel
	return normPixels{n.Src[first:last], n.Grad[first:last], n.row(NormMean, channel, perPixel), n.row(NormScale, channel, perPixel), n.row(NormShift, channel, perPixel), n.ReLU}
}

// at is the gradient of the batch norm's output, of a channel of the pixel that begins at a place. A NaN passed the ReLU.
func (p *normPixels) at(place, channel int) float32 {
	if p.relu && float32(p.x[place+channel]*p.scale[channel])+p.shift[channel] <= 0 {
		return 0
	}
	return p.grad[place+channel]
}

// Input writes the gradient of what the batch norm reads to dst, which may be Grad. gradients are its rows.
func (n *NormPass) Input(dst, gradients []float32) {
	planes, perPixel := n.Layout.planes(n.Batch, n.Channels)
	mustHold(dst, planes*perPixel*n.Area, "ops: the destination of a batch norm is too short")
	mustHold(gradients, NormGradients*NormRow(n.Channels), "ops: the gradients of a batch norm are too short")
	mustHold(n.Src, planes*perPixel*n.Area, "ops: the source of a batch norm is too short")
	mustHold(n.Grad, planes*perPixel*n.Area, "ops: the gradient of a batch norm is too short")
	mustHold(n.Stats, NormStats*NormRow(n.Channels), "ops: the statistics of a batch norm are too short")
	mustBePart(n.Part, n.Parts)
	first, last := share(planes, n.Part, n.Parts)
	for plane := first; plane < last; plane++ {
		channel := plane % (planes / n.Batch) * perPixel
		g := n.gradient(plane, 0, n.Area, channel, perPixel)
		to := dst[plane*n.Area*perPixel:][:n.Area*perPixel]
		slope := gradients[NormSlope*NormRow(n.Channels)+channel:][:perPixel]
		offset := gradients[NormOffset*NormRow(n.Channels)+channel:][:perPixel]
		if n.Vectors && g.inputBlock(to, slope, offset) {
			continue
		}
		for at := 0; at < len(to); at += perPixel {
			for i, mean := range g.mean {
				to[at+i] = float32(g.at(at, i)*g.scale[i]) + (float32((g.x[at+i]-mean)*slope[i]) + offset[i])
			}
		}
	}
}

// total adds up the sums of a channel over the batch.
func (n *NormPass) total(sums []float32, channel int) (first, second float64) {
	planes, perPixel := n.Layout.planes(n.Batch, n.Channels)
	perImage := planes / n.Batch
	for plane := channel / perPixel; plane < planes; plane += perImage {
		first += float64(sums[plane*2*perPixel+channel%perPixel])
		second += float64(sums[plane*2*perPixel+perPixel+channel%perPixel])
	}
	return first, second
}

// NormParams are the parameters of a batch norm, (channels).
type NormParams struct {
	Weight, Bias            []float32
	RunningMean, RunningVar []float32
	GradWeight, GradBias    []float32
	Eps, Momentum           float64
}

// Statistics turns the sums of Moments into the rows of Stats, and moves the running statistics, as PyTorch does: with the
// variance of a sample.
func (n *NormPass) Statistics(sums []float32, p NormParams) {
	count := float64(n.Batch * n.Area)
	_, perPixel := n.Layout.planes(n.Batch, n.Channels)
	clear(n.Stats)
	for c := range n.Channels {
		first, second := n.total(sums, c)
		shifted := first / count
		mean := shifted + float64(n.Src[c/perPixel*n.Area*perPixel+c%perPixel])
		variance := max(0, second/count-shifted*shifted) // NaN stays
		n.describe(c, mean, variance, p)
		unbiased := variance * count / max(1, count-1)
		p.RunningMean[c] = move(p.RunningMean[c], mean, p.Momentum)
		p.RunningVar[c] = move(p.RunningVar[c], unbiased, p.Momentum)
	}
}

// describe fills in the rows of a channel.
func (n *NormPass) describe(c int, mean, variance float64, p NormParams) {
	row := NormRow(n.Channels)
	inverse := 1 / math.Sqrt(variance+p.Eps)
	scale := float64(p.Weight[c]) * inverse
	n.Stats[NormMean*row+c], n.Stats[NormInverse*row+c], n.Stats[NormScale*row+c] = float32(mean), float32(inverse), float32(scale)
	n.Stats[NormShift*row+c] = float32(float64(p.Bias[c]) - float64(mean*float64(float32(scale))))
	n.Stats[NormRest*row+c] = float32(mean - float64(float32(mean)))
}

// Frozen fills Stats from the running statistics, which stay.
func (n *NormPass) Frozen(p NormParams) {
	clear(n.Stats)
	for c := range n.Channels {
		n.describe(c, float64(p.RunningMean[c]), float64(p.RunningVar[c]), p)
	}
}

func move(running float32, to, momentum float64) float32 {
	return float32(float64(float64(running)*(1-momentum)) + float64(to*momentum))
}

// Gradients turns what Sums left into the rows that Input needs, and adds the gradients of weight and bias to what is there.
func (n *NormPass) Gradients(gradients, sums []float32, p NormParams) {
	row, count := NormRow(n.Channels), float64(n.Batch*n.Area)
	clear(gradients[:NormGradients*row])
	for c := range n.Channels {
		bias, products := n.total(sums, c)
		inverse, scale := float64(n.Stats[NormInverse*row+c]), float64(n.Stats[NormScale*row+c])
		rest := float64(n.Stats[NormRest*row+c])
		weight := (products - float64(rest*bias)) * inverse
		slope := -scale * inverse * weight / count
		gradients[NormSlope*row+c] = float32(slope)
		gradients[NormOffset*row+c] = float32(float64(-scale*bias/count) - float64(slope*rest))
		p.GradWeight[c] += float32(weight)
		p.GradBias[c] += float32(bias)
	}
}
