package engine

import (
	"cmp"
	"slices"
)

// buffer is where one value in one layout lives while the steps from … to run.
type buffer struct {
	size     int // bytes
	from, to int
	offset   int // in the arena, bytes
}

// align is the bytes of a cache line: every buffer begins on one.
const align = 64

func roundUp(n int) int { return (n + align - 1) / align * align }

// place gives every buffer its offset, so that no two that live at the same time overlap, and returns the arena's size in
// bytes. The largest go first, each to the lowest place that is free.
func place(buffers []buffer) int {
	order := make([]*buffer, len(buffers))
	for i := range buffers {
		order[i] = &buffers[i]
	}
	slices.SortStableFunc(order, func(a, b *buffer) int { return cmp.Compare(b.size, a.size) })
	total := 0
	var placed []*buffer // by offset
	for _, b := range order {
		b.offset = 0
		for _, other := range placed {
			if b.to < other.from || other.to < b.from {
				continue
			}
			if b.offset+b.size <= other.offset {
				break
			}
			b.offset = max(b.offset, roundUp(other.offset+other.size))
		}
		at, _ := slices.BinarySearchFunc(placed, b, func(x, y *buffer) int { return cmp.Compare(x.offset, y.offset) })
		placed = slices.Insert(placed, at, b)
		total = max(total, roundUp(b.offset+b.size))
	}
	return total
}
