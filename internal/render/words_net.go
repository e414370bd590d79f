package render

import (
	"fmt"

	"resnet/internal/model"
)

// sentence is a result that stands alone.
func sentence(result string) string {
	if result == "" {
		return ""
	}
	return string(result[0]-'a'+'A') + result[1:]
}

// blocks is a number of blocks.
func blocks(n int) string {
	if n == 1 {
		return "1 block"
	}
	return fmt.Sprintf("%d blocks", n)
}

// weightedLayers is the depth as the paper counts it: 50 weighted layers = 1 + 3·16 + 1 (4 projections not counted).
func weightedLayers(g *model.Graph) string {
	depth, terms := g.Spec.WeightedLayers()
	words := fmt.Sprintf("%d weighted layers = %d + %d·%d", depth, terms[0], terms[1], terms[2])
	if terms[3] > 0 {
		words += fmt.Sprintf(" + %d", terms[3])
	}
	switch n := len(projections(g)); n {
	case 0:
		return words
	case 1:
		return words + " (1 projection not counted)"
	default:
		return words + fmt.Sprintf(" (%d projections not counted)", n)
	}
}

// projections are the blocks with a convolution on their shortcut.
func projections(g *model.Graph) []model.Block {
	var found []model.Block
	for _, s := range g.Stages {
		for _, b := range s.Blocks {
			if b.Shortcut == model.ShortcutProjection {
				found = append(found, b)
			}
		}
	}
	return found
}
