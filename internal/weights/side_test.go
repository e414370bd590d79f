package weights

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"resnet/internal/imaging"
)

// folder writes config files beside an empty checkpoint.
func folder(t *testing.T, config, processor string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"config.json": config, "preprocessor_config.json": processor, "model.safetensors": "x"} {
		if text != "" {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

func TestPreprocessingBeside(t *testing.T) {
	imageNet := imaging.ImageNet
	with := func(resize, crop imaging.Size, filter imaging.Interpolation) imaging.Preprocess {
		p := imageNet
		p.Resize, p.Crop, p.Interpolation = resize, crop, filter
		return p
	}
	const mean = `"image_mean":[0.485,0.456,0.406],"image_std":[0.229,0.224,0.225]`
	for _, test := range []struct {
		name, config, processor string
		want                    imaging.Preprocess
		err                     string
	}{
		{name: "timm, all defaults", config: `{"architecture":"resnet50","pretrained_cfg":{}}`,
			want: with(imaging.Single(256), imaging.Single(224), imaging.Bicubic)},
		{name: "timm's older files", config: `{"architecture":"resnet50","input_size":[3,224,224],"crop_pct":0.95,"interpolation":"bilinear"}`,
			want: with(imaging.Single(235), imaging.Single(224), imaging.Bilinear)},
		{name: "timm, squash", config: `{"architecture":"resnet50","pretrained_cfg":{"input_size":[3,160,224],"crop_pct":1.0,"crop_mode":"squash"}}`,
			want: with(imaging.Size{Height: 160, Width: 224}, imaging.Size{Height: 160, Width: 224}, imaging.Bicubic)},
		{name: "timm, border", config: `{"architecture":"resnet50","pretrained_cfg":{"crop_mode":"border"}}`, err: `crop_mode: "border" is not supported`},
		{name: "timm, four channels", config: `{"architecture":"resnet18","model_args":{"in_chans":4},"pretrained_cfg":{"input_size":[4,224,224],"mean":[0.4,0.4,0.4,0.4],"std":[0.2,0.2,0.2,0.2],"crop_pct":0.95}}`, want: with(imaging.Single(235), imaging.Single(224), imaging.Bicubic)},
		{name: "timm, four means of three channels", config: `{"architecture":"resnet18","pretrained_cfg":{"mean":[0.4,0.4,0.4,0.4]}}`, err: "mean: 4 numbers, want 3"},
		{name: "timm, two stds", config: `{"architecture":"resnet50","pretrained_cfg":{"mean":[0.5],"std":[0.2,0.3]}}`, err: "std: 2 numbers, want 3"},
		{name: "timm, std of 0", config: `{"architecture":"resnet50","pretrained_cfg":{"std":[0,1,1]}}`, err: "std[0]: 0 is not between"},
		{name: "timm, crop of nothing", config: `{"architecture":"resnet50","pretrained_cfg":{"crop_pct":1e-300}}`, err: "crop_pct"},
		{name: "timm, arguments that change nothing", config: `{"architecture":"resnet50","global_pool":"avg","model_args":{"in_chans":3,"num_classes":10,"global_pool":"avg","output_stride":32,"act_layer":"relu","aa_layer":null},"pretrained_cfg":{}}`,
			want: with(imaging.Single(256), imaging.Single(224), imaging.Bicubic)},
		{name: "timm, anti-aliased", config: `{"architecture":"resnetaa50.d_in12k","pretrained_cfg":{}}`, want: with(imaging.Single(256), imaging.Single(224), imaging.Bicubic)},
		{name: "timm, anti-aliased and attentive", config: `{"architecture":"seresnetaa50d"}`, err: "seresnetaa50d is not computed here"},
		{name: "timm, another pool", config: `{"architecture":"resnet18","global_pool":"max"}`, err: `global_pool: the pool "max" is not computed`},
		{name: "timm, another pool by argument", config: `{"architecture":"resnet18","model_args":{"global_pool":"catavgmax"}}`, err: `model_args.global_pool: the pool "catavgmax"`},
		{name: "timm, another activation", config: `{"architecture":"resnet18","model_args":{"act_layer":"silu"}}`, err: `model_args.act_layer: "silu" is not computed`},
		{name: "timm, dilated", config: `{"architecture":"resnet18","model_args":{"output_stride":12}}`, err: "model_args.output_stride: 12 is not computed"},
		{name: "timm, several at once", config: `{"architecture":"resnet18","model_args":{"aa_layer":"blur","act_layer":"silu"}}`, err: "model_args.act_layer: \"silu\""},
		{name: "ConvNext, older form", config: `{"model_type":"resnet"}`,
			processor: `{"feature_extractor_type":"ConvNextFeatureExtractor","size":224,"crop_pct":0.875,"resample":3,` + mean + `}`,
			want:      with(imaging.Single(256), imaging.Single(224), imaging.Bicubic)},
		{name: "ConvNext from 384 on", config: `{"model_type":"resnet"}`,
			processor: `{"image_processor_type":"ConvNextImageProcessor","size":{"shortest_edge":384},"resample":3,` + mean + `}`,
			want:      with(imaging.Size{Height: 384, Width: 384}, imaging.Single(384), imaging.Bicubic)},
		{name: "Bit", config: `{"model_type":"resnet"}`,
			processor: `{"image_processor_type":"BitImageProcessor","size":{"shortest_edge":256},"do_center_crop":true,"crop_size":{"height":224,"width":224},"resample":2,` + mean + `}`,
			want:      with(imaging.Single(256), imaging.Size{Height: 224, Width: 224}, imaging.Bilinear)},
		{name: "ViT", config: `{"model_type":"resnet"}`,
			processor: `{"image_processor_type":"ViTImageProcessor","size":{"height":224,"width":224},"resample":2,` + mean + `}`,
			want:      with(imaging.Size{Height: 224, Width: 224}, imaging.Size{Height: 224, Width: 224}, imaging.Bilinear)},
		{name: "sizes of their own", config: `{"model_type":"resnet"}`, processor: `{"size":{"shortest_edge":256},` + mean + `}`, err: "do_center_crop"},
		{name: "pixels as they are", config: `{"model_type":"resnet"}`, processor: `{"size":224,"do_rescale":false}`, err: "rescale_factor"},
		{name: "another filter", config: `{"model_type":"resnet"}`, processor: `{"image_processor_type":"ConvNextImageProcessor","size":224,"resample":5}`, err: "resample: filter 5"},
		{name: "another activation", config: `{"model_type":"resnet","hidden_act":"gelu"}`, err: `hidden_act: "gelu"`},
		{name: "another model", config: `{"model_type":"vit"}`, err: "this is a vit"},
		{name: "labels with a gap", config: `{"model_type":"resnet","id2label":{"0":"a","2":"b"}}`, err: `id2label: key "2"`},
		{name: "no JSON", config: `{`, err: "config.json"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := fromFolder(folder(t, test.config, test.processor))
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("got %v, want …%s…", err, test.err)
				} else if lines := strings.Split(err.Error(), "\n"); strings.Count(err.Error(), "config.json: ") < len(lines) {
					t.Errorf("a line of %q says no file", lines)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if s.Preprocess == nil || *s.Preprocess != test.want {
				t.Errorf("got %+v, want %+v", s.Preprocess, test.want)
			}
		})
	}
}

// The name of a file, or of the architecture in a folder's config, says what takes the strides.
func TestNamesOfAntiAliasing(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]string{
		"resnetaa50.safetensors": "average", "timm_resnetblur50.bt_in1k.pth": "blur", "ResNetAA50d.pth": "average",
		"resnet50.safetensors": "", "resnetaaa.pth": "", "my-net.pth": "", "presnetaa50.pth": "",
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := fromFile(path); err != nil || s.AA != want {
			t.Errorf("%s: %+v, %v; want %q", name, s, err, want)
		}
	}
	for name, want := range map[string]string{"resnetaa101d.sw_in12k": "average", "resnetblur18": "blur", "resnet50.a1_in1k": ""} {
		if s, err := fromFolder(folder(t, `{"architecture":"`+name+`","pretrained_cfg":{}}`, "")); err != nil || s.AA != want {
			t.Errorf("%s: %+v, %v; want %q", name, s, err, want)
		}
	}
}

