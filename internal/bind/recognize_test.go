package bind_test

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"resnet/internal/bind"
	"resnet/internal/config"
	"resnet/internal/graph"
	"resnet/internal/model"
	"resnet/internal/random"
	"resnet/internal/tensor"
)

// shapes is weights without values.
type shapes struct {
	names []string
	shape map[string]tensor.Shape
}

func (s *shapes) Names() []string { return s.names }

func (s *shapes) Info(name string) (tensor.Info, bool) {
	shape, ok := s.shape[name]
	return tensor.Info{Shape: shape, DType: tensor.Float32}, ok
}

func (s *shapes) Read(string, []float32) error { return errors.New("no values") }

// referenceNets reads testdata/nets.txt.gz, which testdata/nets.py wrote.
func referenceNets(t *testing.T) map[string]*shapes { return readNets(t, "testdata/nets.txt.gz") }

func readNets(t *testing.T, file string) map[string]*shapes {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	nets := map[string]*shapes{}
	var net *shapes
	for lines := bufio.NewScanner(z); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if words[0] == "net" {
			net = &shapes{shape: map[string]tensor.Shape{}}
			nets[words[1]] = net
			continue
		}
		shape := tensor.Shape{}
		for _, word := range words[1:] {
			n, err := strconv.Atoi(word)
			if err != nil {
				t.Fatal(err)
			}
			shape = append(shape, n)
		}
		net.names = append(net.names, words[0])
		net.shape[words[0]] = shape
	}
	return nets
}

func knownSpecs(t *testing.T) []model.Spec {
	t.Helper()
	var specs []model.Spec
	for _, name := range config.Names() {
		arch, err := config.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		specs = append(specs, arch.Spec)
	}
	return specs
}

func TestRecognizeReferenceNets(t *testing.T) {
	nets, known := referenceNets(t), knownSpecs(t)
	for _, test := range []struct{ net, want string }{
		{"torchvision_resnet18", "resnet18 torchvision"},
		{"torchvision_resnet34", "resnet34 torchvision"},
		{"torchvision_resnet50", "resnet50 torchvision stride_in: 3x3"},
		{"torchvision_resnet101", "resnet101 torchvision stride_in: 3x3"},
		{"torchvision_resnext50_32x4d", "resnext50_32x4d torchvision stride_in: 3x3"},
		{"torchvision_resnext101_64x4d", "resnext101_64x4d torchvision stride_in: 3x3"},
		{"torchvision_wide_resnet50_2", "wide_resnet50_2 torchvision stride_in: 3x3"},
		{"timm_resnet50d", "resnet50d timm stride_in: 3x3"},
		{"timm_resnet26", "[2 2 2 2] of bottleneck, projection torchvision stride_in: 3x3"},
		{"timm_resnet26t", "[2 2 2 2] of bottleneck, avgpool_projection timm stride_in: 3x3"},
		{"timm_resnet50c", "[3 4 6 3] of bottleneck, projection timm stride_in: 3x3"},
		{"timm_resnet10t", "[1 1 1 1] of basic, avgpool_projection timm"},
		{"transformers_resnet50", "resnet50 transformers stride_in: 3x3"},
		{"transformers_small_basic", "[1 2 1] of basic, projection transformers"},
		{"transformers_small_bottleneck", "[2 1] of bottleneck, projection transformers stride_in: 3x3"},

		{"timm_seresnet18", "this is seresnet18: squeeze-and-excitation is not supported"},
		{"timm_seresnet50", "this is seresnet50: squeeze-and-excitation is not supported"},
		{"timm_seresnext26d_32x4d", "this is seresnext26_32x4d: squeeze-and-excitation is not supported"},
		{"timm_legacy_seresnet18", "this is seresnet18: squeeze-and-excitation is not supported"},
		{"timm_ecaresnet26t", "this is ecaresnet26: efficient channel attention is not supported"},
		{"timm_resnest14d", "this is resnest14: split attention is not supported"},
		{"timm_res2net50_26w_4s", "this is res2net50: a hierarchy of convolutions within a block is not supported"},
		{"timm_resnetv2_50", "this is resnetv2_50: pre-activation is not supported"},
		{"timm_skresnet18", "this is skresnet18: the selective kernel is not supported"},
		{"timm_resnet50_gn", "this is a resnet whose normalization has no running statistics: group or instance normalization, or batch norm that keeps none, is not supported"},
		{"timm_nf_resnet26", "this is nf_resnet26: scaled weight standardization in place of batch norm is not supported"},
		{"timm_resnet50_clip", "this is a net of timm's byobnet: its block is not supported"},
		{"timm_cspresnet50", "this is a CSPNet: the cross-stage partial connection is not supported"},
		{"timm_regnetx_002", "this is a RegNet: its block is not supported"},
		{"timm_densenet121", "this is a DenseNet: the dense block is not supported"},
		{"timm_vit_tiny_patch16_224", "this is a vision transformer: attention is not supported"},
		{"timm_efficientnet_b0", "this is an EfficientNet, a MobileNet or one of their kind: the block with a depthwise convolution is not supported"},
		{"timm_convnext_atto", "this is a ConvNeXt: its depthwise block is not supported"},
		{"timm_inception_v3", "this is an Inception: its mixed block is not supported"},
		{"timm_hrnet_w18_small", "this is an HRNet: a branch at a second resolution is not supported"},
		{"timm_vgg11_bn", "this is a VGG, an AlexNet or another plain network: one without residual blocks is not supported"},
	} {
		t.Run(test.net, func(t *testing.T) {
			if got := recognized(nets[test.net], known, bind.RecognizeOptions{}); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			delete(nets, test.net)
		})
	}
	for net := range nets {
		t.Errorf("%s is in the file, but not in the test", net)
	}
}

