package learn

import "testing"

// An array that is a file is as good as another, and written to the end.
func TestAllocate(t *testing.T) {
	for _, n := range []int{1, 16 << 20} {
		values, err := Allocate(n)
		if err != nil {
			t.Fatal(err)
		}
		if len(values) != n || values[n-1] != 0 {
			t.Errorf("%d values, the last %v", len(values), values[len(values)-1])
		}
		values[n-1] = 1
		Release(values)
	}
}
