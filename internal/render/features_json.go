package render

import (
	"io"
	"strconv"

	"resnet/internal/number"
)

// FeaturesSchema is the version of the contract that docs/schema/features.v1.json describes.
const FeaturesSchema = "resnet.features/v1"

// Features are what a layer puts out of images, averaged to one number a channel.
type Features struct {
	Arch, Source, SHA256 string // of the network, and of its weights
	Preprocess           any    // as it goes into JSON
	Layer                string
	Results              []FeaturesOf
}

// FeaturesOf is the vector of one image, or why there is none.
type FeaturesOf struct {
	File   string
	Vector []float32
	Err    *ImageError
}

// vector is written so that each number is the same float32 when it is read; what is not finite is null.
type vector []float32

func (v vector) MarshalJSON() ([]byte, error) {
	out := []byte{'['}
	for i, x := range v {
		if i > 0 {
			out = append(out, ',')
		}
		if number.Finite(x) {
			out = strconv.AppendFloat(out, float64(x), 'g', -1, 32)
		} else {
			out = append(out, "null"...)
		}
	}
	return append(out, ']'), nil
}

// WriteFeatures writes features as JSON, an image a line.
func WriteFeatures(w io.Writer, f Features) error {
	type weights struct {
		Source string `json:"source"`
		SHA256 string `json:"sha256"`
	}
	data := Data{
		Head: []Field{
			{"schema", FeaturesSchema}, {"arch", f.Arch}, {"weights", weights{f.Source, f.SHA256}},
			{"preprocess", f.Preprocess}, {"layer", f.Layer},
		},
		List: "results",
	}
	for _, r := range f.Results {
		data.Items = append(data.Items, r.item())
	}
	return writeData(w, data)
}

// item is a result as JSON has it.
func (r FeaturesOf) item() any {
	if r.Err != nil {
		return struct {
			File  string      `json:"file"`
			Error *ImageError `json:"error"`
		}{validUTF8(r.File), r.Err}
	}
	return struct {
		File     string `json:"file"`
		Features vector `json:"features"`
	}{validUTF8(r.File), r.Vector}
}

// WriteFeaturesLine writes the result of one image as a line of NDJSON.
func WriteFeaturesLine(w io.Writer, r FeaturesOf) error {
	line, err := marshal(r.item())
	if err != nil {
		return err
	}
	_, err = w.Write(append(line, '\n'))
	return err
}
