package number

import "testing"

// TestSlack wants a number to be within the bound that it is written as.
func TestSlack(t *testing.T) {
	for _, n := range []int64{7_225_344, 102_228_128, 118_013_952, 25_557_032, 999} {
		for written, read := range map[string]func(string) (int64, error){Memory(n): ParseMemory, Short(n, ""): ParseCount} {
			bound, err := read(written)
			if err != nil {
				t.Fatal(err)
			}
			if slack := Slack(written, bound); n > bound+slack {
				t.Errorf("%d is above %s by %d, and %d is the slack", n, written, n-bound, slack)
			}
		}
	}
	for text, want := range map[string]int64{"26M": 0, "7225343": 0, "7,225,343": 0, "0.00M": 0, "4.2G": 0, "4.20G": 5_000_000, "100MB": 500_000} {
		n, err := ParseCount(text)
		if err != nil {
			n, err = ParseMemory(text)
		}
		if got := Slack(text, n); err != nil || got != want {
			t.Errorf("Slack(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
}

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
