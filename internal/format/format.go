// Package format is the register of what can be written how: of each kind of views, the formats and what writes them. A
// command's --format, its help and its completion are read from here.
package format

import (
	"fmt"
	"slices"
)

// way is a format, whatever is shown in it.
type way struct {
	name       string
	aliases    []string
	extensions []string // of files that are in this format where nothing else was said
	binary     bool
}

var ways = []way{
	{name: "table", extensions: []string{".txt"}},
	{name: "text", extensions: []string{".txt"}},
	{name: "article"},
	{name: "csv", extensions: []string{".csv"}},
	{name: "dot", extensions: []string{".dot"}},
	{name: "html", extensions: []string{".html"}},
	{name: "json", extensions: []string{".json"}},
	{name: "latex", aliases: []string{"tex"}, extensions: []string{".tex"}},
	{name: "markdown", aliases: []string{"md"}, extensions: []string{".md", ".markdown"}},
	{name: "mermaid", extensions: []string{".mmd"}},
	{name: "ndjson", aliases: []string{"jsonl"}, extensions: []string{".ndjson", ".jsonl"}},
	{name: "ndjson.gz", binary: true},
	{name: "npy", extensions: []string{".npy"}, binary: true},
	{name: "parquet", binary: true},
	{name: "pdf", extensions: []string{".pdf"}, binary: true},
	{name: "png", extensions: []string{".png"}, binary: true},
	{name: "safetensors", extensions: []string{".safetensors"}, binary: true},
	{name: "svg", extensions: []string{".svg"}},
}

func index(name string) int {
	return slices.IndexFunc(ways, func(w way) bool { return w.name == name })
}

// Canonical is the name of a format that may go by another one: markdown for md.
func Canonical(name string) string {
	for _, w := range ways {
		if slices.Contains(w.aliases, name) {
			return w.name
		}
	}
	return name
}

// ByExtension is the one of some formats that a file's extension (.md) stands for; "" where it stands for none of them.
func ByExtension(extension string, among []string) string {
	for _, w := range ways {
		if slices.Contains(w.extensions, extension) && slices.Contains(among, w.name) {
			return w.name
		}
	}
	return ""
}

// Names are all formats.
func Names() []string {
	names := make([]string, len(ways))
	for i, w := range ways {
		names[i] = w.name
	}
	return names
}

// Binary tells whether a format is nothing for a terminal.
func Binary(name string) bool {
	i := index(name)
	return i >= 0 && ways[i].binary
}

// Kind is a kind of views; a W writes them in one format.
type Kind[W any] struct {
	name    string
	formats []string
	writers map[string]W
}

var kinds = map[string]bool{}

// New makes a kind of views. It panics where there is one of the name.
func New[W any](name string) *Kind[W] {
	if kinds[name] {
		panic(fmt.Sprintf("format: %s is a kind of views already", name))
	}
	kinds[name] = true
	return &Kind[W]{name: name, writers: map[string]W{}}
}

// Register adds a format. It panics where the kind has it, and where nobody knows what the format is.
func (k *Kind[W]) Register(name string, write W) {
	if _, twice := k.writers[name]; twice {
		panic(fmt.Sprintf("format: %s is registered twice for %s", name, k.name))
	}
	if index(name) < 0 {
		panic(fmt.Sprintf("format: %s, registered for %s, is not in the table of formats", name, k.name))
	}
	k.formats = append(k.formats, name)
	k.writers[name] = write
}

// Formats lists the formats that the kind has and keep, where it is not nil, lets pass: first, the default, before the
// others in the order of their registration.
func (k *Kind[W]) Formats(first string, keep func(W) bool) []string {
	var names []string
	for _, name := range k.formats {
		if keep == nil || keep(k.writers[name]) {
			names = append(names, name)
		}
	}
	if i := slices.Index(names, first); i > 0 {
		names = slices.Insert(slices.Delete(names, i, i+1), 0, first)
	}
	return names
}

// Writer is what writes a format.
func (k *Kind[W]) Writer(name string) (W, error) {
	w, ok := k.writers[name]
	if !ok {
		return w, fmt.Errorf("no format %q of %s", name, k.name)
	}
	return w, nil
}
