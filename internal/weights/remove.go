package weights

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Remove takes a set out of the cache. What the first download decided on stays.
func (c *Cache) Remove(e *Entry) error {
	return errors.Join(os.Remove(e.Path), ignoreAbsent(os.Remove(recordPath(e.Path))))
}

func ignoreAbsent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Unused lists the files of the cache that nobody needs: sets that no command has used since, beginnings of downloads
// that nobody went on with, and known sets' files without a record. RESNET_CACHE may name a directory where people have
// files of their own: what the cache did not make stays.
func (c *Cache) Unused(since time.Time) ([]string, error) {
	entries, err := c.List()
	if err != nil {
		return nil, err
	}
	var files []string
	recorded := map[string]bool{}
	for _, e := range entries {
		recorded[e.Path], recorded[recordPath(e.Path)] = true, true
		if e.LastUsed().Before(since) {
			files = append(files, e.Path)
		}
	}
	for _, dir := range []string{c.weights(""), c.partials()} {
		list, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, f := range list {
			path := filepath.Join(dir, f.Name())
			info, err := f.Info()
			if err == nil && info.Mode().IsRegular() && !recorded[path] && c.made(path) && c.abandoned(dir, info, since) {
				files = append(files, path)
			}
		}
	}
	return files, nil
}

// made tells a file that the cache has made, by its name or its content: a partial, what a set of the manifest is called,
// or the record of a file that is no longer there.
func (c *Cache) made(path string) bool {
	name := filepath.Base(path)
	if filepath.Dir(path) == c.partials() {
		return partialName.MatchString(name)
	}
	if file, ok := strings.CutSuffix(path, ".json"); ok {
		_, err := readRecord(file)
		return err == nil
	}
	return slices.ContainsFunc(Sets(), func(s Set) bool { return !s.Builtin() && s.fileName() == name })
}

// abandoned tells whether a file that belongs to no set is one that no process is at work on: untouched for an hour, or
// for as long as an unused set.
func (c *Cache) abandoned(dir string, info fs.FileInfo, since time.Time) bool {
	if dir == c.partials() {
		since = time.Now().Add(-time.Hour)
	}
	return info.ModTime().Before(since)
}

// RemoveFile removes one of the files that Unused lists, with its record.
func (c *Cache) RemoveFile(path string) (freed int64, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), errors.Join(os.Remove(path), ignoreAbsent(os.Remove(recordPath(path))))
}
