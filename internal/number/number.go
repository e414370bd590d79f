// Package number writes numbers for people, reads theirs, and tells which are finite.
package number

import (
	"math"
	"strconv"
)

// Thousands writes n exactly, with a comma before every third digit: 25,557,032.
func Thousands(n int64) string {
	digits, sign := strconv.FormatInt(n, 10), ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Finite tells whether v is neither a NaN nor an infinity.
func Finite[T ~float32 | ~float64](v T) bool { return v-v == 0 }

// Short is n with three significant digits and a unit's prefix, with gap between the two.
func Short(n int64, gap string) string {
	if n < 1000 && n > -1000 {
		return strconv.FormatInt(n, 10) + gap
	}
	value, prefix := float64(n), 0
	for prefix < len(prefixes)-1 && math.Abs(roundTo3(value)) >= 1000 {
		value /= 1000
		prefix++
	}
	return threeDigits(value) + gap + prefixes[prefix]
}

var prefixes = []string{"", "k", "M", "G", "T", "P", "E"}

// threeDigits writes a number below 1000 with three significant digits: 118, 12.8, 1.03.
func threeDigits(value float64) string {
	value = roundTo3(value)
	switch abs := math.Abs(value); {
	case abs >= 100:
		return strconv.FormatFloat(value, 'f', 0, 64)
	case abs >= 10:
		return strconv.FormatFloat(value, 'f', 1, 64)
	}
	return strconv.FormatFloat(value, 'f', 2, 64)
}

func roundTo3(value float64) float64 {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(value, 'e', 2, 64), 64)
	return rounded
}

// Memory is a size of memory: 97.5 MiB.
func Memory(n int64) string {
	value, units := float64(n), []string{"B", "KiB", "MiB", "GiB", "TiB"}
	unit := 0
	for unit < len(units)-1 && roundTo3(value) >= 1000 {
		value /= 1024
		unit++
	}
	if unit == 0 {
		return strconv.FormatInt(n, 10) + " B"
	}
	return threeDigits(value) + " " + units[unit]
}

// Dot is the product of two vectors, summed in float64; b is no shorter than a.
func Dot(a, b []float32) float64 {
	sum := 0.0
	for i, x := range a {
		sum += float64(x) * float64(b[i])
	}
	return sum
}
