//go:build !unix

package cli

// peakMemory is not to be had here.
func peakMemory() int64 { return 0 }
