package bind

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"resnet/internal/model"
)

// Known finds, among specs that are known, those whose network has the tensors that were recognised. They may differ in
// what tensors cannot tell; the number of classes does not count unless one of them has it too.
func (r *Recognized) Known(known []model.Spec) []model.Spec {
	var found []model.Spec
	for _, s := range known {
		if sameTensors(r.Spec, s) {
			found = append(found, s)
		}
	}
	sameClasses := func(s model.Spec) bool { return s.SameClassifier(r.Spec) }
	if slices.ContainsFunc(found, sameClasses) {
		found = slices.DeleteFunc(found, func(s model.Spec) bool { return !sameClasses(s) })
	}
	return found
}

// sameTensors tells whether two specs have parameters of the same names and shapes, the classifier apart. The stride of
// layer1 alone shows in them: it makes a projection there, or none.
func sameTensors(a, b model.Spec) bool {
	stem := func(s model.Spec) []model.StemConv {
		convs := slices.Clone(s.Stem.Convs)
		for i := range convs {
			convs[i].Stride, convs[i].Padding = 0, 0
		}
		return convs
	}
	parameters := func(s model.Spec) string {
		if s.Shortcut == model.ShortcutPad {
			return model.ShortcutNone
		}
		return s.Shortcut
	}
	return a.Strides[0] == b.Strides[0] && a.Block == b.Block && a.Groups == b.Groups && a.WidthPerGroup == b.WidthPerGroup && a.Input[0] == b.Input[0] &&
		a.ProjectionKernel == b.ProjectionKernel && slices.Equal(a.Layers, b.Layers) && slices.Equal(a.Planes, b.Planes) && slices.Equal(stem(a), stem(b)) &&
		parameters(a) == parameters(b)
}

// sameNetwork tells whether two specs compute the same, the classifier and the input's size apart.
func sameNetwork(a, b model.Spec) bool {
	a = a.WithClassifier(b)
	a.Name, a.Input = b.Name, b.Input
	return reflect.DeepEqual(a, b)
}

// Choose takes the known spec that fits, with the file's number of classes, or the recognised one where none is known.
// What must be asked is a *ChoiceError.
func (r *Recognized) Choose(known []model.Spec) (model.Spec, error) {
	candidates := r.Known(known)
	if r.Ask != "" {
		err := &ChoiceError{Key: r.Ask}
		for _, b := range model.Bares() {
			err.Values = append(err.Values, b.Name)
		}
		return model.Spec{}, err
	}
	best := slices.IndexFunc(candidates, func(s model.Spec) bool {
		dilated := slices.Contains(r.Spec.ReplaceStrideWithDilation, true) // no built-in network is
		return r.Exact && sameNetwork(s, r.Spec) || !r.Exact && !dilated && s.AA == r.Spec.AA && s.StrideIn == r.Spec.StrideIn && s.Shortcut == r.Spec.Shortcut && s.Pad == r.Spec.Pad
	})
	if best < 0 {
		return r.Spec, nil
	}
	return candidates[best].WithClassifier(r.Spec), nil
}

// Say writes one of the keys that Recognize takes for granted, with its value in a spec: stride_in: 3x3.
func say(s model.Spec, key string) string {
	switch key {
	case "stride_in":
		return "stride_in: " + s.StrideIn
	case "head":
		return fmt.Sprintf("head: %v with ReLU", s.Head)
	case "shortcut":
		return "shortcut: " + s.Bare().Name
	case "strides":
		return fmt.Sprintf("strides: %v", s.Strides)
	case "stem":
		pool := "no pool"
		if s.Stem.Pool != nil {
			pool = "a pool"
		}
		return fmt.Sprintf("a stem of stride %d and %s", s.Stem.Convs[0].Stride, pool)
	}
	return key
}

// SayAll is Say for all that was taken for granted.
func (r *Recognized) SayAll(s model.Spec) []string {
	said := make([]string, len(r.Assumed))
	for i, key := range r.Assumed {
		said[i] = say(s, key)
	}
	return said
}

// ChoiceError is a question that tensors cannot answer.
type ChoiceError struct {
	Key    string   // of the spec: shortcut
	Values []string // what it may be
}

func (e *ChoiceError) Error() string {
	return fmt.Sprintf("the tensors do not tell the %s: %s", e.Key, strings.Join(e.Values, ", "))
}
