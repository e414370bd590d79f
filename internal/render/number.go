package render

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// count is an exact integer with its thousands marked: 25,557,032.
func count(n int64) Cell {
	exact := strconv.FormatInt(n, 10)
	return Cell{Text: thousands(exact), Exact: exact}
}

// thousands puts a comma before every third digit.
func thousands(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// magnitude is a number of which three digits are enough: 512k, 118M, 1.03G.
func magnitude(n int64) Cell { return Cell{Text: short(n, ""), Exact: strconv.FormatInt(n, 10)} }

// short is n with three significant digits and a unit's prefix, with gap between the two.
func short(n int64, gap string) string {
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
	return Cell{Text: strconv.FormatFloat(100*part, 'f', 1, 64) + " %", Exact: strconv.FormatFloat(100*part, 'f', -1, 64)}
}

// memory is a size of memory: 97.5 MiB.
func memory(n int64) string {
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

// measured is a value with four significant digits, exact for programs; NaN and infinities go by name.
func measured(value float64) Cell {
	s := strconv.FormatFloat(value, 'g', 4, 64)
	return Cell{Text: s, Exact: strconv.FormatFloat(value, 'g', -1, 64)}
}

// duration is a time in milliseconds.
func duration(d time.Duration) Cell {
	ms := float64(d.Nanoseconds()) / 1e6
	return Cell{Text: strconv.FormatFloat(ms, 'f', 2, 64), Exact: strconv.FormatFloat(ms, 'f', -1, 64)}
}
