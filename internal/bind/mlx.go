package bind

import (
	"slices"
	"strings"

	"resnet/internal/graph"
)

// translateMLX reads a file whose convolutions are (out, h, w, in), as MLX has them, and whose modules stand in a
// Sequential's list "layers". It gives nil for every other file.
func translateMLX(w graph.Weights) (*translation, error) {
	if !channelsLast(w) {
		return nil, nil
	}
	t := newTranslation(w, "MLX")
	for _, name := range w.Names() {
		info, _ := w.Info(name)
		var axes []int
		if len(info.Shape) == 4 {
			axes = []int{0, 3, 1, 2}
		}
		words := slices.DeleteFunc(strings.Split(name, "."), func(word string) bool { return word == "layers" })
		if err := t.add(strings.Join(words, "."), name, axes, 0); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// channelsLast tells the layout of a file by all its convolutions. A kernel is square: in (64, 7, 7, 3) it is the middle
// two dimensions, in (64, 3, 7, 7) the last two; (16, 3, 3, 3) is both and says nothing. One that is neither, or two that
// contradict each other, are no evidence for another layout than PyTorch's.
func channelsLast(w graph.Weights) bool {
	last := false
	for _, name := range w.Names() {
		info, _ := w.Info(name)
		if len(info.Shape) != 4 {
			continue
		}
		middle, end := info.Shape[1] == info.Shape[2], info.Shape[2] == info.Shape[3]
		if !middle {
			return false
		}
		last = last || !end
	}
	return last
}
