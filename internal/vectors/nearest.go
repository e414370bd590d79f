package vectors

import (
	"cmp"
	"math"
	"resnet/internal/number"
	"slices"
)

// Neighbour is a row and how far it is from a query.
type Neighbour struct {
	Name     string
	Distance float64 // 1 - the cosine of the two vectors: 0 for one direction, 1 for none in common, 2 for the opposite
}

// Query is a vector that others are to be near to.
type Query struct {
	Path   string // of its image, which is left out where it is among the rows; "": none
	Vector []float32
}

// Search collects the rows that are nearest to some queries.
type Search struct {
	queries []Query
	squares []float64 // of their lengths
	k       int
	found   [][]Neighbour // of each query, the nearest first
	rows    int
}

// NewSearch looks for the k rows nearest to each query; 0 is all of them.
func NewSearch(queries []Query, k int) *Search {
	s := &Search{queries: queries, k: k, found: make([][]Neighbour, len(queries))}
	for _, q := range queries {
		s.squares = append(s.squares, number.Dot(q.Vector, q.Vector))
	}
	return s
}

// Add compares the row of an image, whose path may be "", with all queries but its own. Of equal distances the first row counts.
func (s *Search) Add(name, path string, row []float32) {
	s.rows++
	square := number.Dot(row, row)
	for i, q := range s.queries {
		if path == "" || path != q.Path {
			s.insert(i, Neighbour{name, distance(q.Vector, row, s.squares[i]*square)})
		}
	}
}

// distance is that of two vectors, of whose squared lengths it takes the product. A vector without a direction, 0 or with what
// is no number, is as far as can be: its distance is NaN.
func distance(a, b []float32, squares float64) float64 {
	if squares > 0 && !math.IsInf(squares, 0) {
		return max(0, 1-number.Dot(a, b)/math.Sqrt(squares)) // exactly 0 for the same vector
	}
	return math.NaN()
}

func (s *Search) insert(query int, n Neighbour) {
	list := s.found[query]
	if s.k == 0 {
		s.found[query] = append(list, n)
		return
	}
	at := len(list)
	for at > 0 && compare(n, list[at-1]) < 0 {
		at--
	}
	if at == s.k {
		return
	}
	list = slices.Insert(list, at, n)
	s.found[query] = list[:min(len(list), s.k)]
}

// compare puts what has no distance last.
func compare(a, b Neighbour) int {
	switch aNaN, bNaN := math.IsNaN(a.Distance), math.IsNaN(b.Distance); {
	case aNaN && bNaN:
		return 0
	case aNaN:
		return 1
	case bNaN:
		return -1
	}
	return cmp.Compare(a.Distance, b.Distance)
}

// Nearest are the neighbours of a query, the nearest first.
func (s *Search) Nearest(query int) []Neighbour {
	if s.k == 0 {
		slices.SortStableFunc(s.found[query], compare)
	}
	return s.found[query]
}

// Rows is how many were compared.
func (s *Search) Rows() int { return s.rows }
