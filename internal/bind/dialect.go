package bind

import (
	"strconv"
	"strings"
	"sync"

	"resnet/internal/model"
)

// A dialect is a way to name a residual network's tensors. Its table says what each module is called in torchvision, whose
// names the graph has; the last part of a name (weight, bias, running_mean …) is the same for all.
type dialect struct {
	name    string
	modules []moduleName
	// shortcut is the only kind of shortcut without parameters that its author writes; "" where nothing is known.
	shortcut string
	// withStem is whether names of blocks are none without one of the stem, as others have such numbers too.
	withStem bool
}

// moduleName pairs a module's path with torchvision's. An N is a number that both have, N+ one more than that number:
// "stages.N.layers.N" and "layerN+.N" go together.
type moduleName struct{ path, torchvision string }

// dialects are tried in order; of equals the first wins.
var dialects = []dialect{torchvisionNames, timmNames, transformersNames, cifarNames, childrenNames, tutorialNames, d2lNames, detectron2Names, mmpretrainNames}

// patterns are the paths of each dialect's modules, taken apart.
var patterns = sync.OnceValue(func() map[string][][]string {
	all := map[string][][]string{}
	for _, d := range dialects {
		for _, m := range d.modules {
			all[d.name] = append(all[d.name], strings.Split(m.path, "."))
		}
	}
	return all
})

// translate gives torchvision's path of a module that the dialect knows, and what stands before the path. The longest
// entry wins: layer1.0.conv1 is not conv1 with something before it.
func (d *dialect) translate(module []string) (torchvision, prefix string, ok bool) {
	longest := 0
	for i, pattern := range patterns()[d.name] {
		m := d.modules[i]
		outer := len(module) - len(pattern)
		if outer < 0 || len(pattern) <= longest {
			continue
		}
		if numbers, fits := match(pattern, module[outer:]); fits {
			longest, ok = len(pattern), true
			torchvision = fill(m.torchvision, numbers)
			prefix = ""
			if outer > 0 {
				prefix = strings.Join(module[:outer], ".") + "."
			}
		}
	}
	return torchvision, prefix, ok
}

// match compares a module's path with a pattern, part by part, and returns the numbers that stand for N.
func match(pattern, path []string) (numbers []int, ok bool) {
	for i, want := range pattern {
		word, numbered := strings.CutSuffix(want, "N")
		if !numbered {
			if path[i] != want {
				return nil, false
			}
			continue
		}
		rest, ok := strings.CutPrefix(path[i], word)
		n, err := strconv.Atoi(rest)
		if !ok || err != nil || n < 0 || n > model.MaxBlocks {
			return nil, false
		}
		numbers = append(numbers, n)
	}
	return numbers, true
}

// fill puts numbers in the places of N, N+ and N-.
func fill(path string, numbers []int) string {
	var b strings.Builder
	for _, n := range numbers {
		before, after, _ := strings.Cut(path, "N")
		if rest, ok := strings.CutPrefix(after, "+"); ok {
			after = rest
			n++
		} else if rest, ok := strings.CutPrefix(after, "-"); ok {
			after = rest
			n--
		}
		b.WriteString(before)
		b.WriteString(strconv.Itoa(n))
		path = after
	}
	b.WriteString(path)
	return b.String()
}