// TestRecognizeSiblings: of networks of other families it is said what is true of them.
func TestRecognizeSiblings(t *testing.T) {
	const unknown = "no tensor has a name that is known of a residual network"
	nets := readNets(t, "testdata/siblings.txt.gz")
	for net, want := range map[string]string{
		"torchvision_alexnet":            "a VGG, an AlexNet or another plain network: one without residual blocks",
		"torchvision_vgg11":              "a VGG, an AlexNet or another plain network: one without residual blocks",
		"torchvision_vgg16_bn":           "a VGG, an AlexNet or another plain network: one without residual blocks",
		"torchvision_squeezenet1_1":      "a SqueezeNet: the fire module",
		"torchvision_densenet121":        "a DenseNet: the dense block",
		"torchvision_inception_v3":       "an Inception: its mixed block",
		"torchvision_googlenet":          "a GoogLeNet: its mixed block",
		"torchvision_shufflenet_v2_x0_5": "a ShuffleNet: the channel shuffle",
		"torchvision_mobilenet_v2":       "a MobileNetV2: the inverted residual block",
		"torchvision_mobilenet_v3_small": "a MobileNetV3: the inverted residual block",
		"torchvision_mnasnet0_5":         "an MNASNet: the inverted residual block",
		"torchvision_efficientnet_b0":    "an EfficientNet: the inverted residual block",
		"torchvision_efficientnet_v2_s":  "an EfficientNet: the inverted residual block",
		"torchvision_regnet_x_400mf":     "a RegNet: its block",
		"torchvision_regnet_y_400mf":     "a RegNet: its block",
		"torchvision_vit_b_32":           "a vision transformer: attention",
		"torchvision_swin_t":             "a Swin transformer: attention",
		"torchvision_maxvit_t":           "a MaxViT: attention",
		"torchvision_convnext_tiny":      "a ConvNeXt: its depthwise block",
		"timm_mobilenetv2_100":           "an EfficientNet, a MobileNet or one of their kind: the block with a depthwise convolution",
		"timm_lcnet_050":                 "an EfficientNet, a MobileNet or one of their kind: the block with a depthwise convolution",
		"timm_ghostnet_050":              "a GhostNet: the ghost module",
		"timm_regnety_002":               "a RegNet: its block",
		"timm_senet154":                  "seresnext152_64x4d: squeeze-and-excitation",
		"timm_legacy_senet154":           "an SENet: squeeze-and-excitation",
		"timm_darknet53":                 "a Darknet: its block, a 1×1 and a 3×3 convolution,",
		"timm_cspdarknet53":              "a CSPNet: the cross-stage partial connection",
		"timm_tresnet_m":                 "a TResNet: its block",
		"timm_edgenext_xx_small":         "an EdgeNeXt: attention",
		"timm_convnextv2_atto":           "a ConvNeXt: its depthwise block",
		"timm_dm_nfnet_f0":               "an NFNet: scaled weight standardization in place of batch norm",
		"timm_poolformer_s12":            unknown,
		"timm_inception_v4":              unknown,
		"timm_selecsls42":                unknown,
		"timm_mixer_s32_224":             unknown,
	} {
		if nets[net] == nil {
			t.Errorf("no %s in the file", net)
			continue
		}
		if want != unknown {
			want = "this is " + want + " is not supported"
		}
		if got := recognized(nets[net], nil, bind.RecognizeOptions{}); got != want {
			t.Errorf("%s: got %s, want %s", net, got, want)
		}
		delete(nets, net)
	}
	for net := range nets {
		t.Errorf("%s is in the file, but not in the test", net)
	}
}

