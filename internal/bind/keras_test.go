package bind_test

import (
	"fmt"
	"strings"
	"testing"

	"resnet/internal/bind"
	"resnet/internal/graph"
	"resnet/internal/model"
	"resnet/internal/tensor"
)

// kerasFile is a file of Keras without values.
type kerasFile struct {
	shapes
	config string
}

func (*kerasFile) Format() string   { return "Keras" }
func (k *kerasFile) Config() string { return k.config }
func keras(names ...string) *kerasFile {
	k := &kerasFile{shapes: shapes{shape: map[string]tensor.Shape{}}}
	for _, name := range names {
		k.names = append(k.names, name)
		k.shape[name] = tensor.Shape{1}
	}
	return k
}

func recognizeKeras(w graph.Weights) error {
	_, err := bind.Recognize(w, bind.RecognizeOptions{})
	return err
}

// sequential is a model's description with layers one behind the other, a line each: class, then more of its config.
func sequential(layers ...string) string {
	var list []string
	for i, l := range layers {
		class, more, _ := strings.Cut(l, " ")
		list = append(list, fmt.Sprintf(`{"class_name":%q,"config":{"name":"layer%d"%s}}`, class, i, more))
	}
	return `{"class_name":"Sequential","config":{"name":"net","layers":[` + strings.Join(list, ",") + `]}}`
}

// TestKerasRefuses: what a model computes and this program does not is refused by its name.
func TestKerasRefuses(t *testing.T) {
	const input = `InputLayer ,"batch_shape":[null,32,32,3]`
	const conv = `Conv2D ,"filters":4,"kernel_size":[3,3],"padding":"same"`
	for name, c := range map[string]struct{ config, want string }{
		"another layer":     {sequential(input, "LayerNormalization"), `"layer1" (LayerNormalization) is not computed`},
		"activation":        {sequential(input, conv+`,"activation":"gelu"`), "activation gelu"},
		"channels first":    {sequential(input, conv+`,"data_format":"channels_first"`), "channels_first"},
		"an oblong kernel":  {sequential(input, `Conv2D ,"filters":4,"kernel_size":[3,1]`), "not the same in both directions"},
		"another axis":      {sequential(input, conv, `BatchNormalization ,"axis":1,"epsilon":0.001`), "axis 1"},
		"a leaky ReLU":      {sequential(input, conv, `ReLU ,"negative_slope":0.1`), "a ReLU with a slope"},
		"a softmax between": {sequential(input, conv, `BatchNormalization ,"axis":-1,"epsilon":0.001`, `Softmax `), `stands a softmax ("layer3")`},
		"no blocks":         {sequential(input, conv, `BatchNormalization ,"axis":-1,"epsilon":0.001`, `ReLU `), "the first residual block"},
		"a subclass":        {`{"class_name":"MyNet","config":{}}`, "the model is a MyNet"},
		"no JSON":           {`{"class_name`, "the model's description"},
	} {
		k := keras("layer1/kernel")
		k.config = c.config
		if err := recognizeKeras(k); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want %q", name, err, c.want)
		}
	}
	if err := recognizeKeras(keras("conv1_conv/kernel", "conv2_block1_preact_bn/gamma")); err == nil || !strings.Contains(err.Error(), "ResNet V2") {
		t.Errorf("a ResNet V2: error is %v", err)
	}
	if err := recognizeKeras(keras("conv2d/kernel", "batch_normalization/gamma")); err == nil || !strings.Contains(err.Error(), "save the whole model") {
		t.Errorf("weights alone, of any names: error is %v", err)
	}
}

// TestKerasOldNames binds the names that keras.applications had before 2.2.3: res3d_branch2b, bn4b22_branch2c.
func TestKerasOldNames(t *testing.T) {
	spec := model.Spec{Block: "bottleneck", Layers: []int{1, 4, 23, 1}, StrideIn: model.Stride1x1, Stem: model.Stem{Pool: &model.StemPool{Kernel: 3, Stride: 2, Padding: 1}}}.Default()
	g, err := model.Build(spec)
	if err != nil {
		t.Fatal(err)
	}
	k := keras()
	put := func(name string, shape ...int) { k.names, k.shape[name] = append(k.names, name), shape }
	branch := map[string]string{"conv1": "2a", "conv2": "2b", "conv3": "2c", "downsample": "1"}
	for _, call := range g.Calls {
		c, ok := call.Op.(graph.Conv)
		if !ok {
			continue
		}
		words := strings.Split(call.Path, ".")
		conv, norm := "conv1", "bn_conv1"
		if len(words) > 1 {
			var stage, block int
			fmt.Sscanf(words[0]+" "+words[1], "layer%d %d", &stage, &block)
			letter := string(rune('a' + block))
			if stage == 3 && block > 0 {
				letter = fmt.Sprintf("b%d", block)
			}
			place := fmt.Sprintf("%d%s_branch%s", stage+1, letter, branch[words[2]])
			conv, norm = "res"+place, "bn"+place
		}
		put(conv+"/kernel", c.Kernel, c.Kernel, c.In, c.Out)
		put(conv+"/bias", c.Out)
		for _, part := range []string{"gamma", "beta", "moving_mean", "moving_variance"} {
			put(norm+"/"+part, c.Out)
		}
	}
	put("fc1000/kernel", 2048, 1000)
	put("fc1000/bias", 1000)
	r, err := bind.Recognize(k, bind.RecognizeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Spec.StrideIn != model.Stride1x1 || fmt.Sprint(r.Spec.Layers) != "[1 4 23 1]" || r.Preprocess.Name != "caffe" {
		t.Errorf("recognized %+v, %+v", r.Spec, r.Preprocess)
	}
	if _, b, err := bind.Bind(g, k, bind.Options{}); err != nil || b.Bound[0].Tensor != "conv1/kernel" {
		t.Errorf("Bind: %v", err)
	}
}
