package weights

import (
	"fmt"
	"math"
	"strconv"

	"resnet/internal/imaging"
	"resnet/internal/labels"
)

// sideConfig is a config.json, as timm or transformers writes it.
type sideConfig struct {
	// timm
	Architecture  string      `json:"architecture"`
	GlobalPool    string      `json:"global_pool"`
	ModelArgs     modelArgs   `json:"model_args"`
	LabelNames    []string    `json:"label_names"`
	PretrainedCfg *timmConfig `json:"pretrained_cfg"`
	timmConfig                // older files have it all on one level

	// transformers
	ModelType              string            `json:"model_type"`
	ID2Label               map[string]string `json:"id2label"`
	HiddenAct              string            `json:"hidden_act"`
	DownsampleInBottleneck *bool             `json:"downsample_in_bottleneck"`
	DownsampleInFirstStage bool              `json:"downsample_in_first_stage"`
	ProblemType            string            `json:"problem_type"`
}

// timmConfig is timm's pretrained_cfg, as far as it is about images and classes.
type timmConfig struct {
	InputSize     []int     `json:"input_size"`
	Interpolation string    `json:"interpolation"`
	CropPct       float64   `json:"crop_pct"`
	CropMode      string    `json:"crop_mode"`
	Mean          []float64 `json:"mean"`
	Std           []float64 `json:"std"`
	LabelNames    []string  `json:"label_names"`
}

// fromTimm reads a folder of timm's.
func (s *Source) fromTimm(c sideConfig) error {
	if err := c.checkNet(); err != nil {
		return err
	}
	s.Arch, s.OutputStride = c.Architecture, outputStrides[string(c.ModelArgs["output_stride"])]
	if found := antiAliased.FindStringSubmatch(c.Architecture); found != nil {
		s.AA = antiAliasing[found[1]]
	}
	cfg := c.timmConfig
	if c.PretrainedCfg != nil {
		cfg = *c.PretrainedCfg
	}
	if len(c.LabelNames) == 0 {
		c.LabelNames = cfg.LabelNames
	}
	if len(c.LabelNames) > 0 {
		s.Labels = &labels.List{Name: s.Name, Classes: c.LabelNames}
	}
	channels := string(c.ModelArgs["in_chans"])
	if channels == "" && len(cfg.InputSize) == 3 {
		channels = strconv.Itoa(cfg.InputSize[0])
	}
	for _, list := range []*[]float64{&cfg.Mean, &cfg.Std} {
		if n := len(*list); n != 1 && n != 3 && strconv.Itoa(n) == channels {
			*list = nil // of channels that no photo has, which commands with photos say
		}
	}
	p, err := cfg.preprocess()
	if err != nil {
		return err
	}
	s.Preprocess = &p
	return nil
}

// preprocess is what timm.data.create_transform makes of resolve_data_config: a centre crop of the input's size, out of a
// picture whose shorter side is 1/crop_pct of that; "squash" gives up the aspect ratio in place of the edges.
func (c timmConfig) preprocess() (imaging.Preprocess, error) {
	p := imaging.ImageNet
	p.Interpolation = imaging.Bicubic
	height, width := 224, 224
	if len(c.InputSize) == 3 {
		height, width = c.InputSize[1], c.InputSize[2]
	}
	pct := c.CropPct
	if pct == 0 {
		pct = 0.875
	}
	if !(pct > 0.01) || pct > 10 {
		return p, fmt.Errorf("crop_pct: %v is not between 0.01 and 10", pct)
	}
	scaled := func(n int) int { return int(math.Floor(float64(n) / pct)) }
	p.Crop = imaging.Size{Height: height, Width: width}
	switch c.CropMode {
	case "", "center":
		if height != width {
			return p, fmt.Errorf("input_size: %d×%d is no square, and crop_mode is center", height, width)
		}
		p.Resize, p.Crop = imaging.Single(scaled(height)), imaging.Single(height)
	case "squash":
		p.Resize = imaging.Size{Height: scaled(height), Width: scaled(width)}
	default:
		return p, fmt.Errorf("crop_mode: %q is not supported, want center or squash", c.CropMode)
	}
	return p, setChannels(&p, c.Interpolation, c.Mean, c.Std)
}

// setChannels takes over what is given, and checks all.
func setChannels(p *imaging.Preprocess, interpolation string, mean, std []float64) error {
	if interpolation != "" {
		filter, err := imaging.ParseInterpolation(interpolation)
		if err != nil {
			return err
		}
		p.Interpolation = filter
	}
	for _, c := range []struct {
		name   string
		values []float64
		dst    *[3]float32
	}{{"mean", mean, &p.Mean}, {"std", std, &p.Std}} {
		switch len(c.values) {
		case 0:
		case 1: // of every channel
			v := float32(c.values[0])
			*c.dst = [3]float32{v, v, v}
		case 3:
			for i, v := range c.values {
				c.dst[i] = float32(v)
			}
		default:
			return fmt.Errorf("%s: %d numbers, want 3: red, green, blue", c.name, len(c.values))
		}
	}
	return p.Validate()
}
