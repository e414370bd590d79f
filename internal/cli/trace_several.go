package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"resnet/internal/draw"
	"resnet/internal/model"
	"resnet/internal/nets"
	"resnet/internal/render"
)

// severalNets are the networks, and the weights beside them, of a trace that lays several over each other; none where it is of
// one network.
func (o *traceOptions) severalNets(name string) (choices []nets.Choice, err error) {
	names, err := o.f.split(name)
	if err != nil {
		return nil, err
	}
	weights, err := o.f.split(o.weights.name)
	if err != nil {
		return nil, err
	}
	if !o.named {
		names = slices.Repeat([]string{name}, len(weights))
	}
	n := max(len(names), len(weights))
	if n == 1 {
		return nil, nil
	}
	if o.weights.name == "" {
		weights = make([]string, n)
	}
	if len(names) != len(weights) {
		return nil, usagef("%d networks and %d weights: want as many of both", len(names), len(weights))
	}
	for i, name := range names {
		w := o.weights
		w.name = weights[i]
		choices = append(choices, netChoice(name, o.named, w))
	}
	return choices, nil
}

// checkSeveral refuses what is of one network.
func (o *traceOptions) checkSeveral() (format string, err error) {
	if format, err = o.output.formatName(); err != nil {
		return "", err
	}
	if !o.anatomy.anatomy || !slices.Contains(draw.PlotFormats(), format) {
		return "", usagef("several networks: their layers' responses are drawn by --anatomy -o FILE.svg (or png, pdf); resnet summary and resnet diff compare networks")
	}
	for _, name := range []string{"shapes", "ablate", "layers"} {
		if o.flags.Changed(name) {
			return "", usagef("--%s: not with several networks", name)
		}
	}
	return format, o.check()
}

// runTraces draws the responses of the layers of several networks to one input.
func runTraces(ctx context.Context, o *traceOptions, choices []nets.Choice) error {
	format, err := o.checkSeveral()
	if err != nil {
		return err
	}
	var responses draw.Responses
	var heads []render.Head
	for _, choice := range choices {
		head, err := o.respond(ctx, choice, &responses)
		if err != nil {
			return err
		}
		heads = append(heads, head)
	}
	responses.Caution = cautionOf(heads)
	err = o.f.writeOutput(o.output.file, func(w io.Writer) error { return responses.Figure().Write(w, format, draw.Theme(o.anatomy.theme)) })
	if err != nil {
		return err
	}
	o.warnCaution(responses.Caution)
	return o.answered
}

// cautionOf is what is to be known before what several networks do is compared; "" for nothing.
func cautionOf(heads []render.Head) string {
	var cautions, sizes []string
	for _, h := range heads {
		if caution := h.Caution(); caution != "" && !slices.Contains(cautions, caution) {
			cautions = append(cautions, caution)
		}
		if size := fmt.Sprintf("%d×%d", h.Input[2], h.Input[3]); !slices.Contains(sizes, size) {
			sizes = append(sizes, size)
		}
	}
	if len(sizes) > 1 {
		cautions = append(cautions, "the networks do not see the same input: "+strings.Join(sizes, ", ")+" pixels (one size for all: --size)")
	}
	return strings.Join(cautions, "; ")
}

// respond adds the responses of a network.
func (o *traceOptions) respond(ctx context.Context, choice nets.Choice, to *draw.Responses) (head render.Head, err error) {
	n, err := o.f.nets().Open(ctx, choice)
	if err != nil {
		return head, err
	}
	defer n.Close()
	t, err := o.view(n)
	if err != nil {
		return head, err
	}
	runner, input, err := o.prepare(ctx, n, t)
	if err != nil {
		return head, err
	}
	defer runner.Close()
	measured, err := o.watch(ctx, n, runner, input)
	if err != nil {
		return head, err
	}
	depth, _ := n.Arch.Spec.WeightedLayers()
	net := draw.LayerResponses{Name: n.Arch.Spec.Title() + " · " + t.Weights, Depth: depth, Plain: n.Arch.Spec.Shortcut == model.ShortcutNone}
	for _, r := range measured.Responses() {
		net.Std = append(net.Std, r.Std)
	}
	to.Nets = append(to.Nets, net)
	to.Title = []string{"Responses of the layers", "input " + t.Source}
	return t.Head, nil
}
