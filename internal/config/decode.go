package config

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/aliasdata"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"

	"resnet/internal/nearest"
)

// Error is one thing that is wrong with a YAML file.
type Error struct {
	File      string
	Line, Col int    // from 1
	Key       string // stem.conv.kernel; "" for the file as a whole
	Msg       string
	Err       error // that Msg is the text of; nil: none
}

func (e *Error) Unwrap() error { return e.Err }

func (e *Error) Error() string {
	where := fmt.Sprintf("%s:%d:%d: ", e.File, e.Line, e.Col)
	if e.Key == "" {
		return where + e.Msg
	}
	return where + e.Key + ": " + e.Msg
}

// parse reads one YAML document whose root is a mapping. Aliases, deep nesting, a second document and invalid text are
// errors, so that what a hostile file may cost is bounded by its size. want says what such a file holds.
func parse(file string, data []byte, want string) (*yaml.Node, error) {
	if blank(data) {
		return nil, &Error{File: file, Line: 1, Col: 1, Msg: "nothing is in the file: want " + want}
	}
	noAliases, err := aliasdata.New(aliasdata.WithDisable(true))
	if err != nil {
		return nil, err
	}
	limits := loaderlimits.New(loaderlimits.DepthValue(32), loaderlimits.AliasValue(100))
	var doc yaml.Node
	err = yaml.Load(data, &doc, yaml.WithPlugin(noAliases, limits))
	if err != nil {
		return nil, parseError(file, err)
	}
	root := &doc
	if root.Kind == yaml.DocumentNode && len(root.Content) == 1 {
		root = root.Content[0]
	}
	if root.Kind != yaml.MappingNode {
		return nil, &Error{File: file, Line: max(root.Line, 1), Col: max(root.Column, 1), Msg: "want " + want}
	}
	return root, nil
}

