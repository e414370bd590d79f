package model

import "slices"

// compareBlocks compares the blocks of a stage by their number. Blocks in a row that change alike are one.
func compareBlocks(a, b []BlockParts) []Change {
	var changes, last []Change
	for i := range max(len(a), len(b)) {
		var found []Change
		switch {
		case i >= len(a):
			found = []Change{{Kind: ChangedBlock, B: b[i].side(), Blocks: []string{b[i].Path}}}
		case i >= len(b):
			found = []Change{{Kind: ChangedBlock, A: a[i].side(), Blocks: []string{a[i].Path}}}
		default:
			found = compareBlock(a[i], b[i])
		}
		if len(found) > 0 && merge(last, found) {
			continue
		}
		changes = append(changes, found...)
		last = changes[len(changes)-len(found):]
	}
	return changes
}

// compareBlock compares two blocks layer by layer, or as a whole where they are of different kinds.
func compareBlock(a, b BlockParts) []Change {
	if a.Class != b.Class || len(a.Branch) != len(b.Branch) {
		return []Change{{Kind: ChangedBlock, A: a.side(), B: b.side(), Blocks: []string{a.Path}}}
	}
	changes := compareUnits(a.Branch, b.Branch, a.Path+".")
	if a.Shortcut != b.Shortcut || !slices.EqualFunc(a.Side, b.Side, Unit.same) {
		changes = append(changes, Change{Kind: ChangedShortcut, A: a.shortcut(), B: b.shortcut()})
	}
	for i := range changes {
		changes[i].Blocks = []string{a.Path}
	}
	return changes
}

// side is the whole block.
func (b BlockParts) side() *Side {
	return &Side{Units: b.Branch, Shortcut: b.Shortcut, Side: b.Side, Out: b.Out, Params: b.Params, MACs: b.MACs}
}

// shortcut is that of the block alone.
func (b BlockParts) shortcut() *Side {
	s := &Side{Shortcut: b.Shortcut, Side: b.Side, Out: b.Out}
	for _, u := range b.Side {
		s.Params += u.Params
		s.MACs += u.MACs
	}
	return s
}

// merge adds the changes of a block to those of the blocks before if they are alike.
func merge(last, found []Change) bool {
	if !slices.EqualFunc(last, found, alike) {
		return false
	}
	for i, c := range found {
		last[i].Blocks = append(last[i].Blocks, c.Blocks...)
		last[i].A.add(c.A)
		last[i].B.add(c.B)
	}
	return true
}

func alike(a, b Change) bool {
	return a.Kind == b.Kind && a.Unit == b.Unit && a.A.alike(b.A) && a.B.alike(b.B)
}

func (s *Side) alike(t *Side) bool {
	if s == nil || t == nil {
		return s == t
	}
	return s.Shortcut == t.Shortcut && slices.EqualFunc(s.Units, t.Units, Unit.same) && slices.EqualFunc(s.Side, t.Side, Unit.same)
}

func (s *Side) add(t *Side) {
	if s != nil {
		s.Params += t.Params
		s.MACs += t.MACs
	}
}

// restOf is what the changes of a part leave unsaid: its other layers, which are the same, on maps of another size.
func restOf(a, b Part, changes []Change) *Change {
	sideA, sideB := Side{Out: a.Out, MACs: a.MACs}, Side{Out: b.Out, MACs: b.MACs}
	for _, c := range changes {
		if c.A != nil {
			sideA.MACs -= c.A.MACs
		}
		if c.B != nil {
			sideB.MACs -= c.B.MACs
		}
	}
	if sideA.MACs == sideB.MACs {
		return nil
	}
	return &Change{Kind: ChangedMaps, A: &sideA, B: &sideB}
}
