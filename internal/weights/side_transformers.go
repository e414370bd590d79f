package weights

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"resnet/internal/imaging"
	"resnet/internal/labels"
	"resnet/internal/model"
)

// fromTransformers reads the config of a ResNetForImageClassification.
func (s *Source) fromTransformers(c sideConfig) error {
	if c.HiddenAct != "" && c.HiddenAct != "relu" {
		return fmt.Errorf("hidden_act: %q is not supported, want relu", c.HiddenAct)
	}
	s.StrideIn = model.Stride3x3
	if c.DownsampleInBottleneck != nil && *c.DownsampleInBottleneck {
		s.StrideIn = model.Stride1x1
	}
	if c.ProblemType != "single_label_classification" {
		s.Problem = c.ProblemType
	}
	s.FirstStride = 1
	if c.DownsampleInFirstStage {
		s.FirstStride = 2
	}
	if len(c.ID2Label) == 0 {
		return nil
	}
	classes := make([]string, len(c.ID2Label))
	for key, label := range c.ID2Label {
		i, err := strconv.Atoi(key)
		if err != nil || i < 0 || i >= len(classes) {
			return fmt.Errorf("id2label: key %q is no index from 0 to %d", key, len(classes)-1)
		}
		classes[i] = label
	}
	if !placeholders(classes) {
		s.Labels = &labels.List{Name: s.Name, Classes: classes}
	}
	return nil
}

// placeholders tells the labels that transformers makes up where nobody gave any.
func placeholders(classes []string) bool {
	for i, c := range classes {
		if c != fmt.Sprintf("LABEL_%d", i) {
			return false
		}
	}
	return true
}

// processorConfig is a preprocessor_config.json.
type processorConfig struct {
	ImageProcessor   string          `json:"image_processor_type"`
	FeatureExtractor string          `json:"feature_extractor_type"` // its older name
	Size             json.RawMessage `json:"size"`
	CropSize         json.RawMessage `json:"crop_size"`
	CropPct          float64         `json:"crop_pct"`
	Resample         *int            `json:"resample"`
	DoResize         *bool           `json:"do_resize"`
	DoCenterCrop     *bool           `json:"do_center_crop"`
	DoRescale        *bool           `json:"do_rescale"`
	DoNormalize      *bool           `json:"do_normalize"`
	RescaleFactor    float64         `json:"rescale_factor"`
	Mean             []float64       `json:"image_mean"`
	Std              []float64       `json:"image_std"`
}

// processorSize is a size as transformers writes it: a number, or one of two maps.
type processorSize struct {
	ShortestEdge int `json:"shortest_edge"`
	Height       int `json:"height"`
	Width        int `json:"width"`
}

func parseProcessorSize(raw json.RawMessage) (s processorSize, err error) {
	if len(raw) == 0 {
		return s, nil
	}
	if json.Unmarshal(raw, &s.ShortestEdge) == nil {
		return s, nil
	}
	return s, json.Unmarshal(raw, &s)
}

// pillowFilters are Pillow's filters by number.
var pillowFilters = map[int]imaging.Interpolation{0: imaging.Nearest, 1: imaging.Lanczos, 2: imaging.Bilinear, 3: imaging.Bicubic, 4: imaging.Box}

// convNext is the image processor that ResNets come with. Its size is that of the crop, and of the whole from 384 on.
const convNext = "ConvNext"

// fromProcessor reads a preprocessor_config.json.
func (s *Source) fromProcessor(c processorConfig) error {
	if len(c.Size) == 0 {
		return nil
	}
	if c.DoRescale != nil && !*c.DoRescale || c.RescaleFactor != 0 && c.RescaleFactor != 1.0/255 {
		return fmt.Errorf("rescale_factor: pixels are scaled to 0 … 1 here, nothing else is supported")
	}
	size, err := parseProcessorSize(c.Size)
	if err != nil {
		return fmt.Errorf("size: %w", err)
	}
	crop, err := parseProcessorSize(c.CropSize)
	if err != nil {
		return fmt.Errorf("crop_size: %w", err)
	}
	p := imaging.ImageNet
	if c.DoNormalize != nil && !*c.DoNormalize {
		c.Mean, c.Std = []float64{0, 0, 0}, []float64{1, 1, 1}
	}
	if err := c.sizes(&p, size, crop); err != nil {
		return err
	}
	filter := ""
	if c.Resample != nil {
		name, ok := pillowFilters[*c.Resample]
		if !ok {
			return fmt.Errorf("resample: filter %d is not supported", *c.Resample)
		}
		filter = string(name)
	}
	if err := setChannels(&p, filter, c.Mean, c.Std); err != nil {
		return err
	}
	s.Preprocess = &p
	return nil
}

// sizes works out resize and crop, which depend on the image processor.
func (c processorConfig) sizes(p *imaging.Preprocess, size, crop processorSize) error {
	if edge := size.ShortestEdge; strings.HasPrefix(c.ImageProcessor+c.FeatureExtractor, convNext) {
		return c.convNextSizes(p, edge)
	}
	resizes := c.DoResize == nil || *c.DoResize
	crops := c.DoCenterCrop != nil && *c.DoCenterCrop
	switch {
	case !resizes:
		p.Resize = imaging.Size{}
	case size.ShortestEdge > 0:
		p.Resize = imaging.Single(size.ShortestEdge)
	default:
		p.Resize = imaging.Size{Height: size.Height, Width: size.Width}
		p.Crop = p.Resize
	}
	switch {
	case crops && crop.ShortestEdge > 0:
		p.Crop = imaging.Single(crop.ShortestEdge)
	case crops:
		p.Crop = imaging.Size{Height: crop.Height, Width: crop.Width}
	case !resizes || size.ShortestEdge > 0:
		return errors.New("do_center_crop: without it pictures keep sizes of their own, which is not supported")
	}
	return nil
}

// convNextSizes is ConvNextImageProcessor.resize.
func (c processorConfig) convNextSizes(p *imaging.Preprocess, edge int) error {
	pct := c.CropPct
	if pct == 0 {
		pct = 224.0 / 256
	}
	if !(pct > 0.01) || pct > 10 {
		return fmt.Errorf("crop_pct: %v is not between 0.01 and 10", pct)
	}
	p.Crop = imaging.Single(edge)
	p.Resize = imaging.Single(int(float64(edge) / pct))
	if edge >= 384 {
		p.Resize = imaging.Size{Height: edge, Width: edge}
	}
	return nil
}
