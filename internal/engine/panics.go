package engine

import (
	"fmt"
	"runtime/debug"
	"sync/atomic"
)

// Panic is a panic of one of the goroutines that compute for another one, as which it goes on there: whoever asked for the
// work can recover from it, where otherwise the process would end.
type Panic struct {
	Value any
	Stack []byte // of the goroutine where it was
}

func (p *Panic) Error() string { return fmt.Sprintf("%v\n\n%s", p.Value, p.Stack) }

// panics keeps the first panic of several goroutines.
type panics struct{ first atomic.Pointer[Panic] }

// keep is deferred in each of them.
func (p *panics) keep() {
	if value := recover(); value != nil {
		p.first.CompareAndSwap(nil, &Panic{value, debug.Stack()})
	}
}

// goOn panics, once all of them are done, if one of them did.
func (p *panics) goOn() {
	if first := p.first.Swap(nil); first != nil {
		panic(first)
	}
}
