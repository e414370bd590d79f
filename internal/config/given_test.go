package config

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestGivenIsGiven gives every key that there is each value that stands for nothing: that is an error at this key, or one of
// the few values that mean something.
func TestGivenIsGiven(t *testing.T) {
	mean := map[string][]string{ // what these keys may be
		"description": {`""`},
		"head":        {"[]"},                                                                                // none before the classifier's own
		"stem":        {"{}"}, "preprocess": {"{}"}, "pad": {"{}"}, "stem.conv": {"{}"}, "stem.pool": {"{}"}, // nothing of it is given
		"stem.conv.padding": {"0"}, "stem.pool.padding": {"0"},
	}
	f := defaults()
	for _, key := range allKeys("", f.fields()) {
		for _, nothing := range []string{`""`, "", "~", "null", "0", "-1", "[]", "{}", `[""]`, "[0]", "[null]"} {
			for _, base := range []string{"extends: resnet18\n", "extends: resnext50_32x4d\n"} {
				if key == "extends" {
					base = "layers: [2, 2]\n"
				}
				_, err := LoadFile(t.Context(), write(t, "net.yaml", base+at(key, nothing)))
				switch {
				case slices.Contains(mean[key], nothing):
					if err != nil {
						t.Errorf("%s: %s: %v", key, nothing, err)
					}
				case err == nil:
					t.Errorf("%s: %s is taken for something after %s", key, nothing, base)
				case !strings.Contains(err.Error(), key):
					t.Errorf("%s: %s: the error does not name the key: %v", key, nothing, err)
				}
			}
		}
	}
}

// allKeys are the keys of fields, with those of the mappings in them.
func allKeys(prefix string, known fields) []string {
	var keys []string
	for _, name := range slices.Sorted(maps.Keys(known)) {
		keys = append(keys, prefix+name)
		below := map[string][]string{
			"pad": {"zeros", "pool"}, "stem": {"conv", "conv.kernel", "conv.planes", "conv.stride", "conv.padding", "pool", "pool.kernel", "pool.stride", "pool.padding"},
			"preprocess": {"resize", "crop", "interpolation", "mean", "std", "order", "range"},
		}[name]
		for _, inner := range below {
			keys = append(keys, prefix+name+"."+inner)
		}
	}
	return keys
}

// at is a key with a value, as YAML.
func at(key, value string) string {
	var b strings.Builder
	parts := strings.Split(key, ".")
	for i, part := range parts {
		b.WriteString(strings.Repeat("  ", i) + part + ":")
		if i < len(parts)-1 {
			b.WriteString("\n")
		}
	}
	return b.String() + " " + value + "\n"
}

// TestLabelsNone: class names that there are none of are said so, and read back.
func TestLabelsNone(t *testing.T) {
	arch, err := LoadFile(t.Context(), write(t, "net.yaml", "extends: resnet18\nlabels: none\n"))
	if err != nil || arch.Labels != "" {
		t.Fatalf("%+v, %v", arch, err)
	}
	if text := Commented(arch); !strings.Contains(text, "\nlabels: none ") {
		t.Errorf("written as\n%s", text)
	}
}