// A config that has nothing to do with weights changes nothing.
func TestConfigOfSomethingElse(t *testing.T) {
	s, err := fromFolder(folder(t, `{"name":"my-web-app"}`, ""))
	if err != nil || s.Preprocess != nil || s.Labels != nil || s.Arch != "" {
		t.Errorf("%+v, %v", s, err)
	}
}

// A file that is one of the manifest's brings its preprocessing, whatever it is called.
func TestIdentify(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.bin")
	data := builtinFile(t, BuiltinName)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	defer func(sets func() []Set) { Sets = sets }(Sets)
	known := Set{Name: "known", URL: "https://example.org/known", SHA256: digestOf(data), Size: int64(len(data)), Labels: "imagenet"}
	known.Preprocess.Resize = imaging.Single(232)
	Sets = func() []Set { return []Set{known} }
	s := &Source{Name: path, Path: path}
	if err := s.Identify(); err != nil || s.Set == nil || s.Set.Name != "known" || s.Preprocess.Resize != imaging.Single(232) {
		t.Errorf("%+v, %v", s, err)
	}
	if err := os.WriteFile(path, append(data[1:], 'x'), 0o644); err != nil {
		t.Fatal(err)
	}
	s = &Source{Name: path, Path: path}
	if err := s.Identify(); err != nil || s.Set != nil {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestProblem(t *testing.T) {
	for config, want := range map[string]string{
		`{"model_type":"resnet"}`: "", `{"model_type":"resnet","problem_type":"single_label_classification"}`: "",
		`{"model_type":"resnet","problem_type":"multi_label_classification"}`: "multi_label_classification",
	} {
		if s, err := fromFolder(folder(t, config, "")); err != nil || s.Problem != want {
			t.Errorf("%s: %+v, %v", config, s, err)
		}
	}
}
