package tensor

import "sync"

// Buffers keeps slices of T for who needs one after the other, each for a while. The zero value is ready, and several
// goroutines may use it.
type Buffers[T any] struct{ pool sync.Pool } // of *[]T

// Get gives n values, whatever they are, until release is called.
func (b *Buffers[T]) Get(n int) (values []T, release func()) {
	kept, _ := b.pool.Get().(*[]T)
	if kept == nil || len(*kept) < n {
		made := make([]T, n)
		kept = &made
	}
	return (*kept)[:n], func() { b.pool.Put(kept) }
}
