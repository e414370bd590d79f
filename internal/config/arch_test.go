package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"resnet/internal/imaging"
	"resnet/internal/model"
)

func TestBuiltinNetworks(t *testing.T) {
	type counts struct{ params, macs int64 }
	// Parameters as torchvision, timm (resnet50d) and the paper's authors have them; multiply-adds of convolutions and
	// fc, at each network's own input.
	known := map[string]counts{
		"resnet18":         {11_689_512, 1_814_073_344},
		"resnet34":         {21_797_672, 3_663_761_408},
		"resnet50":         {25_557_032, 4_089_184_256},
		"resnet101":        {44_549_160, 7_801_405_440},
		"resnet152":        {60_192_808, 11_513_626_624},
		"resnext50_32x4d":  {25_028_904, 4_230_479_872},
		"resnext101_32x8d": {88_791_336, 16_414_015_488},
		"resnext101_64x4d": {83_455_272, 15_460_270_080},
		"wide_resnet50_2":  {68_883_240, 11_398_021_120},
		"wide_resnet101_2": {126_886_696, 22_753_050_624},
		"resnet50_v1":      {25_557_032, 3_857_973_248},
		"resnet50d":        {25_576_264, 4_328_824_832},
		"resnet20_cifar":   {269_722, 40_551_040},
		"resnet1202_cifar": {19_421_274, 2_829_238_912},
	}
	for _, name := range Names() {
		a, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		g, err := model.Build(a.Spec)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if a.Description == "" {
			t.Errorf("%s has no description", name)
		}
		if a.Preprocess.Crop != imaging.Single(a.Spec.Input[1]) {
			t.Errorf("%s: crop %v for an input of %v", name, a.Preprocess.Crop, a.Spec.Input)
		}
		want, ok := known[name]
		if !ok {
			continue
		}
		delete(known, name)
		if n := g.ParamCount(); n != want.params {
			t.Errorf("%s: %d parameters, want %d", name, n, want.params)
		}
		if n, err := g.MACs(g.InputShape(1)); err != nil || n != want.macs {
			t.Errorf("%s: %d MACs, %v; want %d", name, n, err, want.macs)
		}
	}
	for name := range known {
		t.Errorf("no network %s", name)
	}
}

// TestTitles wants that each network can be named by what the views call it.
func TestTitles(t *testing.T) {
	titles := map[string]string{
		"resnet18": "ResNet-18", "resnet34": "ResNet-34", "resnet50": "ResNet-50", "resnet101": "ResNet-101", "resnet152": "ResNet-152",
		"resnet20_cifar": "ResNet-20 (CIFAR)", "resnet32_cifar": "ResNet-32 (CIFAR)", "resnet44_cifar": "ResNet-44 (CIFAR)",
		"resnet56_cifar": "ResNet-56 (CIFAR)", "resnet110_cifar": "ResNet-110 (CIFAR)", "resnet1202_cifar": "ResNet-1202 (CIFAR)",
		"resnet18_tiny": "ResNet-18 (tiny)",
		"resnet50_v1":   "ResNet-50 (v1)", "resnet101_v1": "ResNet-101 (v1)", "resnet152_v1": "ResNet-152 (v1)",
		"resnet50d":       "ResNet-50-D",
		"resnext50_32x4d": "ResNeXt-50 (32×4d)", "resnext101_32x8d": "ResNeXt-101 (32×8d)", "resnext101_64x4d": "ResNeXt-101 (64×4d)",
		"wide_resnet50_2": "Wide ResNet-50-2", "wide_resnet101_2": "Wide ResNet-101-2",
		"plain18": "Plain-18", "plain34": "Plain-34", "plain20_cifar": "Plain-20 (CIFAR)", "plain56_cifar": "Plain-56 (CIFAR)",
	}
	for _, name := range Names() {
		title := model.Spec{Name: name}.Title()
		if want := titles[name]; title != want {
			t.Errorf("%s: title %q, want %q", name, title, want)
		}
		if got, _ := Lookup(title); got != name {
			t.Errorf("Lookup(%q) = %q, want %q", title, got, name)
		}
	}
	for _, own := range []string{"", "my", "resnet", "resnet50_flowers", "resnet50x", "my_resnet50", "plain", "ResNet50", "resnet50_v1_2"} {
		if got := (model.Spec{Name: own}).Title(); got != own {
			t.Errorf("%s: title %q", own, got)
		}
	}
}

