package render

import "testing"

func TestPercent(t *testing.T) {
	for _, test := range []struct {
		n, total    int64
		text, exact string
	}{
		{1, 1, "100.0 %", "100"}, {1, 3, "33.3 %", "33.3333"}, {1, 16, "6.2 %", "6.25"}, {3, 1000, "0.3 %", "0.3"},
		{0, 5, "", "0"}, {0, 0, "", "0"},
	} {
		if got := percent(test.n, test.total); got.Text != test.text || got.Exact != test.exact {
			t.Errorf("%d of %d: %q, exactly %q", test.n, test.total, got.Text, got.Exact)
		}
	}
}
