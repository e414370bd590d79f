package weights

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"resnet/internal/atomicfile"
)

// A Cache is the directory that keeps downloaded sets:
//
//	weights/resnet50.tv2_in1k.pth        a set, whole and checked
//	weights/resnet50.tv2_in1k.pth.json   its record: digest, size, origin; touched at every use
//	partial/                             downloads under way, or ended too early
//	locks/                               one a set; never removed
//	pins/resnet50d.ra2_in1k.json         the digest that the first download decided on
type Cache struct{ Dir string }

// CacheDir is where the cache is: $RESNET_CACHE, else resnet in $XDG_CACHE_HOME or in the system's own place.
func CacheDir(getenv func(string) string) (string, error) {
	if dir := getenv("RESNET_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	if dir := getenv("XDG_CACHE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "resnet"), nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no place for downloaded weights; set RESNET_CACHE to a directory: %w", err)
	}
	return filepath.Join(dir, "resnet"), nil
}

// Entry is a set in the cache.
type Entry struct {
	Record
	Path string
}

// Record is what is known of a file in the cache.
type Record struct {
	Name    string    `json:"name"`
	URL     string    `json:"url,omitempty"`  // where it came from
	From    string    `json:"from,omitempty"` // the file that it was added from
	SHA256  string    `json:"sha256"`
	Size    int64     `json:"size"`
	ModTime time.Time `json:"mod_time"`
	Added   time.Time `json:"added"`
}

// ErrAbsent is a set that is not in the cache.
var ErrAbsent = errors.New("not on this disk")

// DamagedError is a file in the cache that is not what it should be.
type DamagedError struct{ Path, SHA256, Want string }

func (e *DamagedError) Error() string {
	return fmt.Sprintf("%s is damaged: its sha256 is %s, want %s", e.Path, e.SHA256, e.Want)
}

func (c *Cache) weights(name string) string { return filepath.Join(c.Dir, "weights", name) }

func recordPath(file string) string { return file + ".json" }

// Get finds a set. While size and time of the file are those of its record, the recorded digest serves; otherwise the
// file is hashed again, and a *DamagedError where it is no longer what it was.
func (c *Cache) Get(s Set) (*Entry, error) { return c.get(s, c.weights(s.fileName())) }

func (c *Cache) get(s Set, path string) (*Entry, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, ErrAbsent
	}
	if err != nil {
		return nil, err
	}
	record, err := readRecord(path)
	if err == nil && record.Size == info.Size() && record.ModTime.Equal(info.ModTime()) {
		return &Entry{record, path}, nil
	}
	return c.recheck(s, path, record)
}

// recheck hashes a file whose record is missing or outdated, and records it anew.
func (c *Cache) recheck(s Set, path string, record Record) (*Entry, error) {
	sum, info, err := hashFile(path, nil)
	if err != nil {
		return nil, err
	}
	want := cmp.Or(record.SHA256, c.pinned(s).SHA256)
	if want != "" && sum != want || !s.digestFits(sum) {
		return nil, &DamagedError{path, sum, cmp.Or(want, s.SHA256Prefix+"…")}
	}
	record.Name, record.URL, record.SHA256 = s.Name, s.URL, sum
	record.Size, record.ModTime = info.Size(), info.ModTime()
	if record.Added.IsZero() {
		record.Added = info.ModTime()
	}
	_ = writeJSON(recordPath(path), record) // a cache that can't be written still serves
	return &Entry{record, path}, nil
}

// Touch notes that a set was used.
func (e *Entry) Touch() {
	now := time.Now()
	_ = os.Chtimes(recordPath(e.Path), now, now)
}

// LastUsed is when a set was used last.
func (e *Entry) LastUsed() time.Time {
	info, err := os.Stat(recordPath(e.Path))
	if err != nil {
		return e.Added
	}
	return info.ModTime()
}

// List gives all sets of the cache by name, without hashing anything.
func (c *Cache) List() ([]*Entry, error) {
	files, err := os.ReadDir(c.weights(""))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var entries []*Entry
	for _, f := range files {
		path, ok := strings.CutSuffix(c.weights(f.Name()), ".json")
		if !ok {
			continue
		}
		record, err := readRecord(path)
		if _, statErr := os.Stat(path); err == nil && statErr == nil {
			entries = append(entries, &Entry{record, path})
		}
	}
	slices.SortFunc(entries, func(a, b *Entry) int { return strings.Compare(a.Name, b.Name) })
	return entries, nil
}

// Named finds a set of the cache that the manifest does not know: one that was added or pulled by its address.
func (c *Cache) Named(name string) (*Entry, error) {
	entries, err := c.List()
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if fold(e.Name) == fold(name) {
			return c.get(Set{Name: e.Name, URL: e.URL}, e.Path)
		}
	}
	return nil, ErrAbsent
}

// Recorded finds what the cache has under a name, without looking whether it is still what it was.
func (c *Cache) Recorded(s Set) (*Entry, error) {
	entries, err := c.List()
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if fold(e.Name) == fold(s.Name) {
			return e, nil
		}
	}
	path := c.weights(s.fileName())
	if _, err := os.Stat(path); err != nil {
		return nil, ErrAbsent
	}
	return &Entry{Record{Name: s.Name}, path}, nil
}

func readRecord(path string) (Record, error) {
	var r Record
	data, err := os.ReadFile(recordPath(path))
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return Record{}, err
	}
	if r.Name == "" || len(r.SHA256) != sha256.Size*2 {
		return Record{}, errors.New("no record of a set") // of another program
	}
	return r, nil
}

// writeJSON writes a small file at once or not at all.
func writeJSON(path string, v any) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	return atomicfile.WriteFile(path, text.Bytes())
}
