package bind

import (
	"fmt"
	"strings"

	"resnet/internal/graph"
	"resnet/internal/model"
)

// translateModel reads the network off the description of a model, whatever its layers are called.
func translateModel(w graph.Weights, config string) (*translation, error) {
	operators, output, err := readKerasConfig(config)
	if err != nil {
		return nil, err
	}
	m := matcher{operators: operators}
	if err := m.match(output); err != nil {
		return nil, err
	}
	t := newTranslation(w, kerasFormat)
	t.placed, t.spec, t.sized, t.averaged = true, &m.spec, m.sized, m.endsInMap
	guess := "unit" // what Keras's own examples do most
	used := map[string]bool{}
	for _, n := range m.named {
		if err := t.operator(n, used); err != nil {
			return nil, err
		}
		if leaf := n.layer[strings.LastIndex(n.layer, "/")+1:]; leaf == "conv2_block1_1_conv" || leaf == "res2a_branch2a" {
			guess = "caffe"
		}
	}
	for _, name := range w.Names() {
		if !used[name] {
			return nil, fmt.Errorf("the file has a tensor %q, which the model's description has no layer for", name)
		}
	}
	if m.pixels.said {
		t.preprocess, err = m.pixels.preprocess()
	} else {
		t.preprocess = &Preprocess{Name: guess, Assumed: true}
	}
	return t, err
}

// operator adds the tensors of an operator. What a layer leaves out of its batch norm is what changes nothing.
func (t *translation) operator(n named, used map[string]bool) error {
	eps := float32(n.eps - graph.BatchNormEps)
	take := func(leaf string) error {
		used[n.layer+"/"+leaf] = true
		return t.layer(n.path, n.layer+"/"+leaf, eps)
	}
	if err := t.zeroBias(n); err != nil {
		return err
	}
	var leaves []string
	switch {
	case n.kind == opNorm && n.layer == "" && n.bias:
		return nil // the bias is all that there is of it
	case n.kind == opNorm && n.layer == "":
		return t.identityNorm(n.path, n.out)
	case n.kind == opNorm:
		leaves = []string{"moving_mean", "moving_variance"}
		if n.scale {
			leaves = append(leaves, "gamma")
		} else if err := t.constant(n.path+".weight", 1, n.out); err != nil {
			return err
		}
		if n.center {
			leaves = append(leaves, "beta")
		} else if err := t.constant(n.path+".bias", 0, n.out); err != nil {
			return err
		}
	case n.bias:
		leaves = []string{"kernel", "bias"}
	default:
		leaves = []string{"kernel"}
	}
	for _, leaf := range leaves {
		if err := take(leaf); err != nil {
			return err
		}
	}
	return nil
}

// identityNorm stands for a batch norm that is not there.
func (t *translation) identityNorm(path string, channels int) error {
	for _, one := range []struct {
		part  string
		value float32
	}{{"weight", 1}, {"bias", 0}, {"running_mean", 0}, {"running_var", 1 - graph.BatchNormEps}} {
		if err := t.constant(path+"."+one.part, one.value, channels); err != nil {
			return err
		}
	}
	return nil
}

// zeroBias stands for the bias that a fully connected layer lacks where others have one.
func (t *translation) zeroBias(n named) error {
	if n.kind != opLinear || n.bias || t.spec.Classifier == model.ClassifierNoBias {
		return nil
	}
	return t.constant(n.path+".bias", 0, n.out)
}
