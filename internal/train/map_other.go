//go:build !unix

package train

import "os"

// mapFile reads a file where it cannot be mapped.
func mapFile(name string) (data []byte, unmap func(), err error) {
	data, err = os.ReadFile(name)
	return data, func() {}, err
}