// TestRecognizeWithoutNames: names that say nothing change nothing about networks whose stem is one convolution. The counters
// of their batch norms are told by shape.
func TestRecognizeWithoutNames(t *testing.T) {
	nets, known := referenceNets(t), knownSpecs(t)
	for net, want := range map[string]string{
		"torchvision_resnet18": "resnet18", "torchvision_resnet34": "resnet34", "torchvision_resnet50": "resnet50",
		"torchvision_resnext50_32x4d": "resnext50_32x4d", "torchvision_wide_resnet50_2": "wide_resnet50_2",
		"timm_resnet26": "[2 2 2 2] of bottleneck, projection", "transformers_resnet50": "resnet50",
	} {
		nameless := &shapes{shape: map[string]tensor.Shape{}}
		for i, name := range nets[net].names {
			number := fmt.Sprintf("t%03d", i)
			nameless.names = append(nameless.names, number)
			nameless.shape[number] = nets[net].shape[name]
		}
		got := recognized(nameless, known, bind.RecognizeOptions{Structure: true})
		if got, _, _ = strings.Cut(got, " structure"); got != want {
			t.Errorf("%s: got %s, want %s", net, got, want)
		}
	}
}

// recognized sums up what a file was recognised as, or why it was not.
func recognized(w graph.Weights, known []model.Spec, opts bind.RecognizeOptions) string {
	r, err := bind.Recognize(w, opts)
	if err != nil {
		return err.Error()
	}
	spec, err := r.Choose(known)
	if err != nil {
		return err.Error()
	}
	name := spec.Name
	if name == "" {
		name = fmt.Sprintf("%v of %s, %s", spec.Layers, spec.Block, spec.Shortcut)
	}
	if spec.NumClasses != r.Spec.NumClasses {
		return "wrong number of classes"
	}
	return strings.Join(append([]string{name, r.Dialect}, r.SayAll(spec)...), " ")
}

// A shortcut without parameters is what somebody says it is; where the tensors tell, nobody may.
func TestRecognizeBares(t *testing.T) {
	known := knownSpecs(t)
	for _, bare := range model.Bares() {
		spec := knownSpec(t, "resnet20_cifar")
		spec.Shortcut, spec.Pad = bare.Shortcut, bare.Pad
		g, err := model.Build(spec)
		if err != nil {
			t.Fatal(err)
		}
		for _, structure := range []bool{false, true} {
			r, err := bind.Recognize(random.Weights(g.Graph, 0), bind.RecognizeOptions{Structure: structure, Shortcut: bare.Name})
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.Choose(known)
			want := map[string]string{"pad": "resnet20_cifar", "none": "plain20_cifar"}[bare.Name]
			if err != nil || got.Bare() != bare || got.Name != want {
				t.Errorf("%s: %v of %q, %v; want %q", bare.Name, got.Bare(), got.Name, err, want)
			}
		}
	}
	g, err := model.Build(knownSpec(t, "resnet18"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bind.Recognize(random.Weights(g.Graph, 0), bind.RecognizeOptions{Shortcut: "pad"}); err == nil {
		t.Error("pad of a network with projections")
	}
}

func knownSpec(t *testing.T, name string) model.Spec {
	arch, err := config.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return arch.Spec.Clone()
}

// Every built-in network is recognised by its own tensors, or asked for where they do not tell it from another one.
func TestRecognizeEveryArch(t *testing.T) {
	known := knownSpecs(t)
	for _, spec := range known {
		t.Run(spec.Name, func(t *testing.T) {
			g, err := model.Build(spec)
			if err != nil {
				t.Fatal(err)
			}
			for _, structure := range []bool{false, true} {
				if structure && len(spec.Stem.Convs) > 1 {
					continue // a deep stem does not show in order and shape
				}
				r, err := bind.Recognize(random.Weights(g.Graph, 0), bind.RecognizeOptions{Structure: structure, StrideIn: spec.StrideIn})
				if err != nil {
					t.Fatal(err)
				}
				got, err := r.Choose(known)
				var question *bind.ChoiceError
				switch {
				case spec.Shortcut == model.ShortcutPad || spec.Shortcut == model.ShortcutNone:
					if !errors.As(err, &question) || !slices.Contains(question.Values, spec.Bare().Name) {
						t.Errorf("structure %t: got %s, %v; want a question", structure, got.Name, err)
					}
				case err != nil || got.Name != spec.Name:
					t.Errorf("structure %t: got %q, %v", structure, got.Name, err)
				}
			}
		})
	}
}

// TestOutputStride: what a config asks for and is not computed is refused in the config's words.
func TestOutputStride(t *testing.T) {
	nets := referenceNets(t)
	for _, c := range []struct {
		net  string
		opts bind.RecognizeOptions
		want string
	}{
		{"torchvision_resnet18", bind.RecognizeOptions{OutputStride: 8}, ""},
		{"timm_resnet50d", bind.RecognizeOptions{OutputStride: 32}, ""},
		{"timm_resnet50d", bind.RecognizeOptions{OutputStride: 8}, "an output stride of 8 makes dilations"},
		{"torchvision_resnet50", bind.RecognizeOptions{OutputStride: 16, AA: model.AABlur}, "an output stride of 16 makes dilations"},
	} {
		_, err := bind.Recognize(nets[c.net], c.opts)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s with %+v: error is %v, want %q", c.net, c.opts, err, c.want)
		}
	}
}
