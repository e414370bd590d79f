//go:build unix

package learn

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"unsafe"
)

// mapped is the number of values from which an array is a temporary file in memory: the system may write it out and read it
// again where memory is short.
const mapped = 16 << 20

// Allocate makes an array of zeros, which Release gives back: a temporary file in memory where it is large and the system has such.
func Allocate(n int) ([]float32, error) {
	if n < mapped {
		return make([]float32, n), nil
	}
	file, err := os.CreateTemp("", "resnet-features-")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	size := 4 * n
	data, err := []byte(nil), errors.Join(os.Remove(file.Name()), file.Truncate(int64(size))) // it goes with the process
	if err == nil {
		data, err = syscall.Mmap(int(file.Fd()), 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	}
	if err != nil {
		return nil, fmt.Errorf("a temporary file of %d bytes in %s: %w", size, os.TempDir(), err)
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&data[0])), n), nil
}

func Release(values []float32) {
	if len(values) >= mapped {
		_ = syscall.Munmap(unsafe.Slice((*byte)(unsafe.Pointer(&values[0])), 4*len(values))) // nobody could do anything about it
	}
}
