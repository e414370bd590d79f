package engine

import "resnet/internal/tensor"

// PlanWithout is a plan of the network without the residual branches of some blocks (model.Graph.Without). It shares what
// the program has packed already, and has no hooks.
func (p *Program) PlanWithout(input tensor.Shape, blocks ...string) (*Plan, error) {
	graph, err := p.graph.Without(blocks...)
	if err != nil {
		return nil, err
	}
	plan, err := newPlan(graph, input, nil, p.options)
	if err != nil {
		return nil, err
	}
	if err := p.bind(plan); err != nil {
		return nil, err
	}
	return plan, nil
}
