//go:build unix

package ops

import (
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// guarded returns n zeros that start right behind one unreadable page, or end right before one: a kernel that reads or
// writes past them crashes the test.
func guarded(t testing.TB, n int, atEnd bool) []float32 { return guardedOf[float32](t, n, atEnd) }

// guardedOf is guarded for any numbers.
func guardedOf[T float32 | byte](t testing.TB, n int, atEnd bool) []T {
	t.Helper()
	var zero T
	bytes, page := n*int(unsafe.Sizeof(zero)), os.Getpagesize()
	size := (bytes + page - 1) / page * page
	mem, err := unix.Mmap(-1, 0, size+2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Munmap(mem); err != nil {
			t.Error(err)
		}
	})
	for _, guard := range [][]byte{mem[:page], mem[page+size:]} {
		if err := unix.Mprotect(guard, unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	usable := mem[page : page+size]
	if atEnd {
		usable = usable[size-bytes:]
	}
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&usable[0])), n)
}
