package weights

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"
)

// pin is what the first download of a set found out where the manifest does not know the digest. It outlives the file:
// what comes under that name later must be the same.
type pin struct {
	SHA256  string    `json:"sha256"`
	Size    int64     `json:"size"`
	URL     string    `json:"url"`
	Decided time.Time `json:"decided"`
}

func (c *Cache) pinPath(s Set) string {
	return filepath.Join(c.Dir, "pins", safeName(s.Name)+".json")
}

// pinned is the set with what the first download found out.
func (c *Cache) pinned(s Set) Set {
	if s.SHA256 != "" || s.Source == "" {
		return s
	}
	var p pin
	data, err := os.ReadFile(c.pinPath(s))
	if err != nil || json.Unmarshal(data, &p) != nil || p.URL != s.URL || !s.digestFits(p.SHA256) {
		return s
	}
	s.SHA256, s.Size = p.SHA256, p.Size
	return s
}

// pin decides on the digest of a manifest's set that had none.
func (c *Cache) pin(s Set, sha256 string, size int64) error {
	if s.SHA256 != "" || s.Source == "" {
		return nil
	}
	return writeJSON(c.pinPath(s), pin{sha256, size, s.URL, time.Now().UTC()})
}
