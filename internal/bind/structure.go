package bind

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"resnet/internal/graph"
	"resnet/internal/model"
)

// A unit is a convolution or fully connected layer of a file, and the one-dimensional tensors that follow it: its bias,
// its batch norm, or both.
type unit struct {
	weight string
	rest   []string
	side   bool // its name says that it belongs to a shortcut
}

// sideNames are the words that people call a shortcut.
var sideNames = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(shortcut|downsample|down_sample|skip|proj|identity)`)
})

// units takes a file apart in its own order, or what is left of it where the file is sorted.
func units(w graph.Weights) (list []unit, sorted bool, err error) {
	l := layout{}
	l.take("", nil)
	order, sorted, err := registered(w, func(name string) bool {
		info, _ := w.Info(name)
		return l.counter(name, info) || l.training(name)
	})
	if err != nil {
		return nil, sorted, err
	}
	for _, name := range order {
		info, _ := w.Info(name)
		switch {
		case len(info.Shape) > 1:
			list = append(list, unit{weight: name, side: sideNames().MatchString(name)})
		case len(list) == 0:
			return nil, sorted, fmt.Errorf("%q comes first and is no convolution%s", name, lostOrder(sorted))
		default:
			last := &list[len(list)-1]
			last.rest = append(last.rest, name)
		}
	}
	return list, sorted, nil
}

// lostOrder says why a sorted file may not fit.
func lostOrder(sorted bool) string {
	if !sorted {
		return ""
	}
	return "; the file is sorted by name, so that the order of the network is lost: save it with torch.save"
}

// graphUnit is a convolution with its batch norm, or the fully connected layer.
type graphUnit struct {
	param graph.Param // the weight
	norm  string
	// onShortcut is true of what stands on a block's shortcut.
	onShortcut bool
}

func graphUnits(g *model.Graph) []graphUnit {
	norms := map[graph.Value]string{}
	for _, call := range g.Calls {
		if _, ok := call.Op.(graph.BatchNorm); ok {
			norms[call.Inputs[0]] = call.Path
		}
	}
	var list []graphUnit
	for _, p := range g.Params() {
		if len(p.Shape) > 1 {
			call := g.Calls[p.Call]
			list = append(list, graphUnit{p, norms[call.Output], call.OnShortcut})
		}
	}
	return list
}

// structureLayout names a file's tensors by order and shape: first by order alone; where that does not fit, the k-th
// of a shape is the k-th of that shape, shortcuts apart from the rest.
func structureLayout(g *model.Graph, w graph.Weights) (*layout, error) {
	list, sorted, err := units(w)
	if err != nil {
		return nil, err
	}
	want := graphUnits(g)
	if len(list) != len(want) {
		return nil, fmt.Errorf("the file has %d convolutions and fully connected layers, the network %d", len(list), len(want))
	}
	shape := func(u unit) string {
		info, _ := w.Info(u.weight)
		return info.Shape.String()
	}
	order := make([]unit, len(want))
	inOrder := true
	for i, g := range want {
		order[i] = list[i]
		inOrder = inOrder && shape(list[i]) == g.param.Shape.String()
	}
	if !inOrder {
		if order, err = byShape(want, list, shape); err != nil {
			return nil, err
		}
	}
	l := newStructure(w, sorted)
	for i, g := range want {
		if err := l.nameUnit(g, order[i]); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// newStructure is a layout of order and shape.
func newStructure(w graph.Weights, sorted bool) *layout {
	l := &layout{names: map[string]string{}, order: w.Names()}
	l.take("", nil)
	if sorted {
		l.notes = append(l.notes, "the file's tensors are sorted by name; taken for the order of the network, numbers by their value")
	}
	return l
}

func byShape(want []graphUnit, list []unit, shape func(unit) string) ([]unit, error) {
	sides := false
	for _, u := range list {
		sides = sides || u.side
	}
	queues := map[string][]unit{}
	key := func(shape string, side bool) string { return fmt.Sprint(shape, sides && side) }
	for _, u := range list {
		k := key(shape(u), u.side)
		queues[k] = append(queues[k], u)
	}
	order := make([]unit, len(want))
	for i, g := range want {
		k := key(g.param.Shape.String(), g.onShortcut)
		if len(queues[k]) == 0 {
			return nil, fmt.Errorf("the file has nothing of the shape that is left for %s: %v", g.param.Name, g.param.Shape)
		}
		order[i], queues[k] = queues[k][0], queues[k][1:]
	}
	return order, nil
}

// nameUnit gives a unit's tensors the names of the graph.
func (l *layout) nameUnit(g graphUnit, u unit) error {
	path := strings.TrimSuffix(g.param.Name, ".weight")
	l.names[g.param.Name] = u.weight
	rest := u.rest
	if len(rest)%4 == 1 {
		l.names[path+".bias"] = rest[0]
		rest = rest[1:]
	}
	if len(rest) == 0 && (len(u.rest) == 1 || g.norm == "") {
		return nil
	}
	if len(rest) != len(batchNormParts) || g.norm == "" || !inPlace(rest) {
		return fmt.Errorf("%d tensors follow %q, which would be %s", len(u.rest), u.weight, g.param.Name)
	}
	for i, part := range batchNormParts {
		l.names[g.norm+"."+part] = rest[i]
	}
	return nil
}
