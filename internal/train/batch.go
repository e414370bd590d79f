package train

import (
	"math"
	"math/rand/v2"

	"resnet/internal/imaging"
)

// batches fills the tensors of a network from photos.
type batches struct {
	*Data
	height, width int // of the input
	pad           int
	table         [3][256]float32 // what a byte of a channel becomes
}

func newBatches(d *Data, p imaging.Preprocess, height, width, pad int) *batches {
	b := &batches{Data: d, height: height, width: width, pad: pad}
	var gray imaging.Image // whose pixels have every value
	gray.Width, gray.Height, gray.Pix = 256, 1, make([]byte, 3*256)
	for v := range 256 {
		gray.Pix[3*v], gray.Pix[3*v+1], gray.Pix[3*v+2] = byte(v), byte(v), byte(v)
	}
	values := make([]float32, 3*256)
	p.Normalize(values, &gray)
	for c := range b.table {
		copy(b.table[c][:], values[c*256:])
	}
	return b
}

// order is that in which an epoch sees the photos: the same for the same seed.
func (b *batches) order(seed uint64, epoch int) []int32 {
	order := append([]int32(nil), b.Train...)
	rand.New(rand.NewPCG(seed, uint64(epoch))).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	return order
}

// fill writes photos to learn from into x, (n, 3, height, width): from a random place of the photo with pad black pixels around it,
// as the network sees black, and every other one in its mirror. What is drawn for a photo depends on seed, epoch and the photo alone.
func (b *batches) fill(x []float32, labels []int32, photos []int32, seed uint64, epoch int) {
	for n, i := range photos {
		random := rand.New(rand.NewPCG(seed^0x9e3779b97f4a7c15, uint64(epoch)<<32|uint64(i)))
		top := random.IntN(b.Side+2*b.pad-b.height+1) - b.pad
		left := random.IntN(b.Side+2*b.pad-b.width+1) - b.pad
		b.photoInto(x[n*3*b.height*b.width:][:3*b.height*b.width], i, top, left, random.IntN(2) == 1)
		labels[n] = b.Labels[i]
	}
}

// centre writes photos as they are looked at: their centres.
func (b *batches) centre(x []float32, photos []int32) {
	for n, i := range photos {
		b.photoInto(x[n*3*b.height*b.width:][:3*b.height*b.width], i, (b.Side-b.height)/2, (b.Side-b.width)/2, false)
	}
}

// photoInto writes the part of a photo that begins at top and left, which may lie outside of it.
func (b *batches) photoInto(dst []float32, i int32, top, left int, mirrored bool) {
	photo, area := b.photo(i), b.height*b.width
	for c := range 3 {
		table := &b.table[c]
		for y := range b.height {
			row := dst[c*area+y*b.width:][:b.width]
			from := (top + y) * b.Side * 3
			inside := top+y >= 0 && top+y < b.Side
			for x := range row {
				at := left + x
				if mirrored {
					at = left + b.width - 1 - x
				}
				v := byte(0)
				if inside && at >= 0 && at < b.Side {
					v = photo[from+3*at+c]
				}
				row[x] = table[v]
			}
		}
	}
}

// crossEntropy is the loss of a photo, and the class of its largest logit.
func crossEntropy(logits []float32, label int) (loss float64, best int) {
	largest, sum := math.Inf(-1), 0.0
	for i, v := range logits {
		if float64(v) > largest {
			largest, best = float64(v), i
		}
	}
	for _, v := range logits {
		sum += math.Exp(float64(v) - largest)
	}
	return math.Log(sum) + largest - float64(logits[label]), best
}
