package model

import (
	"strings"

	"resnet/internal/tensor"
)

// Change is one thing in which network B differs from network A.
type Change struct {
	Kind ChangeKind
	Part string // stem, layer1, head
	// Blocks are the blocks in a row that change alike; none in stem and head.
	Blocks []string
	// Unit is the name of a layer: in its block (conv1), in stem and head in the network. "" for whole blocks and maps.
	Unit string
	// A and B are what there is; nil where a network has no such layer or block.
	A, B *Side
}

// ChangeKind is what a Change is about.
type ChangeKind string

// The kinds of change. A block of another class is a change of the block; other blocks are compared layer by layer.
const (
	ChangedLayer    ChangeKind = "layer"
	ChangedShortcut ChangeKind = "shortcut"
	ChangedBlock    ChangeKind = "block"
	ChangedMaps     ChangeKind = "maps" // the same layers of a part at another size
)

// Side is what a network has where it differs: of several blocks the first, with the numbers of all.
type Side struct {
	Units        []Unit // of a block its residual branch
	Shortcut     string // its kind, of blocks and shortcuts
	Side         []Unit // what stands on the shortcut
	Out          tensor.Shape
	Params, MACs int64
}

// Compare lists in what b differs from a: stage by stage, block by block, layer by layer. The differences of all changes'
// parameters and multiply-adds add up to the networks'.
func Compare(a, b []Part) []Change {
	var changes []Change
	for _, name := range partNames(a, b) {
		pa, pb := partCalled(a, name), partCalled(b, name)
		found := compareUnits(pa.Units, pb.Units, "")
		found = append(found, compareBlocks(pa.Blocks, pb.Blocks)...)
		if rest := restOf(pa, pb, found); rest != nil {
			found = append(found, *rest)
		}
		for i := range found {
			found[i].Part = name
		}
		changes = append(changes, found...)
	}
	return changes
}

// partNames are those of both networks: stem, the stages of the one that has more, head.
func partNames(a, b []Part) []string {
	if len(b) > len(a) {
		a = b
	}
	var names []string
	for _, p := range a {
		names = append(names, p.Name)
	}
	return names
}

func partCalled(parts []Part, name string) Part {
	for _, p := range parts {
		if p.Name == name {
			return p
		}
	}
	return Part{}
}

// compareUnits compares chains of layers: the first convolution with the first, the first pool with the first. within is
// the path of their block and a dot.
func compareUnits(a, b []Unit, within string) []Change {
	var changes []Change
	matched := make([]bool, len(b))
	for i, u := range a {
		j := nextOf(b, u.Class, matched)
		change := Change{Kind: ChangedLayer, Unit: strings.TrimPrefix(u.Path, within), A: sideOf(a[i : i+1])}
		if j >= 0 {
			matched[j] = true
			if u.same(b[j]) {
				continue
			}
			change.B = sideOf(b[j : j+1])
		}
		changes = append(changes, change)
	}
	for j, u := range b {
		if !matched[j] {
			changes = append(changes, Change{Kind: ChangedLayer, Unit: strings.TrimPrefix(u.Path, within), B: sideOf(b[j : j+1])})
		}
	}
	return changes
}

// nextOf is the first layer of a class that nothing is matched with, or -1.
func nextOf(units []Unit, class string, matched []bool) int {
	for i, u := range units {
		if u.Class == class && !matched[i] {
			return i
		}
	}
	return -1
}

// same tells whether two layers are alike, whatever the size of their maps.
func (u Unit) same(v Unit) bool { return u.Op == v.Op && u.Params == v.Params }

func sideOf(units []Unit) *Side {
	s := &Side{Units: units, Out: units[len(units)-1].Output}
	for _, u := range units {
		s.Params += u.Params
		s.MACs += u.MACs
	}
	return s
}
