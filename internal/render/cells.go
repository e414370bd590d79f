package render

import (
	"strings"

	"resnet/internal/tensor"
)

// shape is a tensor's shape, without the batch dimension of a single image: 64×112×112.
func shape(s tensor.Shape) Cell {
	people := s
	if s[0] == 1 && len(s) > 1 {
		people = s[1:]
	}
	return Cell{Text: people.Join("×"), Exact: s.Join("x")}
}

// square is a kernel: 7×7.
func square(pair []int) Cell {
	if len(pair) == 0 {
		return Cell{}
	}
	return Cell{Text: tensor.Shape(pair).Join("×"), Exact: tensor.Shape(pair).Join("x")}
}

// size is a number for height and width, or both where they differ.
func size(pair []int) Cell {
	if len(pair) == 2 && pair[0] == pair[1] {
		return count(int64(pair[0]))
	}
	return square(pair)
}

// whole is a number of which 0 means that there is none.
func whole(n int) Cell {
	if n == 0 {
		return Cell{}
	}
	return count(int64(n))
}

// countOrNone and magnitudeOrNone leave a cell empty to people where there is nothing to count.
func countOrNone(n int64) Cell {
	if n == 0 {
		return Cell{Exact: "0"}
	}
	return count(n)
}

func magnitudeOrNone(n int64) Cell {
	if n == 0 {
		return Cell{Exact: "0"}
	}
	return magnitude(n)
}

// arrow is what becomes of a part of a shape: 64 → 256, or 64 where it stays.
func arrow(in, out tensor.Shape) Cell {
	if in.Equal(out) {
		return Cell{Text: out.Join("×"), Exact: out.Join("x")}
	}
	return Cell{Text: in.Join("×") + " → " + out.Join("×"), Exact: in.Join("x") + " -> " + out.Join("x")}
}

// foldable is a net result, which may be broken after its comma.
func foldable(result string) Cell {
	c := text(result)
	if planes, dimensions, ok := strings.Cut(result, ", "); ok {
		c.Folded = []string{planes + ",", dimensions}
	}
	return c
}
