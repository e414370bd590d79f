package engine

import (
	"context"

	"resnet/internal/graph"
	"resnet/internal/tensor"
)

// PlanOf is a plan of another graph with the same calls, some of them dropped (graph.Graph.Instead). It shares what the
// program has packed already, and has no hooks. What is wrong with the input for the graph is its error.
func (p *Program) PlanOf(ctx context.Context, g *graph.Graph, input tensor.Shape) (*Plan, error) {
	plan, err := newPlan(g, input, nil, p.options)
	if err != nil {
		return nil, err
	}
	if err := p.bind(ctx, plan); err != nil {
		return nil, err
	}
	return plan, nil
}
