package weights

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"resnet/internal/imaging"
	"resnet/internal/labels"
)

// Keys of the metadata that converted files have; docs/weights.md says what they hold.
const (
	networkKey    = "resnet.network"
	yamlKey       = "resnet.network_yaml"
	PreprocessKey = "resnet.preprocess"
	assumedKey    = "resnet.preprocess_assumed"
	labelsKey     = "resnet.labels"
	weightsKey    = "resnet.weights"
	SHA256Key     = "resnet.weights_sha256"
	baseKey       = "resnet.base"
	licenseKey    = "license"
)

// maxWord bounds a name in metadata, maxPreprocess the JSON of a preprocessing, which has some 200 bytes, and maxYAML that of a
// network, which has some 2000.
const (
	maxWord       = 256
	maxPreprocess = 4096
	maxYAML       = 1 << 16
)

// Told is what a file itself says of the network whose weights it holds. What it does not say is nil or "".
type Told struct {
	Network    string // its name
	YAML       string // that describes it, where it is of somebody's own; it names no other file
	Preprocess *imaging.Preprocess
	Assumed    bool // no file said how pixels are prepared
	Labels     *labels.List
	Set        string // the weights' name, where they are one of a set
	SHA256     string // of the file that they came from
	// Base is the name of the weights that the file is but a head for, those of SHA256; "": it holds the whole network.
	Base    string
	License string
}

// Metadata is how a file says it.
func (t Told) Metadata() (map[string]string, error) {
	m := map[string]string{}
	for key, value := range map[string]string{networkKey: t.Network, yamlKey: t.YAML, weightsKey: t.Set, SHA256Key: t.SHA256, baseKey: t.Base, licenseKey: t.License} {
		if value != "" {
			m[key] = value
		}
	}
	if t.Preprocess != nil {
		p := *t.Preprocess
		p.Gray = false // the network tells
		text, err := json.Marshal(p)
		if err != nil {
			return nil, err
		}
		m[PreprocessKey] = string(text)
	}
	if t.Assumed {
		m[assumedKey] = "true"
	}
	if t.Labels != nil {
		text, err := json.Marshal(t.Labels.Classes)
		if err != nil {
			return nil, err
		}
		m[labelsKey] = string(text)
	}
	return m, nil
}

// ToldBy reads what a file's metadata says; nil where it says nothing. file is its name, for errors. A license alone is
// nothing: others write one too.
func ToldBy(metadata map[string]string, file string) (*Told, error) {
	told, says := &Told{License: metadata[licenseKey]}, false
	for _, key := range []struct {
		name string
		read func(value string) error
	}{
		{networkKey, func(v string) error { told.Network = v; return checkWord(v) }},
		{yamlKey, func(v string) error {
			if told.YAML = v; len(v) > maxYAML {
				return fmt.Errorf("%d bytes, more than %d", len(v), maxYAML)
			}
			return nil
		}},
		{weightsKey, func(v string) error { told.Set = v; return checkWord(v) }},
		{SHA256Key, func(v string) error { told.SHA256 = v; return checkWord(v) }},
		{baseKey, func(v string) error { told.Base = v; return checkWord(v) }},
		{PreprocessKey, func(v string) error {
			if len(v) > maxPreprocess {
				return fmt.Errorf("%d bytes, more than %d", len(v), maxPreprocess)
			}
			p, err := imaging.ParsePreprocess(v)
			told.Preprocess = &p
			return err
		}},
		{assumedKey, func(v string) error {
			if told.Assumed = v == "true"; !told.Assumed {
				return fmt.Errorf("%q is not true", v)
			}
			return nil
		}},
		{labelsKey, func(v string) (err error) {
			told.Labels, err = labels.FromJSON(file+" ("+labelsKey+")", v)
			return err
		}},
	} {
		value, ok := metadata[key.name]
		if !ok {
			continue
		}
		says = true
		if err := key.read(value); err != nil {
			return nil, fmt.Errorf("%s: metadata %s: %w", file, key.name, err)
		}
	}
	if !says {
		return nil, nil
	}
	return told, nil
}

// Kept is the part of a file's metadata that another file with the same tensors has too.
func Kept(metadata map[string]string) map[string]string {
	kept := map[string]string{}
	for _, key := range []string{networkKey, yamlKey, PreprocessKey, assumedKey, labelsKey, weightsKey, SHA256Key, baseKey, licenseKey} {
		if value, ok := metadata[key]; ok {
			kept[key] = value
		}
	}
	return kept
}

// IsName tells whether a file may say a network's name.
func IsName(word string) bool { return checkWord(word) == nil }

// checkWord refuses what no name looks like.
func checkWord(word string) error {
	strange := func(r rune) bool { return !unicode.IsPrint(r) || r == '/' || r == '\\' }
	switch {
	case word == "":
		return fmt.Errorf("it is empty")
	case len(word) > maxWord:
		return fmt.Errorf("%d bytes, more than %d", len(word), maxWord)
	case !utf8.ValidString(word) || strings.ContainsFunc(word, strange):
		return fmt.Errorf("%q is no name", word)
	}
	return nil
}
