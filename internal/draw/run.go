package draw

import (
	"fmt"
	"slices"
	"strings"

	"resnet/internal/article"
	"resnet/internal/model"
)

// run is blocks in a row that are all alike.
type run struct {
	block        // the first
	path  string // layer2.1–3
	count int
}

// times is how often the block stands in a row: ×3, or nothing for one.
func (r run) times() string {
	if r.count == 1 {
		return ""
	}
	return fmt.Sprintf("×%d", r.count)
}

// runs puts like blocks together, or each in a run of its own where they are to be drawn one by one.
func (p part) runs(expand bool) []run {
	var runs []run
	for _, b := range p.blocks {
		if last := len(runs) - 1; last >= 0 && !expand && runs[last].alike(b) {
			runs[last].count++
			runs[last].path = model.BlockRange([]string{runs[last].Path, b.Path})
			continue
		}
		runs = append(runs, run{block: b, path: b.Path, count: 1})
	}
	return runs
}

// alike tells whether two blocks do the same to the same shapes.
func (b block) alike(other block) bool {
	return b.In.Equal(other.In) && b.Out.Equal(other.Out) && b.recipe() == other.recipe()
}

// recipe is what a block is made of.
func (b block) recipe() string {
	words := b.Class + " " + b.Shortcut
	for _, l := range slices.Concat(b.branch, b.shortcut) {
		words += "; " + l.line()
	}
	return words
}

// variant is all blocks of a network that do the same to their input in the same way.
type variant struct {
	block  // the first
	result string
	blocks []block
}

// variants sorts a network's blocks by what they do, in the order of the first of each kind.
func (n *Net) variants() []variant {
	var found []variant
	for _, p := range n.parts {
		for _, b := range p.blocks {
			v := variant{block: b, result: article.StageResult(b.In, b.Out)}
			i := slices.IndexFunc(found, func(f variant) bool {
				return f.result == v.result && f.Shortcut == b.Shortcut && f.unusual() == b.unusual()
			})
			if i < 0 {
				i = len(found)
				found = append(found, v)
			}
			found[i].blocks = append(found[i].blocks, b)
		}
	}
	return found
}

// unusual is what makes the convolutions of a block differ from those of other blocks, planes apart.
func (b block) unusual() string {
	words := ""
	for _, l := range b.branch {
		words += fmt.Sprint(l.Kernel, l.Stride, l.Dilation)
	}
	return words
}

// where names the blocks of a variant: layer1.0–2, layer2.1–3.
func (v variant) where() []string {
	var words []string
	for i := 0; i < len(v.blocks); {
		n := i + 1
		for n < len(v.blocks) && follows(v.blocks[n-1].Path, v.blocks[n].Path) {
			n++
		}
		words = append(words, model.BlockRange([]string{v.blocks[i].Path, v.blocks[n-1].Path}))
		i = n
	}
	return words
}

// title names a variant's blocks and counts them: layer2.0, layer3.0 ×2.
func (v variant) title() string {
	return strings.TrimSpace(strings.Join(v.where(), ", ") + " " + run{count: len(v.blocks)}.times())
}

// variantsFact counts a network's variants.
func (n *Net) variantsFact(variants int) string {
	return fmt.Sprintf("%s of %s in %s", numberOf(variants, "variant"), n.Spec.BlockClass(), numberOf(n.Spec.Blocks(), "block"))
}

// follows tells whether the block called next stands behind the one called path, in the same stage.
func follows(path, next string) bool {
	stage, number := model.SplitBlock(path)
	nextStage, nextNumber := model.SplitBlock(next)
	return stage == nextStage && nextNumber == number+1
}
