//go:build unix

package train

import (
	"errors"
	"os"
	"syscall"
)

// mapFile shows a file as memory, until unmap is called. It is read when it is looked at.
func mapFile(name string) (data []byte, unmap func(), err error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, nil, err
	}
	if info.Size() == 0 || int64(int(info.Size())) != info.Size() {
		return nil, nil, errors.New("has a size that cannot be mapped")
	}
	data, err = syscall.Mmap(int(file.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	return data, func() { _ = syscall.Munmap(data) }, err
}
