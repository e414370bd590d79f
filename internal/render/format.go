package render

import (
	"fmt"
	"io"

	"resnet/internal/format"
)

// Format is a way to write views. A new one is a file format_x.go that registers itself.
type Format struct {
	// Write writes the view, one that Fits.
	Write func(w io.Writer, v View, look Look) error
	// Fits tells whether the format can write such a view; nil: any.
	Fits func(View) bool
}

func (f Format) fits(v View) bool { return f.Fits == nil || f.Fits(v) }

var documents = format.New[Format]("documents")

// fits tells whether a view is of the kind that a format needs.
func fits[Kind View](v View) bool { _, ok := v.(Kind); return ok }

// DefaultFormat is the one for people.
const DefaultFormat = "table"

// Formats lists the formats of a view, the default first. The view may be empty.
func Formats(v View) []string {
	return documents.Formats(DefaultFormat, func(f Format) bool { return f.fits(v) })
}

// Write writes a view in the format called name.
func Write(w io.Writer, v View, name string, look Look) error {
	f, err := documents.Writer(name)
	if err == nil && !f.fits(v) {
		err = fmt.Errorf("format %s is not of this view", name)
	}
	if err != nil {
		return err
	}
	return f.Write(w, v, look)
}
