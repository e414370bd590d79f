package bind

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"resnet/internal/graph"
	"resnet/internal/model"
	"resnet/internal/tensor"
)

// layout is a file's tensors under torchvision's names.
type layout struct {
	dialect *dialect // nil: bound by structure
	prefix  string
	names   map[string]string // torchvision's name → the file's
	order   []string          // the file's names
	skipped []string          // prefixes of what is no part of the network
	notes   []string
}

// structureDialect is the dialect of a binding by order and shape.
const structureDialect = "structure"

func (l *layout) name() string {
	if l.dialect == nil {
		return structureDialect
	}
	return l.dialect.name
}

// counter tells the counters that batch norm and averaging keep, which inference does not need. Where names say nothing,
// they are what can be no parameter: a number, and a whole one in a list of its own.
func (l *layout) counter(name string, info tensor.Info) bool {
	if l.dialect == nil && (len(info.Shape) == 0 || len(info.Shape) == 1 && info.Shape[0] == 1 && !info.DType.Floating()) {
		return true
	}
	return strings.HasSuffix(name, "num_batches_tracked") || strings.HasSuffix(name, "n_averaged")
}

// training tells what stands beside the network: a training's state, or another network.
func (l *layout) training(name string) bool {
	if slices.ContainsFunc(l.skipped, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
		return true
	}
	parts := strings.Split(strings.TrimPrefix(name, l.prefix), ".")
	return slices.ContainsFunc(parts, func(part string) bool { return slices.Contains(besideModules, part) })
}

// A reading is one way to understand a file's names.
type reading struct {
	dialect int
	prefix  string
}

// readLayout finds whose names a file has and where in it the network is. part, if not "", is the prefix of the network
// to take where there are several. Without any known name the result is nil.
func readLayout(w graph.Weights, part string) (*layout, error) {
	order := w.Names()
	counts := countReadings(order)
	best := reading{-1, ""}
	for r, n := range counts {
		if c := cmp.Compare(n, counts[best]); c > 0 || c == 0 && r.before(best) {
			best = r
		}
	}
	if best.dialect < 0 {
		return nil, nil
	}
	var networks []string
	for r, n := range counts {
		if r.dialect == best.dialect && 2*n >= counts[best] {
			networks = append(networks, r.prefix)
		}
	}
	l := &layout{dialect: &dialects[best.dialect], order: order, names: map[string]string{}}
	if err := l.choose(networks, part); err != nil {
		return nil, err
	}
	l.skipProjectorsNorm()
	l.translate()
	return l, l.findHead(w)
}

// countReadings counts the names that each reading knows. One that knows no block is none, and in some dialects one without
// a stem.
func countReadings(names []string) map[reading]int {
	counts, blocks, stems := map[reading]int{}, map[reading]bool{}, map[reading]bool{}
	for _, name := range names {
		module, _ := splitTensor(name)
		for d := range dialects {
			if path, prefix, ok := dialects[d].translate(module); ok {
				r := reading{d, prefix}
				counts[r]++
				blocks[r] = blocks[r] || strings.HasPrefix(path, "layer")
				stems[r] = stems[r] || path == "conv1"
			}
		}
	}
	maps.DeleteFunc(counts, func(r reading, _ int) bool { return !blocks[r] || dialects[r.dialect].withStem && !stems[r] })
	return counts
}

func (r reading) before(other reading) bool {
	return cmp.Or(cmp.Compare(r.dialect, other.dialect), strings.Compare(r.prefix, other.prefix)) < 0
}

// paddleLeaves are PaddlePaddle's names of statistics, which converters leave.
var paddleLeaves = map[string]string{"_mean": "running_mean", "_variance": "running_var"}

// compiled is what torch.compile puts around a module.
const compiled = "_orig_mod"

// splitTensor takes layer1.0.conv1.weight apart: the module's path and what it has. Modules inside the network may have been
// compiled; where all of it was, that is a prefix like others.
func splitTensor(name string) (module []string, leaf string) {
	parts := strings.Split(name, ".")
	leaf = parts[len(parts)-1]
	if ours, ok := paddleLeaves[leaf]; ok {
		leaf = ours
	}
	for i, part := range parts[:len(parts)-1] {
		if part != compiled || i < len(parts)-2 && (i == 0 || !strings.ContainsAny(parts[i-1], "0123456789")) {
			module = append(module, part)
		}
	}
	return module, leaf
}

// translate fills in the names. The classifier may stand outside the prefix: backbone.conv1 and fc.
func (l *layout) translate() {
	for _, name := range l.order {
		module, leaf := splitTensor(name)
		path, prefix, ok := l.dialect.translate(module)
		if !ok || prefix != l.prefix && !(path == "fc" && strings.HasPrefix(l.prefix, prefix)) {
			continue
		}
		key := path + "." + leaf
		if _, taken := l.names[key]; !taken || prefix == l.prefix {
			l.names[key] = name
		}
	}
	l.countFromOne()
}

