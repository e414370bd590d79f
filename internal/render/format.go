package render

import (
	"fmt"
	"io"
	"maps"
	"slices"
)

// Format is a way to write views. A new one is a file format_x.go that registers itself.
type Format struct {
	// Write writes the view, one that Fits.
	Write func(w io.Writer, v View, look Look) error
	// Fits tells whether the format can write such a view; nil: any.
	Fits func(View) bool
}

var formats = map[string]Format{}

func register(name string, f Format) { formats[name] = f }

// fits tells whether a view is of the kind that a format needs.
func fits[Kind View](v View) bool { _, ok := v.(Kind); return ok }

// DefaultFormat is the one for people.
const DefaultFormat = "table"

// Formats lists the formats of a view, the default first. The view may be empty.
func Formats(v View) []string {
	names := []string{DefaultFormat}
	for _, name := range slices.Sorted(maps.Keys(formats)) {
		if f := formats[name]; name != DefaultFormat && (f.Fits == nil || f.Fits(v)) {
			names = append(names, name)
		}
	}
	return names
}

// Write writes a view in the format called name.
func Write(w io.Writer, v View, name string, look Look) error {
	f, ok := formats[name]
	if !ok || f.Fits != nil && !f.Fits(v) {
		return fmt.Errorf("no format %q for this view", name)
	}
	return f.Write(w, v, look)
}
