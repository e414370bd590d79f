// Package paths compares where paths lead to.
package paths

import "path/filepath"

// Within tells whether what an absolute path leads to, even where nothing is yet, is a folder, or below it.
func Within(path, dir string) bool {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return SameOrBelow(dir, path)
}

// SameOrBelow tells whether a path, itself no link that is followed, is a directory, or below it.
func SameOrBelow(dir, path string) bool {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir, path = real, WithoutLinks(path)
	}
	relative, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(relative)
}

// WithoutLinks is path with the links among its directories followed, as far as these are there.
func WithoutLinks(path string) string {
	rest := filepath.Base(path)
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			return filepath.Join(real, rest)
		}
		if dir == filepath.Dir(dir) {
			return path
		}
		rest = filepath.Join(filepath.Base(dir), rest)
	}
}
