package bind_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"resnet/internal/bind"
	"resnet/internal/tensor"
)

// renamed is a network under other names: of each name the first pattern that matches is replaced; "" leaves it out.
func renamed(net *shapes, pairs ...string) *shapes {
	out := &shapes{shape: map[string]tensor.Shape{}}
	for _, name := range net.names {
		own := name
		for i := 0; i < len(pairs); i += 2 {
			if pattern := regexp.MustCompile(pairs[i]); pattern.MatchString(name) {
				own = pattern.ReplaceAllString(name, pairs[i+1])
				break
			}
		}
		if own != "" {
			out.put(own, net.shape[name]...)
		}
	}
	return out
}

func (s *shapes) put(name string, shape ...int) {
	s.names, s.shape[name] = append(s.names, name), shape
}

// TestRecognizeOrigins: the names that other libraries and converters give to torchvision's and timm's networks.
func TestRecognizeOrigins(t *testing.T) {
	nets, known := referenceNets(t), knownSpecs(t)
	detectron2 := []string{`.*num_batches.*|^fc.*`, "", `^conv1`, "stem.conv1", `^bn1`, "stem.conv1.norm"}
	for i := range 4 {
		stage, ours := fmt.Sprintf("res%d", i+2), fmt.Sprintf(`^layer%d\.(\d+)\.`, i+1)
		detectron2 = append(detectron2, ours+`downsample\.0`, stage+".$1.shortcut", ours+`downsample\.1`, stage+".$1.shortcut.norm",
			ours+`bn(\d)`, stage+".$1.conv$2.norm", ours, stage+".$1.")
	}
	for name, c := range map[string]struct {
		net   string
		pairs []string
		want  string
	}{
		"detectron2":              {"torchvision_resnet50", detectron2, "resnet50 detectron2 stride_in: 3x3"},
		"mmpretrain's deep stem":  {"timm_resnet50d", []string{`^conv1\.(.*)`, "backbone.stem.$1", `^bn1`, "backbone.stem.7", `^fc`, "head.fc", `^`, "backbone."}, "resnet50d mmpretrain stride_in: 3x3"},
		"PaddlePaddle statistics": {"torchvision_resnet18", []string{`.*num_batches.*`, "", `running_mean`, "_mean", `running_var`, "_variance"}, "resnet18 torchvision"},
	} {
		if got := recognized(renamed(nets[c.net], c.pairs...), known, bind.RecognizeOptions{}); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

// TestRefusesWhatStandsAround: networks that classify nothing, around a backbone of this family.
func TestRefusesWhatStandsAround(t *testing.T) {
	backbone := func(prefix string) *shapes {
		return renamed(referenceNets(t)["torchvision_resnet18"], `^fc.*`, "", `^`, prefix)
	}
	for _, c := range []struct{ prefix, beside, want string }{
		{"backbone.", "classifier.4.weight", `"classifier" has convolutions: this is a network for segmentation`},
		{"backbone.", "classifier.0.convs.0.0.weight", `"classifier" has convolutions: this is a network for segmentation`},
		{"backbone.body.", "rpn.head.conv.0.0.weight", "this is a detector"},
		{"backbone.body.", "head.classification_head.conv.0.0.weight", "this is a detector"},
		{"body.", "fpn.inner_blocks.0.0.weight", "this is a feature pyramid"},
	} {
		w := backbone(c.prefix)
		w.put(c.beside, 21, 512, 1, 1)
		if got := recognized(w, nil, bind.RecognizeOptions{}); !strings.Contains(got, c.want) {
			t.Errorf("%s beside %s: got %s, want %q", c.beside, c.prefix, got, c.want)
		}
	}
	w := backbone("encoder.")
	w.put("decoder.conv.weight", 8, 512, 3, 3)
	r, err := bind.Recognize(w, bind.RecognizeOptions{AllowExtra: true})
	if err != nil {
		t.Fatal(err)
	}
	if r.Spec.NumClasses != 0 {
		t.Errorf("%d classes", r.Spec.NumClasses)
	}
	for part, want := range map[string]bool{"encoder": true, "": false} {
		located, err := bind.Locate(w, part)
		if err != nil || strings.Contains(strings.Join(located.Notes, " "), "dilations in place of strides") != want {
			t.Errorf("part %q: %+v, %v", part, located, err)
		}
	}
}

// TestPreActivated: a batch norm before the convolutions shows in its width, whatever the network is called.
func TestPreActivated(t *testing.T) {
	w := &shapes{shape: map[string]tensor.Shape{}}
	w.put("conv1.weight", 16, 3, 3, 3)
	in := 16
	for i, out := range []int{16, 32} {
		block := fmt.Sprintf("layer%d.0.", i+1)
		for _, leaf := range []string{"weight", "bias", "running_mean", "running_var"} {
			w.put(block+"bn1."+leaf, in)
			w.put(block+"bn2."+leaf, out)
		}
		w.put(block+"conv1.weight", out, in, 3, 3)
		w.put(block+"conv2.weight", out, out, 3, 3)
		in = out
	}
	w.put("linear.weight", 10, 32)
	w.put("linear.bias", 10)
	if got := recognized(w, nil, bind.RecognizeOptions{}); !strings.Contains(got, "of the second version: pre-activation") {
		t.Error(got)
	}
}
