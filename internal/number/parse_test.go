package number

import "testing"

func TestParse(t *testing.T) {
	for _, test := range []struct {
		read func(string) (int64, error)
		text string
		want int64 // -1: an error
	}{
		{ParseCount, "26M", 26_000_000}, {ParseCount, "4.2G", 4_200_000_000}, {ParseCount, "25,557,032", 25_557_032},
		{ParseCount, "1.81 g", 1_810_000_000}, {ParseCount, "0", 0}, {ParseCount, "12k", 12_000}, {ParseCount, "3B", 3_000_000_000},
		{ParseCount, "26MiB", -1}, {ParseCount, "", -1}, {ParseCount, "-1", -1}, {ParseCount, "1e30", -1}, {ParseCount, "many", -1},
		{ParseCount, "inf", -1}, {ParseCount, "nan", -1},
		{ParseMemory, "100MiB", 100 << 20}, {ParseMemory, "97.5 MiB", 102_236_160}, {ParseMemory, "100MB", 100_000_000},
		{ParseMemory, "512", 512}, {ParseMemory, "1.5GiB", 3 << 29}, {ParseMemory, "10M", -1}, {ParseMemory, "MiB", -1},
	} {
		got, err := test.read(test.text)
		if (err != nil) != (test.want < 0) || err == nil && got != test.want {
			t.Errorf("%q: %d, %v, want %d", test.text, got, err, test.want)
		}
	}
}
