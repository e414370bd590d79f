package render

import (
	"fmt"
	"io"
	"strings"
	"text/template"
	"time"

	"resnet/internal/hooks"
	"resnet/internal/tensor"
)

// TemplateEvent is what a template sees of an event.
type TemplateEvent struct {
	Index      int
	Path       string // layer1.0.conv2; "" for the network itself
	Class      string // PyTorch's
	Depth      int    // names in the path
	Container  bool
	Functional bool // a function, which PyTorch's hooks do not see

	Kernel, Stride, Padding, Dilation Size
	Groups                            int

	Input  tensor.Shape // the first of Inputs
	Inputs []tensor.Shape
	Output tensor.Shape

	Params, MACs int64
	Shortcut     string
	Time         time.Duration // 0 without --time
	Stats        *hooks.Stats  // nil without --stats
}

// ArticleTemplate is --format article written as a template: print_sizes and layer_hook, where the article registers
// them.
const ArticleTemplate = `{{- $inLayer := hasPrefix .Path "layer" -}}
{{- if .Functional -}}
{{- else if and $inLayer (eq .Depth 1) -}}
  {{"\n\t\t Layer boundary \n\n"}}
{{- else if or (eq .Depth 1) (and $inLayer (ge .Depth 3) (ne .Class "Sequential")) -}}
  {{printf "\n%s\n" .Class}}
  {{- if hasPrefix .Class "Conv" "MaxPool" "AvgPool" -}}
    {{printf "\tkernel: %v\n\tpadding: %v\n\tstride: %v\n" .Kernel .Padding .Stride}}
  {{- end}}
  {{- if not (hasPrefix .Class "ReLU" "BatchNorm") -}}
    {{printf "\tinput size: torch.Size(%v)\n\toutput size: torch.Size(%v)\n" .Input .Output}}
  {{- end}}
{{- end -}}
`

// Template is a user's own hook: a Go template that is run at each event.
type Template struct{ parsed *template.Template }

// ParseTemplate reads a template, and tries it on an event of its own, so that a wrong field shows before anything has
// run.
func ParseTemplate(text string) (*Template, error) {
	parsed, err := template.New("format").Funcs(template.FuncMap{"hasPrefix": hasPrefix}).Parse(text)
	if err != nil {
		return nil, templateError(err)
	}
	t := &Template{parsed: parsed}
	one := tensor.Shape{1, 1, 1, 1}
	sample := TemplateEvent{Kernel: Size{1, 1}, Stride: Size{1, 1}, Padding: Size{0, 0}, Dilation: Size{1, 1},
		Input: one, Inputs: []tensor.Shape{one, one}, Output: one, Stats: &hooks.Stats{}}
	return t, templateError(parsed.Execute(io.Discard, sample))
}

// Write runs the template at each event of a view.
func (t *Template) Write(w io.Writer, v EventView) error {
	for _, e := range v.Events() {
		event := TemplateEvent{
			Index: e.Index, Path: e.Path, Class: e.Class, Depth: depth(e.Path), Container: e.Container, Functional: e.Functional,
			Kernel: attribute(e.Class, e.Kernel), Stride: attribute(e.Class, e.Stride),
			Padding: attribute(e.Class, e.Padding), Dilation: attribute(e.Class, e.Dilation), Groups: e.Groups,
			Input: e.Inputs[0], Inputs: e.Inputs, Output: e.Output,
			Params: e.Params, MACs: e.MACs, Shortcut: e.Shortcut, Stats: e.Stats,
		}
		if e.Time != nil {
			event.Time = *e.Time
		}
		if err := t.parsed.Execute(w, event); err != nil {
			return fmt.Errorf("event %d, %s %q: %w", e.Index, e.Class, e.Path, templateError(err))
		}
	}
	return nil
}

// templateError names the fields where an unknown one was asked for.
func templateError(err error) error {
	if err != nil && strings.Contains(err.Error(), "can't evaluate field") {
		return fmt.Errorf("%w; an event has Index, Path, Class, Depth, Container, Functional, Kernel, Stride, Padding, Dilation, Groups, "+
			"Input, Inputs, Output, Params, MACs, Shortcut, Time and Stats", err)
	}
	return err
}
