package checkpoint

import (
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestUnread: tensors whose elements are not read are listed by type and shape as PyTorch and safetensors name them
// (testdata/make_fixtures.py), hide none of the others, and say their type to whoever wants their values.
func TestUnread(t *testing.T) {
	text, err := os.ReadFile("testdata/unread.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string][]golden
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for file, want := range all {
		f := openFixture(t, file)
		if len(f.Names()) != len(want) {
			t.Errorf("%s: Names() = %q, want %d", file, f.Names(), len(want))
		}
		for _, g := range want {
			info, ok := f.Info(g.Name)
			if !ok || info.DType != g.DType || !info.Shape.Equal(g.Shape) {
				t.Errorf("%s: Info(%q) = %v, %v; want %v of %s", file, g.Name, info, ok, g.Shape, g.DType)
				continue
			}
			values := make([]float32, info.Shape.Elements())
			err := f.Read(g.Name, values)
			if g.Name == "float32" {
				if err != nil || !slices.Equal(values, []float32{0, 1, 2}) {
					t.Errorf("%s: Read(float32) = %v, %v", file, values, err)
				}
				continue
			}
			if info.DType.Size() != 0 || err == nil || !strings.Contains(err.Error(), string(g.DType)) {
				t.Errorf("%s: Read(%q) of type %s: %v", file, g.Name, info.DType, err)
			}
			if strings.HasSuffix(file, ".pth") && f.Stream(g.Name, io.Discard) == nil {
				t.Errorf("%s: Stream(%q) is no error", file, g.Name)
			}
		}
	}
}
