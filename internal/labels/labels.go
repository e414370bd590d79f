// Package labels names the classes of a network's output, and ranks them.
package labels

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"resnet/internal/nearest"
	"resnet/internal/wholefile"
)

// List is the classes of a network in the order of its outputs.
type List struct {
	Name    string   // imagenet, or the path of a user's file
	Classes []string // what a person reads
	WNIDs   []string // WordNet ids, of the lists that have them
}

//go:embed data/*.txt
var data embed.FS

// Names lists the built-in lists.
func Names() []string { return []string{"imagenet", "tiny_imagenet", "cifar10"} }

// Load gives a built-in list by name, or reads a file: a class a line, a JSON list, or a JSON map of index and class.
func Load(ctx context.Context, name string) (*List, error) {
	if slices.Contains(Names(), name) {
		return Builtin(name)
	}
	return loadFile(ctx, name)
}

// Builtin gives one of the built-in lists.
func Builtin(name string) (*List, error) {
	text, err := data.ReadFile("data/" + name + ".txt")
	if err != nil {
		return nil, err
	}
	list := &List{Name: name, Classes: lines(string(text))}
	if ids, err := data.ReadFile("data/" + name + ".wnids.txt"); err == nil {
		list.WNIDs = lines(string(ids))
	}
	return list, nil
}

// maxFile bounds a user's file; ImageNet's thousand names are 12 kB.
const maxFile = 16 << 20

func loadFile(ctx context.Context, path string) (*List, error) {
	text, err := wholefile.Read(ctx, path, maxFile)
	if errors.Is(err, fs.ErrNotExist) && filepath.Base(path) == path && filepath.Ext(path) == "" {
		return nil, fmt.Errorf("labels %q: no such file, and none of the built-in lists (%s)", path, strings.Join(Names(), ", "))
	}
	if err != nil {
		return nil, fmt.Errorf("labels: %w", err)
	}
	classes, err := parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("labels %s: %w", path, err)
	}
	return &List{Name: path, Classes: classes}, nil
}

func parse(text string) ([]string, error) {
	if !utf8.ValidString(text) {
		return nil, errors.New("the text is not UTF-8: save it as that")
	}
	text = strings.TrimPrefix(text, "\ufeff")
	switch trimmed := strings.TrimSpace(text); {
	case trimmed == "":
		return nil, errors.New("no class is in it: want one on each line, or JSON")
	case trimmed[0] == '[':
		var classes []string
		if err := json.Unmarshal([]byte(trimmed), &classes); err != nil {
			return nil, fmt.Errorf(`want a JSON list of names such as ["cat", "dog"]: %w`, err)
		}
		return classes, nil
	case trimmed[0] == '{':
		return fromObject(trimmed)
	}
	return lines(text), nil
}

// FromJSON reads a JSON list of names that stands in a file called name. The names of a built-in list are that list.
func FromJSON(name, text string) (*List, error) {
	var names []*string
	err := json.Unmarshal([]byte(text), &names)
	if err != nil || len(names) == 0 || slices.Contains(names, nil) {
		return nil, fmt.Errorf("want a JSON list of names")
	}
	classes := make([]string, len(names))
	for i, name := range names {
		classes[i] = *name
	}
	for _, builtin := range Names() {
		if list, err := Builtin(builtin); err == nil && slices.Equal(list.Classes, classes) {
			return list, nil
		}
	}
	return &List{Name: name, Classes: classes}, nil
}

