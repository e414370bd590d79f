package imaging

import (
	"context"

	"golang.org/x/sync/semaphore"

	"resnet/internal/number"
)

// DefaultBudgetBytes is the memory that all decoders of a process share unless it is set otherwise.
const DefaultBudgetBytes = 512 << 20

// Budget is memory that decoders share: each waits until its estimate fits beside those of the others.
type Budget struct {
	bytes int64
	free  *semaphore.Weighted
}

// NewBudget makes a budget of that many bytes.
func NewBudget(bytes int64) *Budget {
	return &Budget{bytes: bytes, free: semaphore.NewWeighted(bytes)}
}

var processBudget = NewBudget(DefaultBudgetBytes)

// acquire waits for bytes; the returned function gives them back.
func (b *Budget) acquire(ctx context.Context, bytes int64) (release func(), err error) {
	if b == nil {
		b = processBudget
	}
	if bytes > b.bytes {
		return nil, over(ErrMemory, "needs %s of memory, more than the %s that decoders may use",
			mebibytes(bytes), mebibytes(b.bytes))
	}
	if err := b.free.Acquire(ctx, bytes); err != nil {
		return nil, checkContext(ctx)
	}
	return func() { b.free.Release(bytes) }, nil
}

func mebibytes(bytes int64) string { return number.Thousands((bytes+1<<20-1)>>20) + " MiB" }