// countFromOne gives layers that are counted from 0 torchvision's numbers.
func (l *layout) countFromOne() {
	counted := map[string]string{}
	zero := false
	for key, name := range l.names {
		if rest, ok := strings.CutPrefix(key, "layer"); ok {
			number, path, _ := strings.Cut(rest, ".")
			n, _ := strconv.Atoi(number)
			zero = zero || n == 0
			key = model.LayerName(n) + "." + path
		}
		counted[key] = name
	}
	if zero {
		l.names = counted
	}
}

// choose takes one of the networks in a file. A training's averaged weights come before its raw ones, as in timm.
func (l *layout) choose(networks []string, part string) error {
	slices.Sort(networks)
	if part != "" {
		for _, prefix := range networks {
			if strings.TrimSuffix(prefix, ".") == strings.TrimSuffix(part, ".") {
				l.take(prefix, networks)
				return nil
			}
		}
		return fmt.Errorf("no network under %q; there is one under %s", part, quoteAll(networks))
	}
	ranked := slices.Clone(networks)
	slices.SortStableFunc(ranked, func(a, b string) int { return cmp.Compare(networkRank(a), networkRank(b)) })
	if len(ranked) > 1 && networkRank(ranked[0]) == networkRank(ranked[1]) {
		return &SeveralError{Parts: networks}
	}
	l.take(ranked[0], networks)
	return nil
}

func (l *layout) take(prefix string, networks []string) {
	l.prefix = prefix
	for _, word := range trainingState {
		if !strings.HasPrefix(prefix, word+".") {
			l.skipped = append(l.skipped, word+".")
		}
	}
	for _, other := range networks {
		if other != prefix && other != "" && !strings.HasPrefix(prefix, other) {
			l.skipped = append(l.skipped, other)
			l.notes = append(l.notes, fmt.Sprintf("the file also has %q, which is not used", other))
		}
	}
}

// SeveralError is a file with several networks, none of which is known to be the one that is meant.
type SeveralError struct {
	Parts []string // the prefixes of their names
}

func (e *SeveralError) Error() string {
	return "the file holds several networks: " + quoteAll(e.Parts)
}

func quoteAll(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = fmt.Sprintf("%q", w)
	}
	return strings.Join(quoted, ", ")
}

// Located is a network inside a file.
type Located struct {
	Prefix string   // what stands before its names
	Names  []string // of its tensors, in the file's order and with the prefix
	Notes  []string
}

// Locate finds a network in a file, as Bind would, and leaves out what belongs to its training: it is what stands under
// part, where that is not "". A file without tensors is ErrEmpty. Where nobody knows the names, the network is the whole file.
func Locate(w graph.Weights, part string) (*Located, error) {
	if len(w.Names()) == 0 {
		return nil, ErrEmpty
	}
	if part != "" {
		if out := under(w, strings.TrimSuffix(part, ".")+"."); len(out.Names) > 0 {
			return out, nil
		}
	}
	l, err := readLayout(w, part)
	if _, whole := errors.AsType[*SegmentationError](err); err != nil && !whole {
		return nil, err
	}
	if l == nil {
		return &Located{Names: w.Names()}, nil
	}
	out := &Located{Prefix: l.prefix, Notes: l.notes}
	for _, name := range l.order {
		inside := strings.HasPrefix(name, l.prefix)
		info, _ := w.Info(name)
		if l.training(name) || !inside && (l.counter(name, info) || len(info.Shape) == 0) {
			continue
		}
		out.Names = append(out.Names, name)
		if !inside {
			out.Prefix = "" // a part of the network stands elsewhere: names stay as they are
		}
	}
	if dropped := len(l.order) - len(out.Names); dropped > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("%d tensors of the training are left out", dropped))
	}
	return out, nil
}

// under takes the tensors whose names begin with a prefix, all of them and no others.
func under(w graph.Weights, prefix string) *Located {
	out := &Located{Prefix: prefix}
	for _, name := range w.Names() {
		if strings.HasPrefix(name, prefix) {
			out.Names = append(out.Names, name)
		}
	}
	if dropped := len(w.Names()) - len(out.Names); dropped > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("%d tensors outside of %q are left out", dropped, strings.TrimSuffix(prefix, ".")))
	}
	networks := countReadings(w.Names())
	beside := func(name string) bool {
		if strings.HasPrefix(name, prefix) {
			return false
		}
		for r := range networks { // another network like this one is none of its parts
			if r.prefix != "" && strings.HasPrefix(name, r.prefix) {
				return false
			}
		}
		return true
	}
	if hasConvs(w, beside) {
		out.Notes = append(out.Notes, dilationsUntold)
	}
	return out
}

// dilationsUntold is said of a backbone that stands beside other convolutions.
const dilationsUntold = "convolutions stand beside the network: where they are for segmentation, it mostly has dilations in place of strides, which no tensor tells (in YAML replace_stride_with_dilation)"

// hasConvs tells whether there is a convolution among the tensors of which is true.
func hasConvs(w graph.Weights, is func(name string) bool) bool {
	return slices.ContainsFunc(w.Names(), func(name string) bool {
		info, _ := w.Info(name)
		return len(info.Shape) == 4 && is(name)
	})
}