func parseError(file string, err error) error {
	var load *yaml.LoadError
	if !errors.As(err, &load) {
		return &Error{File: file, Line: 1, Col: 1, Msg: strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	mark := load.Mark
	return &Error{File: file, Line: max(mark.Line, 1), Col: mark.Column + 1, Msg: load.Message}
}

// decoder turns nodes into values, strictly, and collects everything that is wrong on the way.
type decoder struct {
	file string
	errs []*Error
	// nodes holds where each key stood, so that what is found wrong later can be placed too.
	nodes   map[string]*yaml.Node
	root    *yaml.Node
	below   []os.FileInfo // the files that are read because of "extends", this one last
	parents []string      // the paths of those that this one stands on
	// partly: some keys could not be read, so that what several say together can't be judged.
	partly bool
}

// field reads the node of one key into wherever it was made for.
type field func(d *decoder, key string, n *yaml.Node)

// fields are the keys that a mapping may have.
type fields map[string]field

func (d *decoder) fail(n *yaml.Node, key, format string, args ...any) {
	d.errs = append(d.errs, &Error{File: d.file, Line: n.Line, Col: n.Column, Key: key, Msg: fmt.Sprintf(format, args...)})
}

// failAt places an error at key.
func (d *decoder) failAt(key, format string, args ...any) {
	d.fail(d.place(key), key, format, args...)
}

// place is the longest part of key that the file has; else what it extends, or its beginning.
func (d *decoder) place(key string) *yaml.Node {
	for part := key; part != ""; part = above(part) {
		if n := d.nodes[part]; n != nil {
			return n
		}
	}
	if extends := d.nodes["extends"]; extends != nil {
		return extends
	}
	return d.root
}

// above is the key that a key or an element is in; "" for none.
func above(key string) string { return key[:max(0, strings.LastIndexAny(key, ".["))] }

// standing are those of d.errs that hold whatever the keys of unread should have been: they are of values that the file
// gives, and that were read.
func (d *decoder) standing(unread []*Error) []*Error {
	return slices.DeleteFunc(d.errs, func(e *Error) bool {
		return d.nodes[e.Key] == nil || slices.ContainsFunc(unread, func(u *Error) bool { return within(e.Key, u.Key) || within(u.Key, e.Key) })
	})
}

// within tells whether key is outer, or is in it.
func within(key, outer string) bool {
	rest, ok := strings.CutPrefix(key, outer)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// err joins what was found, in the order of the file.
func (d *decoder) err() error {
	slices.SortStableFunc(d.errs, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	var joined []error
	for _, e := range d.errs {
		joined = append(joined, e)
	}
	return errors.Join(joined...)
}

// mapping reads every key of n by its field; a key that fields does not have is an error.
func (d *decoder) mapping(prefix string, n *yaml.Node, known fields) {
	if n.Kind != yaml.MappingNode {
		d.fail(n, prefix, "want keys and values, found %s", describe(n))
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		key := name.Value
		if prefix != "" {
			key = prefix + "." + key
		}
		read, ok := known[name.Value]
		if !ok || name.Kind != yaml.ScalarNode {
			d.fail(name, quoteOdd(key), "unknown key%s", nearest.Hint(name.Value, slices.Sorted(maps.Keys(known))))
			continue
		}
		if earlier := d.nodes[key]; earlier != nil {
			d.fail(name, quoteOdd(key), "given already on line %d", earlier.Line)
			continue
		}
		d.nodes[key] = value
		read(d, key, value)
	}
}

// inside is a field that is a mapping of its own.
func inside(known fields) field {
	return func(d *decoder, key string, n *yaml.Node) { d.mapping(key, n, known) }
}

// scalar is a field of one value; want names its type in an error.
func scalar[T any](dst *T, want string, tags ...string) field {
	return func(d *decoder, key string, n *yaml.Node) {
		if n.Kind != yaml.ScalarNode || !slices.Contains(tags, n.ShortTag()) {
			d.fail(n, key, "want %s, found %s", want, describe(n))
			return
		}
		if err := n.Decode(dst); err != nil {
			d.fail(n, key, "want %s, found %s", want, describe(n))
		}
	}
}

// wholeNumber refuses what begins with a zero: YAML 1.1 took it for octal, 1.2 does not.
func wholeNumber(dst *int) field {
	read := scalar(dst, "a whole number", "!!int")
	return func(d *decoder, key string, n *yaml.Node) {
		if digits := strings.TrimLeft(n.Value, "+-"); n.Kind == yaml.ScalarNode && len(digits) > 1 && digits[0] == '0' && '0' <= digits[1] && digits[1] <= '9' {
			d.fail(n, key, "want a whole number without zeros before it, found %s", describe(n))
			return
		}
		read(d, key, n)
	}
}

func number(dst *float64) field { return scalar(dst, "a number", "!!int", "!!float") }

func boolean(dst *bool) field { return scalar(dst, "true or false", "!!bool") }

func text(dst *string) field { return scalar(dst, "text", "!!str") }

// source is a field of a file or a set by its name; none is said by that word where there may be none.
func source(dst *string, none string) field {
	return func(d *decoder, key string, n *yaml.Node) {
		text(dst)(d, key, n)
		switch {
		case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str" && n.Value == "":
			d.fail(n, key, "want a name, found none%s", none)
		case none != "" && *dst == wordNone:
			*dst = ""
		}
	}
}

// list is a field of several values, such as the example; it replaces what dst held.
func list[T any](dst *[]T, example string, element func(*T) field) field {
	return func(d *decoder, key string, n *yaml.Node) {
		if n.Kind != yaml.SequenceNode {
			d.fail(n, key, "want a list such as %s, found %s", example, describe(n))
			return
		}
		*dst = make([]T, len(n.Content))
		for i, value := range n.Content {
			at := fmt.Sprintf("%s[%d]", key, i)
			d.nodes[at] = value
			element(&(*dst)[i])(d, at, value)
		}
	}
}

// describe names what stands there in a few words.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "keys and values"
	case yaml.SequenceNode:
		return "a list"
	}
	if n.ShortTag() == "!!null" {
		return "nothing"
	}
	value := n.Value
	if len(value) > 40 {
		value = value[:40] + "…"
	}
	return fmt.Sprintf("%q (%s)", value, strings.TrimPrefix(n.ShortTag(), "!!"))
}

// quoteOdd quotes a key that would garble a message.
func quoteOdd(key string) string {
	if len(key) > 80 {
		key = key[:80] + "…"
	}
	if q := fmt.Sprintf("%q", key); q != `"`+key+`"` {
		return q
	}
	return key
}
