package weights

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"resnet/internal/checkpoint"
	"resnet/internal/imaging"
	"resnet/internal/nearest"
)

// Set is one set of trained weights that has a name.
type Set struct {
	Name    string   `json:"name"` // timm's: resnet50.tv2_in1k
	Arch    string   `json:"arch"`
	Aliases []string `json:"aliases,omitempty"` // torchvision's: resnet50.IMAGENET1K_V2; the arch alone for its default
	Source  string   `json:"source"`            // torchvision, timm, "built in"
	License string   `json:"license"`           // SPDX
	URL     string   `json:"url"`

	// SHA256 is the digest in hex. Where only its first digits are known they are SHA256Prefix, and the first download
	// decides on the rest; without either it decides on all.
	SHA256       string `json:"sha256,omitempty"`
	SHA256Prefix string `json:"sha256_prefix,omitempty"`
	// Size in bytes; where only MiB to three places were published, SizeMiB. Both are 0 where nothing is known.
	Size    int64   `json:"size,omitempty"`
	SizeMiB float64 `json:"size_mib,omitempty"`

	// Top1 and Top5 are published accuracies in percent, for images of MeasuredAt pixels; 0 where none are known.
	Top1       float64 `json:"top1,omitempty"`
	Top5       float64 `json:"top5,omitempty"`
	MeasuredAt int     `json:"measured_at,omitempty"`

	Labels     string             `json:"labels"`
	Preprocess imaging.Preprocess `json:"preprocess"`

	extension string // of a file that was added, which has no URL
}

//go:embed manifest/manifest.json
var manifestJSON []byte

// Sets lists all sets: the built-in ones, then by arch.
var Sets = sync.OnceValue(func() []Set {
	var manifest struct{ Sets []Set }
	if err := json.Unmarshal(manifestJSON, &manifest); err != nil {
		panic(err) // the file is part of the program
	}
	return manifest.Sets
})

// Find gives the set that a name or alias stands for, in any case and with - for _.
func Find(name string) (Set, bool) {
	want := fold(name)
	for _, s := range Sets() {
		if fold(s.Name) == want || slices.ContainsFunc(s.Aliases, func(a string) bool { return fold(a) == want }) {
			return s, true
		}
	}
	return Set{}, false
}

func fold(name string) string { return strings.ReplaceAll(strings.ToLower(name), "-", "_") }

// UnknownError is a name that no set has. Near are the names that are near to it, in words.
type UnknownError struct{ Name, Near string }

func (e *UnknownError) Error() string {
	return fmt.Sprintf("no weights are called %q%s", e.Name, e.Near)
}

// MustFind is Find where a name that nobody knows is an *UnknownError.
func MustFind(name string) (Set, error) {
	if s, ok := Find(name); ok {
		return s, nil
	}
	var names []string
	for _, s := range Sets() {
		names = append(append(names, s.Name), s.Aliases...)
	}
	return Set{}, &UnknownError{name, nearest.Hint(name, names)}
}

// Builtin tells whether the set is inside the binary.
func (s Set) Builtin() bool { return s.URL == "" }

// DefaultOf tells whether the arch's bare name stands for this set.
func (s Set) DefaultOf(arch string) bool { return s.Arch == arch && slices.Contains(s.Aliases, arch) }

// AboutBytes is the size as far as it is known, 0 where nothing is.
func (s Set) AboutBytes() int64 {
	if s.Size > 0 {
		return s.Size
	}
	return int64(s.SizeMiB * (1 << 20))
}

// sizeFits tells whether a file of n bytes can be the set: SizeMiB was rounded to a thousandth.
func (s Set) sizeFits(n int64) bool {
	switch {
	case s.Size > 0:
		return n == s.Size
	case s.SizeMiB > 0:
		return math.Abs(float64(n)/(1<<20)-s.SizeMiB) < 0.001
	}
	return true
}

// digestFits tells whether a digest can be the set's.
func (s Set) digestFits(sha256 string) bool {
	if s.SHA256 != "" {
		return sha256 == s.SHA256
	}
	return strings.HasPrefix(sha256, s.SHA256Prefix)
}

// fileName is the set's name in the cache.
func (s Set) fileName() string {
	address, _, _ := strings.Cut(s.URL, "?")
	extension := cmp.Or(s.extension, path.Ext(address))
	if !checkpoint.HasExtension(extension) {
		extension = ""
	}
	return safeName(s.Name) + extension
}

var unsafeCharacters = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[^A-Za-z0-9._-]+`) })

// safeName makes a name a file's name on every system: no separators, nothing hidden, not too long.
func safeName(name string) string {
	name = strings.TrimLeft(unsafeCharacters().ReplaceAllString(name, "_"), ".")
	return name[:min(len(name), 100)]
}
