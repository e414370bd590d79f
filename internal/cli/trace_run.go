package cli

import (
	"context"
	"errors"

	"resnet/internal/render"
)

func (o *traceOptions) run(ctx context.Context, n *net, t *render.Trace) error {
	return errors.New("only --shapes yet")
}
