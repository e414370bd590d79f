package bind

import (
	"strconv"
	"strings"
	"testing"

	"resnet/internal/model"
	"resnet/internal/tensor"
)

// FuzzRecognize gives any names and shapes to all that reads them: "conv1.weight 64 3 7 7", a line a tensor. Whatever a
// file claims, the answer is a network that can be built and bound, or an error.
func FuzzRecognize(f *testing.F) {
	for _, s := range []model.Spec{
		{Layers: []int{1, 1}, Stem: model.Stem{Pool: pool3}},
		{Block: "bottleneck", Layers: []int{1, 1}, Groups: 2, WidthPerGroup: 32, Shortcut: model.ShortcutAvgPoolProjection},
		{Layers: []int{1, 1, 1}, Planes: []int{16, 32, 64}, Shortcut: model.ShortcutPad, Stem: model.Stem{Convs: []model.StemConv{{Kernel: 3, Planes: 16, Stride: 1, Padding: 1}}}},
	} {
		g, err := model.Build(s.Default())
		if err != nil {
			f.Fatal(err)
		}
		var text strings.Builder
		for _, p := range g.Params() {
			text.WriteString(p.Name + " " + p.Shape.Join(" ") + "\n")
		}
		f.Add(text.String())
		f.Add(strings.NewReplacer("conv", "c", "bn", "b", "layer", "blocks").Replace(text.String()))
		f.Add("module." + strings.ReplaceAll(text.String(), "\n", "\nema.") + "\nlayer1.0.se.fc1.weight 1 2\n")
	}
	f.Fuzz(func(t *testing.T, text string) {
		m := &memory{shapes: map[string]tensor.Shape{}}
		for line := range strings.Lines(text) {
			words := strings.Fields(line)
			if len(words) == 0 || m.shapes[words[0]] != nil {
				continue
			}
			shape := tensor.Shape{}
			for _, word := range words[1:min(len(words), 9)] {
				n, _ := strconv.Atoi(word)
				shape = append(shape, max(n, 0))
			}
			m.names = append(m.names, words[0])
			m.shapes[words[0]] = shape
		}
		for _, structure := range []bool{false, true} {
			r, err := Recognize(m, RecognizeOptions{Structure: structure})
			if err != nil {
				continue
			}
			g, err := model.Build(r.Spec)
			if err != nil {
				t.Fatalf("recognized %+v: %v", r.Spec, err)
			}
			if _, _, err := Bind(g, m, Options{Structure: structure}); err != nil {
				t.Fatalf("recognized %+v: %v", r.Spec, err)
			}
			if _, err := r.Choose(nil); err != nil && r.Ask == "" {
				t.Fatal(err)
			}
		}
		_, _ = Locate(m, "")
	})
}
