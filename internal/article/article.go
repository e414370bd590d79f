// Package article has the article's words for what a layer does to its input, in better English; AsPrinted gives them as
// the article prints them. Planes are channels, dimensions are height and width.
package article

import (
	"fmt"
	"strings"

	"resnet/internal/tensor"
)

// AsPrinted gives words as the article prints them.
func AsPrinted(words string) string { return printed.Replace(words) }

var printed = strings.NewReplacer(
	"lanes remain the same", "lanes remains same", "remain the same", "remain same", "remains the same", "remains same", "→", "->",
)

// Title is a network's name as the article writes it: ResNet34.
func Title(name string) string {
	for _, family := range []struct{ prefix, title string }{
		{"resnet", "ResNet"}, {"resnext", "ResNeXt"}, {"wide_resnet", "Wide_ResNet"}, {"plain", "PlainNet"},
	} {
		if rest, ok := strings.CutPrefix(name, family.prefix); ok {
			return family.title + rest
		}
	}
	return name
}

// StemResult is that of the first convolution: Planes → 64, dimensions get halved.
func StemResult(in, out tensor.Shape) string {
	return fmt.Sprintf("Planes → %d, %s", out[1], dimensions(in, out, passive))
}

// PoolResult is that of a pool, which leaves planes alone: dimensions get halved.
func PoolResult(in, out tensor.Shape) string { return dimensions(in, out, passive) }

// StemAndPool is that of a stem's convolutions and the pool behind them, in one sentence: Planes → 64, dimensions get halved,
// then halved again by the pool.
func StemAndPool(in, convolved, pooled tensor.Shape) string {
	stem, pool := dimensions(in, convolved, passive), dimensions(convolved, pooled, passive)
	words := fmt.Sprintf("Planes → %d, %s", convolved[1], stem)
	if halved := "dimensions " + passive.halved; stem == halved && pool == halved {
		return words + ", then halved again by the pool"
	}
	return words + ", then by the pool " + pool
}

// StageResult is that of a stage or block, in the middle of a sentence: planes double, dimensions halve.
func StageResult(in, out tensor.Shape) string {
	return planes(in[1], out[1]) + ", " + dimensions(in, out, active)
}

var multiples = map[int]string{2: "double", 3: "triple", 4: "quadruple", 5: "quintuple", 6: "sextuple", 8: "octuple"}

func planes(in, out int) string {
	switch {
	case out == in:
		return "planes remain the same"
	case out%in == 0 && multiples[out/in] != "":
		return "planes " + multiples[out/in]
	case out%in == 0:
		return fmt.Sprintf("planes grow %d-fold", out/in)
	case out*2 == in:
		return "planes halve"
	case out*4 == in:
		return "planes quarter"
	}
	return fmt.Sprintf("planes %d → %d", in, out)
}

// verb is how a change of dimensions is said.
type verb struct{ same, halved, quartered, divided, multiplied string }

var (
	active  = verb{"remain the same", "halve", "quarter", "shrink to 1/%d", "grow %d-fold"}
	passive = verb{"remain the same", "get halved", "get quartered", "shrink to 1/%d", "grow %d-fold"}
	single  = verb{"remains the same", "halves", "quarters", "shrinks to 1/%d", "grows %d-fold"}
)

func dimensions(in, out tensor.Shape, v verb) string {
	height, width := factor(in[2], out[2]), factor(in[3], out[3])
	switch {
	case height == width && height != 0:
		return "dimensions " + v.of(height)
	case height != 0 && width != 0:
		return "height " + single.of(height) + ", width " + single.of(width)
	}
	return fmt.Sprintf("dimensions %s → %s", in[2:].Join("×"), out[2:].Join("×"))
}

// factor is 1 for a dimension that remains the same, k for one that is divided by k and rounded up, -k for one that
// grows k-fold, and 0 for any other.
func factor(in, out int) int {
	if out == in {
		return 1
	}
	for k := 2; k <= 64; k++ {
		if out == (in+k-1)/k {
			return k
		}
	}
	if out%in == 0 {
		return -out / in
	}
	return 0
}

func (v verb) of(factor int) string {
	switch {
	case factor == 1:
		return v.same
	case factor == 2:
		return v.halved
	case factor == 4:
		return v.quartered
	case factor > 0:
		return fmt.Sprintf(v.divided, factor)
	}
	return fmt.Sprintf(v.multiplied, -factor)
}
