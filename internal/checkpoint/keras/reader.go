// Package keras reads the weights that Keras saves: whole models (.keras, a zip file; .h5 before Keras 3) and weights
// alone (.weights.h5, .h5). Tensors are named by their layer and what they are of it, conv1_conv/kernel, and have Keras's
// layout: (height, width, in, out) for convolutions, (in, out) for dense layers. What optimizers keep is left out.
package keras

import (
	"fmt"
	"io"
	"maps"

	"resnet/internal/checkpoint/format"
	"resnet/internal/checkpoint/hdf5"
	"resnet/internal/tensor"
)

// Name is the format's name in errors.
const Name = "Keras"

// Sniff reports whether a file that begins with head can be Keras's.
func Sniff(head []byte, size int64) bool { return hdf5.Sniff(head, size) || sniffArchive(head) }

// A Reader is an opened file. It may be used by several goroutines.
type Reader struct {
	file     *hdf5.File
	names    []string
	datasets map[string]*hdf5.Dataset
	metadata map[string]string
	config   string
}

// Open reads the descriptions in a file of size bytes.
func Open(r io.ReaderAt, size int64) (*Reader, error) {
	k := &Reader{datasets: map[string]*hdf5.Dataset{}, metadata: map[string]string{}}
	weights, n, err := k.archive(r, size)
	if err != nil {
		return nil, err
	}
	if k.file, err = hdf5.Open(weights, n); err != nil {
		return nil, err
	}
	root := k.file.Root
	for _, key := range []string{"keras_version", "backend"} {
		if text := root.Attr(key); text != "" {
			k.metadata[key] = text
		}
	}
	if config := root.Attr("model_config"); config != "" {
		k.config = config
	}
	if saved := root.Group("model_weights"); saved != nil {
		root = saved
	}
	if len(list(root, "layer_names")) > 0 {
		err = k.legacy(root)
	} else {
		err = k.layers(root, nil, k.config)
	}
	if err == nil && len(k.names) == 0 {
		err = format.Errorf(Name, -1, "the HDF5 file has no layers that Keras saved")
	}
	return k, err
}

// Names lists the tensors, layer by layer.
func (k *Reader) Names() []string { return k.names }

// Info is a tensor's shape and element type, as they are stored.
func (k *Reader) Info(name string) (tensor.Info, bool) {
	d, ok := k.datasets[name]
	if !ok {
		return tensor.Info{}, false
	}
	return d.Info, true
}

// Stream writes a tensor's elements to w, as they are stored.
func (k *Reader) Stream(name string, w io.Writer) error {
	d, ok := k.datasets[name]
	if !ok {
		return format.Errorf(Name, -1, "no tensor %q", name)
	}
	return k.file.Stream(d, w)
}

// Metadata is the version of Keras and its backend.
func (k *Reader) Metadata() map[string]string { return maps.Clone(k.metadata) }

// Config is the JSON that describes the model; "" where the file has weights alone.
func (k *Reader) Config() string { return k.config }

// Checksums is false: HDF5 has none for data.
func (k *Reader) Checksums() bool { return false }

// Warnings is empty.
func (k *Reader) Warnings() []string { return nil }

// add takes a dataset in under a name.
func (k *Reader) add(name string, d *hdf5.Dataset) error {
	if _, twice := k.datasets[name]; twice {
		return format.Errorf(Name, -1, "two tensors are called %q", name)
	}
	k.names = append(k.names, name)
	k.datasets[name] = d
	return nil
}

// list gives a list of names from an attribute, which Keras splits where it does not fit in a header: weight_names0,
// weight_names1, …
func list(g *hdf5.Group, name string) []string {
	if whole := g.Attrs[name]; len(whole) > 0 {
		return whole
	}
	var all []string
	for i := 0; ; i++ {
		part, ok := g.Attrs[fmt.Sprint(name, i)]
		if !ok {
			return all
		}
		all = append(all, part...)
	}
}
