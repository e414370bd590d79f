package imaging

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ParsePreprocess reads a Preprocess that was written as JSON, in a file that may be anybody's: no key may be missing but
// order and range, none may be unknown, and values are those that Validate admits.
func ParsePreprocess(text string) (Preprocess, error) {
	var in struct {
		Resize, Crop  *Size
		Interpolation *Interpolation
		Mean, Std     []*float64
		Order         string
		Range         int
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return Preprocess{}, err
	}
	if _, err := d.Token(); err != io.EOF {
		return Preprocess{}, errors.New("something stands behind the JSON")
	}
	switch {
	case in.Resize == nil:
		return Preprocess{}, errors.New("resize is missing")
	case in.Crop == nil:
		return Preprocess{}, errors.New("crop is missing")
	case in.Interpolation == nil:
		return Preprocess{}, errors.New("interpolation is missing")
	}
	filter, err := ParseInterpolation(string(*in.Interpolation))
	if err != nil {
		return Preprocess{}, err
	}
	p := Preprocess{Resize: *in.Resize, Crop: *in.Crop, Interpolation: filter, Order: in.Order, Range: in.Range}
	for _, c := range []struct {
		key    string
		values []*float64
		dst    *[3]float32
	}{{"mean", in.Mean, &p.Mean}, {"std", in.Std, &p.Std}} {
		if len(c.values) != 3 {
			return Preprocess{}, fmt.Errorf("%s: %d numbers, want 3: red, green, blue", c.key, len(c.values))
		}
		for i, v := range c.values {
			if v == nil {
				return Preprocess{}, fmt.Errorf("%s: null is no number", c.key)
			}
			c.dst[i] = float32(*v)
		}
	}
	return p, p.Validate()
}
