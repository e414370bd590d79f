package weights

import (
	"crypto/sha256"
	"fmt"
	"net/url"
	"path"
	"strings"
)

// SetAt makes a set of an address: the manifest's if it has it, else one that is called by the end of its path, or on
// Hugging Face's hub by its repository. Where the cache has another set of that name, a part of a digest tells them apart.
func (c *Cache) SetAt(address string) (Set, error) {
	u, err := url.Parse(address)
	if err != nil {
		return Set{}, err
	}
	if err := checkURL(u); err != nil {
		return Set{}, err
	}
	if u.User != nil {
		return Set{}, fmt.Errorf("%s: no addresses with a password, as they are recorded", u.Redacted())
	}
	for _, s := range Sets() {
		if s.URL == address {
			return s, nil
		}
	}
	s := Set{Name: nameOf(u), URL: address}
	if s.Name == "" {
		return Set{}, fmt.Errorf("%s: no file's name at the end", address)
	}
	if _, taken := Find(s.Name); taken || c.holdsOther(s) {
		digest := sha256.Sum256([]byte(address))
		s.Name += fmt.Sprintf("-%x", digest[:4])
	}
	return s, nil
}

func nameOf(u *url.URL) string {
	if repository, _, hub := strings.Cut(u.Path, "/resolve/"); hub {
		return safeName(strings.ReplaceAll(strings.Trim(repository, "/"), "/", "_"))
	}
	base := path.Base(u.Path)
	if base == "/" || base == "." {
		return ""
	}
	return safeName(strings.TrimSuffix(base, path.Ext(base)))
}

func (c *Cache) holdsOther(s Set) bool {
	e, err := readRecord(c.weights(s.fileName()))
	return err == nil && e.URL != s.URL
}
