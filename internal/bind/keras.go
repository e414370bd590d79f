package bind

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"resnet/internal/graph"
	"resnet/internal/model"
)

// kerasFormat is what a file calls itself that Keras saved; its tensors are named conv1_conv/kernel.
const kerasFormat = "Keras"

// Axes of Keras's kernels, in PyTorch's order: (h, w, in, out) and (in, out).
var (
	kerasConv  = []int{3, 2, 0, 1}
	kerasDense = []int{1, 0}
)

// Epsilons of Keras's batch norms.
const (
	kerasEps        = 1e-3     // by default, and in keras.applications before 2.2.3
	applicationsEps = 1.001e-5 // in keras.applications
)

// translateKeras reads the model's own description, where the file has it, else the names of keras.applications.
func translateKeras(w graph.Weights) (*translation, error) {
	names := namesOf(w)
	if names != nil && names.foreign != "" {
		return nil, &ForeignError{Name: names.foreign, Reason: "pre-activation (batch norm before the convolutions)"}
	}
	if c, ok := w.(interface{ Config() string }); ok && c.Config() != "" {
		return translateModel(w, c.Config())
	}
	if names != nil {
		return names.translate(w)
	}
	return nil, errors.New("weights alone tell how layers are connected by the names of keras.applications only, which these have not: save the whole model (model.save(\"net.keras\"))")
}

// namesOf finds whose names a file has, in it or in a model of it; nil where they are nobody's.
func namesOf(w graph.Weights) *applicationNames {
	for _, n := range kerasNames() {
		for _, name := range w.Names() {
			if slices.ContainsFunc(strings.Split(name, "/"), n.mark.MatchString) {
				return &n
			}
		}
	}
	return nil
}

func leafOf(name string) string { return name[strings.LastIndex(name, "/")+1:] }

// layer adds a tensor of the layer that PyTorch calls path. eps is a batch norm's own less PyTorch's.
func (t *translation) layer(path, stored string, eps float32) error {
	info, _ := t.file.Info(stored)
	switch leaf := leafOf(stored); {
	case leaf == "kernel" && len(info.Shape) == 4:
		return t.add(path+".weight", stored, kerasConv, 0)
	case leaf == "kernel" && len(info.Shape) == 2:
		return t.add(path+".weight", stored, kerasDense, 0)
	case leaf == "bias" || leaf == "beta":
		return t.add(path+".bias", stored, nil, 0)
	case leaf == "gamma":
		return t.add(path+".weight", stored, nil, 0)
	case leaf == "moving_mean":
		return t.add(path+".running_mean", stored, nil, 0)
	case leaf == "moving_variance":
		return t.add(path+".running_var", stored, nil, eps)
	}
	return t.add(path+"."+leafOf(stored), stored, nil, 0)
}

// applicationNames is one of the two ways in which keras.applications has named the layers of its residual networks.
type applicationNames struct {
	mark    *regexp.Regexp // a layer that only they have
	path    func(layer string) string
	eps     float64
	untold  string // what no tensor tells
	taken   string // for granted
	foreign string // what the network is where its names are another's
}

// kerasNames lists them.
var kerasNames = sync.OnceValue(func() []applicationNames {
	blocks := regexp.MustCompile(`^conv(\d)_block(\d+)_(\d)_(conv|bn)$`)
	branches := regexp.MustCompile(`^(res|bn)(\d)([a-z])(\d*)_branch(1|2[abc])$`)
	return []applicationNames{
		{
			mark:    regexp.MustCompile(`^conv\d_block\d+_preact_bn$|^post_bn$`),
			foreign: "a ResNet V2 of keras.applications",
		},
		{
			mark: regexp.MustCompile(`^conv2_block1_1_conv$`), eps: applicationsEps,
			path: func(layer string) string {
				switch layer {
				case "conv1_conv":
					return "conv1"
				case "conv1_bn":
					return "bn1"
				}
				m := blocks.FindStringSubmatch(layer)
				if m == nil {
					return ""
				}
				return blockPath(m[1], m[2], m[3], m[4] == "bn")
			},
			untold: "the epsilon of batch norms", taken: "1.001e-5",
		},
		{
			mark: regexp.MustCompile(`^res2a_branch2a$`), eps: kerasEps,
			path: func(layer string) string {
				switch layer {
				case "conv1":
					return "conv1"
				case "bn_conv1":
					return "bn1"
				}
				m := branches.FindStringSubmatch(layer)
				if m == nil {
					return ""
				}
				block := int(m[3][0]-'a') + 1
				if m[4] != "" { // 4b22 of the deeper networks
					n, _ := strconv.Atoi(m[4])
					block = n + 1
				}
				number := "0"
				if m[5] != "1" {
					number = strconv.Itoa(int(m[5][1]-'a') + 1)
				}
				return blockPath(m[2], strconv.Itoa(block), number, m[1] == "bn")
			},
			untold: "the epsilon of batch norms and the padding of the pool", taken: "1e-3 and 1",
		},
	}
})

// blockPath is torchvision's path of stage 2 … 5, block 1 …, convolution 1 … or 0 for the shortcut's.
func blockPath(stage, block, number string, norm bool) string {
	s, _ := strconv.Atoi(stage)
	b, _ := strconv.Atoi(block)
	path := model.LayerName(s-2) + "." + strconv.Itoa(b-1)
	switch {
	case number == "0" && norm:
		return path + ".downsample.1"
	case number == "0":
		return path + ".downsample.0"
	case norm:
		return path + ".bn" + number
	}
	return path + ".conv" + number
}

func (n applicationNames) translate(w graph.Weights) (*translation, error) {
	t := newTranslation(w, "keras.applications")
	t.placed, t.strideIn = true, model.Stride1x1
	t.preprocess = &Preprocess{Name: "caffe", Assumed: true}
	t.averaged = true
	for _, name := range w.Names() {
		layer := strings.TrimSuffix(name, "/"+leafOf(name))
		path := n.path(layer)
		if info, _ := w.Info(name); path == "" && (len(info.Shape) == 2 || leafOf(name) == "bias") {
			path, t.averaged = "fc", false // predictions, probs, fc1000
		}
		if path == "" {
			return nil, fmt.Errorf("the layer %q is none of a residual network of keras.applications", layer)
		}
		if err := t.layer(path, name, float32(n.eps-graph.BatchNormEps)); err != nil {
			return nil, err
		}
	}
	untold, taken := n.untold, n.taken
	if !t.averaged {
		untold, taken = untold+" and what stands behind the classifier", taken+" and a softmax"
	}
	t.notes = append(t.notes, fmt.Sprintf("weights alone do not tell %s; taken for granted: %s, as in keras.applications (a whole model, .keras, tells it)", untold, taken))
	return t, nil
}
