package bind

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"resnet/internal/graph"
	"resnet/internal/tensor"
)

// maxProblems is how many are listed; a wrong arch alone makes hundreds.
const maxProblems = 20

// Error lists all that keeps weights from being those of a graph.
type Error struct {
	Missing, Unexpected, Shapes, Types int      // how many there are of each
	Problems                           []error  // the first 20, and a last one that counts the others
	Advice                             []string // what to do, mostly nothing
	Extra                              int      // how many of the unexpected ones Options.AllowExtra passes over
}

func (e *Error) Error() string {
	lines := make([]string, 0, len(e.Problems)+len(e.Advice))
	for _, p := range e.Problems {
		lines = append(lines, p.Error())
	}
	return strings.Join(append(lines, e.Advice...), "\n")
}

func (e *Error) Unwrap() []error { return e.Problems }

type problems struct {
	list                               []error
	nMissing, nUnexpected, nSh, nTypes int
	nExtra                             int
	advice                             []string
}

func (p *problems) add(format string, a ...any) { p.list = append(p.list, fmt.Errorf(format, a...)) }

func (p *problems) missing(param graph.Param) {
	p.nMissing++
	p.add("missing %s %v", param.Name, param.Shape)
}

// unexpected is a tensor that no parameter takes; extra: and that may be passed over.
func (p *problems) unexpected(name string, extra bool) {
	p.nUnexpected++
	if extra {
		p.nExtra++
	}
	p.add("unexpected %q", name)
}

func (p *problems) shape(name string, got, want tensor.Shape) {
	p.nSh++
	p.add("parameter %q: shape %v, want %v", name, got, want)
}

// elementType is a tensor that no float32 values can be read from.
func (p *problems) elementType(name string, dtype tensor.DType) {
	p.nTypes++
	p.add("parameter %q: %s values", name, dtype)
	if advice := TypeAdvice(dtype); !slices.Contains(p.advice, advice) {
		p.advice = append(p.advice, advice)
	}
}

func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	list := p.list
	if len(list) > maxProblems {
		more := fmt.Sprintf("and %d more", len(list)-maxProblems)
		list = append(list[:maxProblems:maxProblems], errors.New(more))
	}
	return &Error{Missing: p.nMissing, Unexpected: p.nUnexpected, Shapes: p.nSh, Types: p.nTypes, Problems: list, Advice: p.advice, Extra: p.nExtra}
}
