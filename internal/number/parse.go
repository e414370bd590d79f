package number

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ParseCount reads what Short and Thousands write, and 4.2G or 26m: a number with a prefix of a thousand (k), a million
// (M), a billion (G or B), or a trillion (T), in any case.
func ParseCount(text string) (int64, error) {
	return parse(text, "a number such as 26M or 25,557,032", map[string]float64{"": 1, "k": 1e3, "m": 1e6, "g": 1e9, "b": 1e9, "t": 1e12})
}

// ParseMemory reads what Memory writes: a number of B, KiB, MiB, GiB or TiB, or of the decimal kB, MB, GB or TB.
func ParseMemory(text string) (int64, error) {
	return parse(text, "a size such as 100MiB or 200MB", map[string]float64{
		"": 1, "b": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
	})
}

// Slack is how far above n, which text was read as, a number may be that rounds to text: where text has three digits or
// more and a unit, as Short and Memory write them, half of one in its last digit; else 0.
func Slack(text string, n int64) int64 {
	digits := strings.NewReplacer(",", "", "_", "", " ", "").Replace(text)
	digits = digits[:len(digits)-len(strings.TrimLeft(digits, "0123456789."))]
	whole, decimals, _ := strings.Cut(digits, ".")
	value, err := strconv.ParseFloat(digits, 64)
	if err != nil || value == 0 || len(strings.TrimLeft(whole, "0")+decimals) < 3 {
		return 0
	}
	unit := float64(n) / value
	return int64(unit / 2 * math.Pow10(-len(decimals)))
}

func parse(text, want string, units map[string]float64) (int64, error) {
	plain := strings.ToLower(strings.NewReplacer(",", "", " ", "", "_", "").Replace(text))
	digits := strings.TrimRight(plain, "abcdefghijklmnopqrstuvwxyz")
	factor, known := units[plain[len(digits):]]
	value, err := strconv.ParseFloat(digits, 64)
	if product := value * factor; err == nil && known && product >= 0 && product < math.MaxInt64 {
		return int64(math.Round(product)), nil
	}
	return 0, fmt.Errorf("%q is not %s", text, want)
}