func TestLookup(t *testing.T) {
	for net, want := range map[string]string{
		"50": "resnet50", "resnet50": "resnet50", "ResNet-50": "resnet50", "20": "resnet20_cifar", "resnet20": "resnet20_cifar",
		"50d": "resnet50d", "50_v1": "resnet50_v1", "Wide ResNet50-2": "wide_resnet50_2", "plain20": "plain20_cifar",
		"resnext50-32x4d": "resnext50_32x4d", "18_tiny": "resnet18_tiny", "51": "", "": "", "resnet": "",
	} {
		if got, _ := Lookup(net); got != want {
			t.Errorf("Lookup(%q) = %q, want %q", net, got, want)
		}
	}
	for _, net := range []string{"26", "77", "ResNet-77"} {
		want := fmt.Sprintf("no network %q; ResNets that are built in have 18, 34, 50, 101, 152 layers, for CIFAR-10 20, 32, 44, 56, 110, 1202 (resnet models", net)
		if _, err := Load(net); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", net, err, want)
		}
	}
	if _, err := Load("plain50"); err == nil || !strings.Contains(err.Error(), `no network "plain50"; did you mean "plain34"?`) {
		t.Errorf("plain50: %v", err)
	}
	if _, err := Load("resnet5O"); err == nil || !strings.Contains(err.Error(), `did you mean "resnet50"`) {
		t.Errorf("a near miss: %v", err)
	}
}

func TestCommentedReadsBack(t *testing.T) {
	for _, name := range Names() {
		want, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		text := Commented(want)
		got, err := read(t.Context(), name+".yaml", name, []byte(text))
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
			continue
		}
		got.decoder, want.decoder = nil, nil // places in the files
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s reads back as\n%+v\nwant\n%+v", name, got, want)
		}
	}
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestExtends(t *testing.T) {
	path := write(t, "flowers.yaml", `extends: resnet50d
num_classes: 102
labels: flowers.txt
weights: flowers.safetensors
input: [3, 256, 320]
preprocess: {resize: 288, crop: [256, 320]}
stem: {pool: {kernel: 5, padding: 2}}
`)
	a, err := LoadFile(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(path)
	if a.Labels != filepath.Join(dir, "flowers.txt") || a.Weights != filepath.Join(dir, "flowers.safetensors") {
		t.Errorf("labels %s, weights %s: want them beside the file", a.Labels, a.Weights)
	}
	s := a.Spec
	if s.Name != "flowers" || s.NumClasses != 102 || len(s.Stem.Convs) != 3 || *s.Stem.Pool != (model.StemPool{Kernel: 5, Stride: 2, Padding: 2}) {
		t.Errorf("spec %+v", s)
	}
	if p := a.Preprocess; p.Resize != imaging.Single(288) || p.Crop != (imaging.Size{Height: 256, Width: 320}) || p.Interpolation != "bicubic" {
		t.Errorf("preprocess %+v", p)
	}
}

func TestExtendsOwnFile(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"base.yaml":     "extends: 34\nnum_classes: 17\nlabels: base.txt\n",
		"sub/same.yaml": "extends: ../base.yaml\ninput: [3, 96, 96]\n",
		"sub/less.yaml": "extends: ../base.yaml\nnum_classes: 5\n",
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]struct {
		classes int
		labels  string
	}{
		"sub/same.yaml": {17, filepath.Join(dir, "base.txt")},
		"sub/less.yaml": {5, ""}, // the labels name other classes
	} {
		a, err := LoadFile(t.Context(), filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if a.Spec.NumClasses != want.classes || a.Labels != want.labels || a.Spec.Blocks() != 16 {
			t.Errorf("%s: %d classes, labels %q, %d blocks", name, a.Spec.NumClasses, a.Labels, a.Spec.Blocks())
		}
	}
}

func TestExtendsDepth(t *testing.T) {
	dir := t.TempDir()
	for i := range maxExtends + 1 {
		text := fmt.Sprintf("extends: n%d.yaml\n", i+1)
		if i == maxExtends {
			text = "extends: 18\n"
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("n%d.yaml", i)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := LoadFile(t.Context(), filepath.Join(dir, "n1.yaml")); err != nil {
		t.Errorf("%d files: %v", maxExtends, err)
	}
	if _, err := LoadFile(t.Context(), filepath.Join(dir, "n0.yaml")); err == nil || !strings.Contains(err.Error(), "more than 8 files extend each other") {
		t.Errorf("%d files: %v", maxExtends+1, err)
	}
}

// TestParse: YAML inside of another file is the network that it was written from, and leads to no other file.
func TestParse(t *testing.T) {
	arch, err := Load("20")
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse(t.Context(), "best.safetensors", arch.Name, arch.Alone())
	if err != nil || !reflect.DeepEqual(got.Spec, arch.Spec) || got.Path != "" || got.Labels != "" {
		t.Errorf("%+v, %v", got, err)
	}
	for _, line := range []string{"extends: 18", "extends: ../x.yaml", "labels: ../names.txt", "labels: imagenet", "weights: w.pth"} {
		key, _, _ := strings.Cut(line, ":")
		if _, err := Parse(t.Context(), "best.safetensors", "x", "layers: [1]\n"+line); err == nil || !strings.Contains(err.Error(), "best.safetensors:2:"+strconv.Itoa(len(key)+3)+": "+key+": the network must be described here alone") {
			t.Errorf("%s: %v", line, err)
		}
	}
}
