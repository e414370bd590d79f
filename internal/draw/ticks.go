package draw

import (
	"math"
	"strconv"

	"resnet/internal/number"
)

// maxTicks is the largest number of ticks on an axis.
const maxTicks = 12

// ticks are the marks of an axis that holds 0 and all values: at round steps, the last of them beyond the values, so that
// none touches the edge. What is no finite number does not count, and what is too large or small for steps is taken for the
// largest and for none.
func ticks(values []float64) []float64 {
	const largest, smallest = 1e300, 1e-300
	low, high := 0.0, 0.0
	for _, v := range values {
		if number.Finite(v) {
			low, high = min(low, max(v, -largest)), max(high, min(v, largest))
		}
	}
	if high-low < smallest {
		low, high = 0, 0.9 // up to 1
	}
	step := roundStep((high - low) / 4)
	first, last := math.Floor(low/step), math.Ceil(high/step)
	const headroom = 0.1 // of a step
	if low < 0 && low/step-first < headroom {
		first--
	}
	if high > 0 && last-high/step < headroom {
		last++
	}
	marks := make([]float64, 0, maxTicks)
	for i := range int(min(last-first, maxTicks-1)) + 1 {
		marks = append(marks, (first+float64(i))*step)
	}
	return marks
}

// roundStep is the least of 1, 2 and 5 times a power of ten that is no less than step.
func roundStep(step float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(step)))
	for _, n := range []float64{1, 2, 5} {
		if n*power >= step {
			return n * power
		}
	}
	return 10 * power
}

// tickWords are the marks in as many digits as tell them apart, times 10 to the power, which is 0 where they can be read so.
func tickWords(marks []float64) (words []string, power int) {
	const longest = 1e5
	step := marks[1] - marks[0]
	largest := max(math.Abs(marks[0]), math.Abs(marks[len(marks)-1]))
	digits := -exponent(step)
	if largest >= longest || digits > 4 {
		power = 3 * int(math.Floor(float64(exponent(largest))/3))
		digits += power
	}
	for _, v := range marks {
		words = append(words, strconv.FormatFloat(v/math.Pow10(power), 'f', max(digits, 0), 64))
	}
	return words, power
}

// exponent is that of v in powers of ten.
func exponent(v float64) int { return int(math.Floor(math.Log10(v) + 1e-9)) }

// powerWords say what the ticks of an axis are multiplied by; "" where it is 1.
func powerWords(power int) string {
	switch power {
	case 0:
		return ""
	case 3, 6, 9:
		return map[int]string{3: "in thousands", 6: "in millions", 9: "in billions"}[power]
	}
	return "in units of 1e" + strconv.Itoa(power)
}
