package anatomy

import (
	"math"
	"slices"
	"strings"

	"resnet/internal/graph"
	"resnet/internal/hooks"
	"resnet/internal/model"
	"resnet/internal/number"
)

// Block is what a residual block does to the values that flow through it. Its input is taken as the shortcut hands it to
// the add: x itself, or x projected or padded.
type Block struct {
	Path, Shortcut string
	Stage          int     // from 0 on
	Input          float64 // ‖x‖, as the shortcut has it
	Residual       float64 // ‖F(x)‖
	Cosine         float64 // of the input and the block's output, after its last ReLU
	Zeros          float64 // share of the output's values that are 0; NaN where some are no numbers
	Silent         int     // channels of the output that are 0 everywhere
	Channels       int
	Responses      []Response // of the layers of its residual branch
}

// Ratio is ‖F(x)‖ / ‖x‖.
func (b Block) Ratio() float64 { return b.Residual / b.Input }

// Response is the standard deviation of a layer's values after batch norm and before what follows, as figure 7 of He et
// al. (2015) has it.
type Response struct {
	Path string
	Std  float64
}

// Measurement collects what hooks see in a pass.
type Measurement struct {
	Stem   []Response
	Blocks []Block

	index    map[string]int // of blocks by path
	shortcut []float32      // of the block that is being computed
}

// Responses are those of all layers in order: the stem's, and the blocks'.
func (m *Measurement) Responses() []Response {
	all := slices.Clone(m.Stem)
	for _, b := range m.Blocks {
		all = append(all, b.Responses...)
	}
	return all
}

// Watch puts hooks on the blocks of a graph, which is the set's. After a pass the measurement is complete. Blocks without a shortcut
// have responses and zeros alone; the rest of them is NaN.
func Watch(set *hooks.Set, g *model.Graph) *Measurement {
	m := &Measurement{index: map[string]int{}}
	for i, stage := range g.Stages {
		for _, b := range stage.Blocks {
			m.index[b.Path] = len(m.Blocks)
			nan := math.NaN()
			m.Blocks = append(m.Blocks, Block{Path: b.Path, Shortcut: b.Shortcut, Stage: i, Input: nan, Residual: nan, Cosine: nan})
		}
	}
	on(set, hooks.Output, m.isResponse, m.response)
	on(set, hooks.Input, func(c graph.Call) bool { return c.Kind() == graph.Addition }, m.add)
	on(set, hooks.Output, m.isBlock, m.block)
	return m
}

// on makes see a hook on the calls that selects chooses.
func on(set *hooks.Set, needs hooks.Needs, selects func(graph.Call) bool, see func(hooks.Event)) {
	calls := set.Graph().Calls
	selected := make([]bool, len(calls))
	for i, call := range calls {
		selected[i] = selects(call)
	}
	set.AddSelected(selected, hooks.Func(needs, func(e hooks.Event) error {
		see(e)
		return nil
	}))
}

// isResponse tells the batch norms of the stem and of residual branches.
func (m *Measurement) isResponse(c graph.Call) bool {
	return c.Kind() == graph.Normalization && !c.OnShortcut
}

func (m *Measurement) isBlock(c graph.Call) bool {
	_, ok := m.index[c.Path]
	return ok && c.Container
}

func (m *Measurement) response(e hooks.Event) {
	list := &m.Stem
	if i, ok := m.index[parent(e.Path)]; ok {
		list = &m.Blocks[i].Responses
	}
	if *list != nil && (*list)[0].Path == e.Path { // another pass begins
		*list = nil
	}
	*list = append(*list, Response{e.Path, hooks.StatsOf(e.Output.Data).Std})
}

func (m *Measurement) add(e hooks.Event) {
	b := &m.Blocks[m.index[parent(e.Path)]]
	m.shortcut = append(m.shortcut[:0], e.Inputs[1].Data...)
	b.Residual, b.Input = norm(e.Inputs[0].Data), norm(m.shortcut)
}

func (m *Measurement) block(e hooks.Event) {
	b := &m.Blocks[m.index[e.Path]]
	b.Channels = e.Output.Shape[1]
	stats := hooks.StatsOf(e.Output.Data)
	if b.Zeros = stats.Zeros; stats.NaN > 0 {
		b.Zeros = math.NaN()
	}
	b.Silent = silent(e)
	if b.Shortcut != model.ShortcutNone {
		b.Cosine = number.Dot(m.shortcut, e.Output.Data) / (b.Input * norm(e.Output.Data))
	}
}

// silent counts the channels that are 0 everywhere, in all images of the batch.
func silent(e hooks.Event) int {
	n, channels := e.Output.Shape[0], e.Output.Shape[1]
	area := len(e.Output.Data) / n / channels
	count := 0
	for c := range channels {
		zero := true
		for image := range n {
			for _, v := range e.Output.Data[(image*channels+c)*area:][:area] {
				zero = zero && v == 0
			}
		}
		if zero {
			count++
		}
	}
	return count
}

func norm(a []float32) float64 { return math.Sqrt(number.Dot(a, a)) }

func parent(path string) string { return path[:max(0, strings.LastIndexByte(path, '.'))] }
