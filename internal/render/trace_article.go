package render

import (
	"fmt"
	"io"
	"strings"

	"resnet/internal/hooks"
)

// Article prints what the article's two hooks print where the article registers them: layer_hook on the network's
// layers, print_sizes on its other modules, on those of each block, and on those of a block's Sequential.
func (t *Trace) Article(w io.Writer) error {
	for _, e := range t.Events() {
		if e.Functional {
			continue // a hook sees modules alone
		}
		depth := depth(e.Path)
		inLayer := t.stageOf(e.Path) != ""
		switch {
		case inLayer && depth == 1:
			layerHook(w)
		case depth == 1, inLayer && depth == 3 && !e.Container, inLayer && depth == 4:
			printSizes(w, e)
		}
	}
	return nil
}

// depth is the number of names in a path; the root has none.
func depth(path string) int {
	if path == "" {
		return 0
	}
	return strings.Count(path, ".") + 1
}

func layerHook(w io.Writer) { fmt.Fprint(w, "\n\t\t Layer boundary \n\n") }

func printSizes(w io.Writer, e hooks.Record) {
	fmt.Fprintf(w, "\n%s\n", e.Class)
	if len(e.Kernel) > 0 {
		fmt.Fprintf(w, "\tkernel: %v\n\tpadding: %v\n\tstride: %v\n",
			attribute(e.Class, e.Kernel), attribute(e.Class, e.Padding), attribute(e.Class, e.Stride))
	}
	if !hasPrefix(e.Class, "ReLU", "BatchNorm") {
		fmt.Fprintf(w, "\tinput size: torch.Size(%v)\n\toutput size: torch.Size(%v)\n", e.Inputs[0], e.Output)
	}
}

func hasPrefix(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// Size is a module's attribute for height and width as PyTorch prints it: (7, 7) of a convolution, 3 of a pool, which
// was given one number. It is empty where a class has none.
type Size []int

// attribute is the Size of a class.
func attribute(class string, pair []int) Size {
	if hasPrefix(class, "MaxPool", "AvgPool") && len(pair) > 0 {
		return Size(pair[:1])
	}
	return Size(pair)
}

func (s Size) String() string {
	switch len(s) {
	case 0:
		return ""
	case 1:
		return fmt.Sprint(s[0])
	}
	return fmt.Sprintf("(%d, %d)", s[0], s[1])
}