// fromObject reads the three maps that are about: {"0": "cat"}, Keras's {"0": ["n02123045", "tabby"]} (a WordNet id and
// a name), and torchvision's class_to_idx, {"cat": 0}.
func fromObject(text string) ([]string, error) {
	var object map[string]any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	err := decoder.Decode(&object)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("the file ends inside it")
	}
	if err != nil {
		return nil, fmt.Errorf(`want a JSON map such as {"0": "cat"}: %w`, err)
	}
	classes, taken := make([]string, len(object)), make([]bool, len(object))
	for _, key := range slices.Sorted(maps.Keys(object)) {
		index, name := key, ""
		switch value := object[key].(type) {
		case string:
			name = value
		case json.Number:
			index, name = value.String(), key
		case []any:
			if len(value) == 2 {
				name, _ = value[1].(string)
			}
		}
		i, err := strconv.Atoi(index)
		switch {
		case name == "":
			return nil, fmt.Errorf(`key %q: want an index and a name, as {"0": "cat"}, {"0": ["n02123045", "tabby"]} or {"cat": 0}`, key)
		case err != nil || i < 0 || i >= len(classes):
			return nil, fmt.Errorf("key %q: %s is no index from 0 to %d", key, index, len(classes)-1)
		case taken[i]:
			return nil, fmt.Errorf("key %q: index %d is given twice", key, i)
		}
		classes[i], taken[i] = name, true
	}
	return classes, nil
}

func lines(text string) []string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.Split(strings.TrimRight(text, "\n"), "\n")
}

// Check reports a list that does not fit a network of n classes.
func (l *List) Check(n int) error {
	if len(l.Classes) != n {
		classes := "classes"
		if len(l.Classes) == 1 {
			classes = "class"
		}
		return fmt.Errorf("labels %s: %d %s, and the network has %d", l.Name, len(l.Classes), classes, n)
	}
	return nil
}

// Class is the name of class i, or "class 17" where the list is nil or too short.
func (l *List) Class(i int) string {
	if l != nil && i < len(l.Classes) {
		return l.Classes[i]
	}
	return fmt.Sprintf("class %d", i)
}

// Find gives the class that a user means: an index, a WordNet id, or a name, in any case where that is clear. Several
// classes of one name are an error that lists their indexes; an unknown one gets a suggestion.
func (l *List) Find(word string) (int, error) {
	if i, err := strconv.Atoi(word); err == nil && i >= 0 && i < len(l.Classes) {
		return i, nil
	}
	if i := slices.Index(l.WNIDs, word); i >= 0 {
		return i, nil
	}
	found := l.indexes(func(class string) bool { return class == word })
	if len(found) == 0 {
		found = l.indexes(func(class string) bool { return strings.EqualFold(class, word) })
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		where := "in " + l.Name
		if slices.Contains(Names(), l.Name) { // which nobody typed, mostly
			where = fmt.Sprintf("among the network's %d", len(l.Classes))
		}
		return 0, fmt.Errorf("no class %q %s%s", word, where, l.hint(word))
	}
	return 0, fmt.Errorf("class %q is ambiguous: give one of the indexes %s", word, strings.Trim(fmt.Sprint(found), "[]"))
}

func (l *List) indexes(is func(class string) bool) []int {
	var found []int
	for i, class := range l.Classes {
		if is(class) {
			found = append(found, i)
		}
	}
	return found
}

// mostHints is how many classes are suggested.
const mostHints = 4

// hint suggests a class: one that is spelled with other separators, the one that a list of synonyms ("tench, Tinca
// tinca") holds, those that contain the word, or a near miss.
func (l *List) hint(word string) string {
	for part := range strings.SplitSeq(word, ",") {
		part = strings.TrimSpace(strings.ReplaceAll(part, "_", " "))
		for _, class := range l.Classes {
			if strings.EqualFold(strings.ReplaceAll(class, "_", " "), part) {
				return fmt.Sprintf("; did you mean %q?", class)
			}
		}
	}
	if found := l.containing(word); len(found) > 0 {
		return `; did you mean "` + strings.Join(found[:min(len(found), mostHints)], `" or "`) + `"?`
	}
	return nearest.Hint(word, l.Classes)
}

// containing are the classes that word, of three letters at least, is a part of.
func (l *List) containing(word string) []string {
	fold := func(s string) string { return strings.ToLower(strings.ReplaceAll(s, "_", " ")) }
	var found []string
	for _, class := range l.Classes {
		if len(word) >= 3 && strings.Contains(fold(class), fold(word)) {
			found = append(found, class)
		}
	}
	return found
}
