package torchfile

import "slices"

func (u *unpickler) tuple() error {
	items, err := u.popMark()
	if err != nil {
		return err
	}
	return u.pushTuple(items)
}

func (u *unpickler) tupleOf(n int) error {
	items, err := u.popN(n)
	if err != nil {
		return err
	}
	return u.pushTuple(items)
}

func (u *unpickler) pushTuple(items []any) error {
	return u.build(24+16*int64(len(items)), &tuple{items: slices.Clone(items)})
}

func (u *unpickler) setItem() error {
	items, err := u.popN(2)
	if err != nil {
		return err
	}
	return u.setAll(items)
}

func (u *unpickler) setItems() error {
	items, err := u.popMark()
	if err != nil {
		return err
	}
	if len(items)%2 != 0 {
		return u.fail("the pickle sets a dict key without a value")
	}
	return u.setAll(items)
}

// setAll puts keys and values, in turn, into the dict on top of the stack.
func (u *unpickler) setAll(items []any) error {
	top, err := u.top()
	if err != nil {
		return err
	}
	d, ok := top.(*dict)
	if !ok {
		return u.fail("the pickle sets keys of %s, which is no dict", describe(top))
	}
	for i := 0; i < len(items); i += 2 {
		if err := u.set(d, items[i], items[i+1]); err != nil {
			return err
		}
	}
	return nil
}

func (u *unpickler) set(d *dict, key, value any) error {
	switch key := key.(type) {
	case string, int64:
		if d.has(key) {
			return u.fail("a dict has the key %s twice", quoted(key))
		}
	default:
		if !hashable(key) {
			return u.fail("a dict has %s for a key", describe(key))
		}
	}
	d.set(key, value)
	return u.spend(96)
}

// hashable reports whether Python could use a value, that is neither a string nor an integer, as a key; of tuples only
// flat ones are.
func hashable(key any) bool {
	t, ok := key.(*tuple)
	if !ok {
		return !holds(key)
	}
	return !slices.ContainsFunc(t.items, holds)
}

func (u *unpickler) append() error {
	items, err := u.popN(1)
	if err != nil {
		return err
	}
	return u.extend(items)
}

func (u *unpickler) appends() error {
	items, err := u.popMark()
	if err != nil {
		return err
	}
	return u.extend(items)
}

// extend appends to the list on top of the stack.
func (u *unpickler) extend(items []any) error {
	top, err := u.top()
	if err != nil {
		return err
	}
	l, ok := top.(*list)
	if !ok {
		return u.fail("the pickle appends to %s, which is no list", describe(top))
	}
	l.items = append(l.items, items...)
	return u.spend(16 * int64(len(items)))
}
