package render

import (
	"math"
	"strconv"
	"time"

	"resnet/internal/number"
)

// count is an exact integer with its thousands marked: 25,557,032.
func count(n int64) Cell {
	return Cell{Text: number.Thousands(n), Exact: strconv.FormatInt(n, 10)}
}

// magnitude is a number of which three digits are enough: 512k, 118M, 1.03G.
func magnitude(n int64) Cell { return Cell{Text: short(n, ""), Exact: strconv.FormatInt(n, 10)} }

func short(n int64, gap string) string { return number.Short(n, gap) }
func memory(n int64) string            { return number.Memory(n) }

// percent is n's share of a total: 16.3 %.
func percent(n, total int64) Cell {
	if total == 0 || n == 0 {
		return Cell{Exact: "0"}
	}
	return share(float64(n) / float64(total))
}

// share is a part of 1 as a percentage.
func share(part float64) Cell {
	if math.IsNaN(part) {
		return text("NaN")
	}
	return Cell{Text: strconv.FormatFloat(100*part, 'f', 1, 64) + " %", Exact: strconv.FormatFloat(100*part, 'g', 6, 64)}
}

// measured is a value with four decimals, or four digits where it is very large or small; NaN and infinities go by name.
func measured(value float64) Cell {
	exact := strconv.FormatFloat(value, 'g', -1, 64)
	abs := math.Abs(value)
	switch {
	case value == 0 || !number.Finite(value):
		return text(exact)
	case abs < 1e-3 || abs >= 1e5:
		return Cell{Text: strconv.FormatFloat(value, 'e', 3, 64), Exact: exact}
	}
	return Cell{Text: strconv.FormatFloat(value, 'f', 4, 64), Exact: exact}
}

// duration is a time in milliseconds.
func duration(d time.Duration) Cell {
	ms := float64(d.Nanoseconds()) / 1e6
	return Cell{Text: strconv.FormatFloat(ms, 'f', 2, 64), Exact: strconv.FormatFloat(ms, 'f', -1, 64)}
}
