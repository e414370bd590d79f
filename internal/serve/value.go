package serve

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"
)

// value is one value of JSON that was found to be valid, as a part of the text that it stands in. A request's numbers are
// read from there at once: they are most of it.
type value []byte

// parseValue checks that text is one value of JSON and nothing else.
func parseValue(text []byte) (value, error) {
	if !json.Valid(text) {
		var any struct{}
		if err := json.Unmarshal(text, &any); err != nil {
			return nil, err
		}
		return nil, errors.New("malformed")
	}
	for len(text) > 0 && isSpace(text[0]) {
		text = text[1:]
	}
	return value(text[:valueEnd(text)]), nil
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// valueEnd is where the value ends that valid JSON begins with.
func valueEnd(text []byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			for i++; text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return i + 1
			}
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return i + 1
			}
			if depth < 0 {
				return i
			}
		case depth == 0 && (c == ',' || c == ':' || isSpace(c)):
			return i
		}
	}
	return len(text)
}

// is tells a value by its first byte: { [ " or, for a number, 0.
func (v value) is(kind byte) bool {
	if kind == '0' {
		return len(v) > 0 && (v[0] == '-' || '0' <= v[0] && v[0] <= '9')
	}
	return len(v) > 0 && v[0] == kind
}

// items are the values of an array or object one after the other, keys of an object included.
func (v value) items() iter.Seq[value] {
	return func(yield func(value) bool) {
		for i := 1; i < len(v)-1; {
			if c := v[i]; c == ',' || c == ':' || isSpace(c) {
				i++
				continue
			}
			n := valueEnd(v[i:])
			if !yield(v[i : i+n]) {
				return
			}
			i += n
		}
	}
}

// maxFields bounds the keys of an object.
const maxFields = 64

// fields are the values of an object by their keys, none of which may stand twice: which of both holds is understood
// differently by different programs.
func (v value) fields() (map[string]value, error) {
	if !v.is('{') {
		return nil, errors.New("want an object")
	}
	all := map[string]value{}
	key, isKey := "", true
	for item := range v.items() {
		if !isKey {
			all[key] = item
		} else if err := json.Unmarshal(item, &key); err != nil {
			return nil, err
		} else if _, twice := all[key]; twice {
			return nil, fmt.Errorf("key %q stands twice", key)
		} else if len(all) == maxFields {
			return nil, fmt.Errorf("more than %d keys", maxFields)
		}
		isKey = !isKey
	}
	return all, nil
}

// array are the values of an array of at most limit.
func (v value) array(limit int) ([]value, error) {
	if !v.is('[') {
		return nil, errors.New("want an array")
	}
	var all []value
	for item := range v.items() {
		if len(all) == limit {
			return nil, fmt.Errorf("more than %d of them", limit)
		}
		all = append(all, item)
	}
	return all, nil
}

// text is a string.
func (v value) text() (string, error) {
	if !v.is('"') {
		return "", errors.New("want a string")
	}
	var s string
	err := json.Unmarshal(v, &s)
	return s, err
}

// whole is a number that is not negative and has no fraction.
func (v value) whole() (int64, error) {
	n, err := strconv.ParseInt(string(v), 10, 64)
	if err != nil || n < 0 {
		return 0, errors.New("want a whole number, 0 or more")
	}
	return n, nil
}

// truth is true or false.
func (v value) truth() (bool, error) {
	switch string(v) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, errors.New("want true or false")
}

// floats appends the numbers of a tensor of that shape to dst: an array of them all in row-major order, or arrays in arrays as
// the shape has them.
func (v value) floats(dst []float32, shape []int) ([]float32, error) {
	if !v.is('[') {
		return nil, errors.New("want an array of numbers")
	}
	want := 1
	for _, n := range shape {
		want *= n // which fits: who calls has made sure
	}
	for first := range v.items() {
		if !first.is('[') || len(shape) == 1 {
			return v.numbers(dst, want)
		}
		break
	}
	return v.nested(dst, shape)
}

func (v value) numbers(dst []float32, want int) ([]float32, error) {
	have := len(dst)
	for item := range v.items() {
		if len(dst)-have == want {
			return nil, fmt.Errorf("more than the %d numbers of the shape", want)
		}
		n, err := strconv.ParseFloat(string(item), 32)
		if err != nil || !item.is('0') {
			return nil, fmt.Errorf("%.20s is no number that FP32 holds", string(item))
		}
		dst = append(dst, float32(n))
	}
	if got := len(dst) - have; got < want {
		return nil, fmt.Errorf("%d numbers, and the shape has %d", got, want)
	}
	return dst, nil
}

func (v value) nested(dst []float32, shape []int) ([]float32, error) {
	if len(shape) == 1 {
		return v.numbers(dst, shape[0])
	}
	rows := 0
	for row := range v.items() {
		if rows++; rows > shape[0] || !row.is('[') {
			return nil, errors.New("arrays that are not as the shape has them")
		}
		var err error
		if dst, err = row.nested(dst, shape[1:]); err != nil {
			return nil, err
		}
	}
	if rows < shape[0] {
		return nil, errors.New("arrays that are not as the shape has them")
	}
	return dst, nil
}
