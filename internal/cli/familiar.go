package cli

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strconv"

	"resnet/internal/batch"
	"resnet/internal/checkpoint/format"
	"resnet/internal/checkpoint/safetensors"
	"resnet/internal/learn"
	"resnet/internal/nets"
	"resnet/internal/number"
	"resnet/internal/serve"
	"resnet/internal/tensor"
	"resnet/internal/vectors"
)

// fittedPhotos is the file in a fitted network's folder that holds features of the photos that were learned from, of length 1
// and as float16, as features writes them; farKey is a distance in its metadata: of the photos that were checked, a share of
// familiarShare are not further from the nearest of them.
const (
	fittedPhotos  = "photos.safetensors"
	farKey        = "resnet.far"
	familiarShare = 0.99
	mostKnown     = 4096 // photos in it: of more, as many that are evenly spread over them
)

// familiar tells photos that are like those that a network has learned from from others.
type familiar struct {
	known vectors.Known
	files []string    // of the known photos
	rows  [][]float32 // theirs
	far   float64
}

// newFamiliar keeps features of the photos that were learned from, and finds how far from them those are that are checked. It
// is nil where these have no direction.
func newFamiliar(train []learn.Photo, features, checked []*learn.Features) *familiar {
	f := &familiar{}
	n := min(len(train), mostKnown)
	for i := range n {
		at := i * len(train) / n
		f.add(train[at].Name, half(features[at].Rows[0]))
	}
	var distances []float64
	for _, c := range checked {
		distances = append(distances, f.known.Distance(c.Rows[0]))
	}
	if f.far = vectors.Quantile(distances, familiarShare); math.IsNaN(f.far) {
		return nil
	}
	return f
}

func (f *familiar) add(file string, row []float32) {
	f.known.Add(row)
	f.files, f.rows = append(f.files, file), append(f.rows, row)
}

// half is a vector of length 1 as float16 keeps it; one without a direction is zero.
func half(v []float32) []float32 {
	unit := make([]float32, len(v))
	if length := math.Sqrt(number.Dot(v, v)); length > 0 {
		for i, x := range v {
			unit[i] = float32(float64(x) / length)
		}
	}
	narrow := make([]byte, 2*len(v))
	format.Encode(narrow, unit, tensor.Float16)
	if _, err := format.NewDecoder(tensor.Float16, unit).Write(narrow); err != nil {
		panic(err) // of as many values
	}
	return unit
}

// write writes the file of a network whose features are made by weights with a digest.
func (f *familiar) write(path string, made map[string]string) error {
	names, err := json.Marshal(f.files)
	if err != nil {
		return err
	}
	made["files"], made[farKey] = string(names), strconv.FormatFloat(f.far, 'g', -1, 64)
	const name = "features"
	info := tensor.Info{Shape: tensor.Shape{len(f.rows), len(f.rows[0])}, DType: tensor.Float16}
	w, err := safetensors.Create(path, []safetensors.Spec{{Name: name, Info: info}}, made)
	if err != nil {
		return err
	}
	defer w.Abort()
	if err := w.Write(name, slices.Concat(f.rows...)); err != nil {
		return err
	}
	return w.Close()
}

// familiarTo reads what is beside the weights of a fitted network. It is nil where there is no such file, or where it is of other
// weights, or photos are prepared another way.
func familiarTo(ctx context.Context, net *nets.Predictor) (*familiar, error) {
	if net.Net.Source.Builtin() {
		return nil, nil
	}
	path := filepath.Join(filepath.Dir(net.Net.Source.Path), fittedPhotos)
	file, err := vectors.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, fitted := file.Metadata[farKey]
	ours, err := provenance(net, learn.Watch)
	if err != nil || !fitted || file.Width != net.Net.Features() || differences(file.Metadata, ours) != "" {
		return nil, err
	}
	f := &familiar{}
	if f.far, err = strconv.ParseFloat(text, 64); err != nil || !(f.far >= 0 && f.far <= 2) {
		return nil, fmt.Errorf("%s: its %s is %q, no distance", path, farKey, text)
	}
	err = file.Rows(ctx, func(name string, row []float32) error {
		if len(f.rows) == mostKnown {
			return fmt.Errorf("more than %d photos", mostKnown)
		}
		f.add(name, slices.Clone(row))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// familiar is what a network knows of the photos that it has learned from; nil for nothing. A file that can't be read is no
// reason to label nothing.
func (f *factory) familiar(ctx context.Context, net *nets.Predictor) *familiar {
	known, err := familiarTo(ctx, net)
	if err != nil {
		f.warnf("images are not compared with those that the network has learned from: %v", err)
	}
	return known
}

// batch is it as a job takes it.
func (f *familiar) batch() *batch.Familiar {
	if f == nil {
		return nil
	}
	return &batch.Familiar{Watch: learn.Watch, Distance: f.known.Distance, Far: f.far, SHA256: f.digest()}
}

// digest is that of all that distances depend on.
func (f *familiar) digest() string {
	sum := sha256.New()
	_ = binary.Write(sum, binary.LittleEndian, f.far) // a hash takes all
	for _, row := range f.rows {
		_ = binary.Write(sum, binary.LittleEndian, row)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// served is what a model of a server knows of the photos that it has learned from; nil for nothing.
func served(ctx context.Context, p *nets.Predictor) (*serve.Familiar, error) {
	if p == nil {
		return nil, nil
	}
	known, err := familiarTo(ctx, p)
	if err != nil || known == nil {
		return nil, err
	}
	return &serve.Familiar{Watch: learn.Watch, Distance: known.known.Distance, Far: known.far}, nil
}
