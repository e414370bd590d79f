package imaging

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Interpolation is the filter of a resize, by Pillow's name. All but nearest widen with the scale when a picture shrinks.
type Interpolation string

// The filters.
const (
	Nearest  Interpolation = "nearest"
	Box      Interpolation = "box"
	Bilinear Interpolation = "bilinear"
	Bicubic  Interpolation = "bicubic"
	Lanczos  Interpolation = "lanczos"
)

// Interpolations lists the filters, for help and completion.
func Interpolations() []Interpolation {
	return []Interpolation{Bilinear, Bicubic, Lanczos, Box, Nearest}
}

// ParseInterpolation reads a filter's name, whatever its case.
func ParseInterpolation(name string) (Interpolation, error) {
	f := Interpolation(strings.ToLower(name))
	if !slices.Contains(Interpolations(), f) {
		return "", fmt.Errorf("interpolation %q is none of %s", name, strings.Trim(fmt.Sprint(Interpolations()), "[]"))
	}
	return f, nil
}

// kernel is a filter's weight at a distance, and the distance beyond which it is 0. Products that are added up are
// rounded on their own (the conversions say so), so that no machine fuses them and all give Pillow's coefficients.
func (f Interpolation) kernel() (weight func(x float64) float64, support float64) {
	switch f {
	case Box:
		return boxKernel, 0.5
	case Bicubic:
		return bicubicKernel, 2
	case Lanczos:
		return lanczosKernel, 3
	}
	return triangleKernel, 1
}

func boxKernel(x float64) float64 {
	if x > -0.5 && x <= 0.5 {
		return 1
	}
	return 0
}

func triangleKernel(x float64) float64 {
	if x = math.Abs(x); x < 1 {
		return 1 - x
	}
	return 0
}

// bicubicKernel is Keys' cubic with a = -0.5.
func bicubicKernel(x float64) float64 {
	const a = -0.5
	x = math.Abs(x)
	switch {
	case x < 1:
		return float64(float64(float64((a+2)*x)-(a+3))*x*x) + 1
	case x < 2:
		return float64(float64(float64((float64((x-5)*x)+8)*x)-4) * a)
	}
	return 0
}

// lanczosKernel is the sinc, windowed to three lobes.
func lanczosKernel(x float64) float64 {
	if -3 <= x && x < 3 {
		return sinc(x) * sinc(x/3)
	}
	return 0
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	x *= math.Pi
	return math.Sin(x) / x
}
