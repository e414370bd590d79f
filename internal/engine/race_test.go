//go:build race

package engine

// Race tells tests that the race detector is on.
const Race = true
