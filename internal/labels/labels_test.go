package labels

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestBuiltin(t *testing.T) {
	for name, want := range map[string]struct {
		classes     int
		first, last string
		wnid        string
	}{
		"imagenet":      {1000, "tench", "toilet tissue", "n01440764"},
		"tiny_imagenet": {200, "goldfish", "", "n01443537"},
		"cifar10":       {10, "airplane", "truck", ""},
	} {
		l, err := Load(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Check(want.classes); err != nil {
			t.Error(err)
		}
		if l.Classes[0] != want.first || want.last != "" && l.Classes[len(l.Classes)-1] != want.last {
			t.Errorf("%s: from %q to %q", name, l.Classes[0], l.Classes[len(l.Classes)-1])
		}
		if want.wnid != "" && (len(l.WNIDs) != want.classes || l.WNIDs[0] != want.wnid) {
			t.Errorf("%s: %d WordNet ids, the first %q", name, len(l.WNIDs), l.WNIDs[0])
		}
	}
}

func TestFiles(t *testing.T) {
	for text, want := range map[string]int{
		"cat\ndog\n": 2, "cat\r\ndog": 2, `["cat", "dog", "cow"]`: 3, `{"0": "cat", "1": "dog"}`: 2,
		`{"0": ["n02123045", "tabby"], "1": ["n02123159", "tiger cat"]}`: 2, `{"cat": 1, "dog": 0}`: 2, "\ufeff{\"cat\": 0}": 1,
		"": -1, "[1, 2]": -1, `{"cat": 0, "dog": 0}`: -1, `{"cat": 2}`: -1, `{"0": ["n02123045"]}`: -1, `{"0": null}`: -1, `{"0": "cat", "2": "dog"}`: -1, `{"cat": "0"}`: -1, "\xff": -1,
	} {
		path := filepath.Join(t.TempDir(), "labels.txt")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := Load(t.Context(), path)
		switch {
		case want < 0 && err == nil:
			t.Errorf("%q: %q, want an error", text, l.Classes)
		case want >= 0 && err != nil:
			t.Errorf("%q: %v", text, err)
		case want >= 0 && len(l.Classes) != want:
			t.Errorf("%q: %q", text, l.Classes)
		}
	}
}

func TestFind(t *testing.T) {
	l, err := Load(t.Context(), "imagenet")
	if err != nil {
		t.Fatal(err)
	}
	for word, want := range map[string]int{"0": 0, "n01440764": 0, "Egyptian Cat": 285, "crane": 517, "cardigan": 474, "Cardigan": 264, "1000": -1, "nothing": -1} {
		got, err := l.Find(word)
		if want < 0 && err == nil || want >= 0 && (err != nil || got != want) {
			t.Errorf("Find(%q) = %d, %v; want %d", word, got, err, want)
		}
	}
}

func TestFindSuggests(t *testing.T) {
	l, err := Load(t.Context(), "imagenet")
	if err != nil {
		t.Fatal(err)
	}
	for word, want := range map[string]string{
		"electric_ray": `did you mean "electric ray"?`, "tench, Tinca tinca": `did you mean "tench"?`,
		"goldfsh": "goldfish", "CARDIGAN": "ambiguous: give one of the indexes 264 474",
	} {
		if _, err := l.Find(word); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Find(%q): %v, want %s", word, err, want)
		}
	}
}

func TestOrderOfMaps(t *testing.T) {
	for _, text := range []string{`{"1": "dog", "0": "cat"}`, `{"dog": 1, "cat": 0}`, `{"1": ["n1", "dog"], "0": ["n0", "cat"]}`} {
		if classes, err := parse(text); err != nil || !slices.Equal(classes, []string{"cat", "dog"}) {
			t.Errorf("%s: %q, %v", text, classes, err)
		}
	}
}

func TestTop(t *testing.T) {
	nan := float32(math.NaN())
	top := Top([]float32{1, 3, 3, -1}, 3, &List{Classes: []string{"a", "b", "c", "d"}})
	if top[0].Label != "b" || top[1].Label != "c" || top[2].Label != "a" {
		t.Errorf("order %v", top)
	}
	if p := math.Exp(3) / (2*math.Exp(3) + math.Exp(1) + math.Exp(-1)); math.Abs(top[0].Probability-p) > 1e-15 {
		t.Errorf("probability %v, want %v", top[0].Probability, p)
	}
	if all := Top([]float32{1, nan, 2}, 0, nil); len(all) != 3 || all[0].Index != 1 {
		t.Errorf("with a NaN: %v", all)
	}
}
