//go:build !linux

package atomicfile

// replace gives a folder the name of another one, which is removed.
func replace(path, target string) error { return replaceByNames(path, target) }
