//go:build race

package imaging

import "testing"

func runInLittleMemory(t *testing.T) bool {
	t.Skip("hundreds of millions of pixels take minutes with the race detector")
	return true
}
