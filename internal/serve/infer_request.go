package serve

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"resnet/internal/tensor"
)

// inferRequest is a request for an inference. Names and meanings are the protocol's: "Inference Request JSON Object", "Binary
// Tensor Data Extension", and of Triton "Classification Extension".
type inferRequest struct {
	id      string
	timeout time.Duration // of the client; 0: it has none
	images  [][]byte      // encoded, or
	tensor  tensor.Tensor // (rows, 3, height, width)
	output  requestedOutput
}

// requestedOutput is how the logits are answered.
type requestedOutput struct {
	binary  bool
	classes int // with the classification extension: how many of each row; 0: the numbers
}

// rows is how many images the request is about.
func (r *inferRequest) rows() int {
	if r.images != nil {
		return len(r.images)
	}
	return r.tensor.Shape[0]
}

// headerLength is the header of the binary extension: how much of a body is JSON. What is behind it are tensors.
const headerLength = "Inference-Header-Content-Length"

// parseInfer reads a request for a model that sees input, (1, 3, height, width).
func parseInfer(r *http.Request, body []byte, input tensor.Shape) (*inferRequest, error) {
	text, blobs := body, []byte(nil)
	if header := r.Header.Get(headerLength); header != "" {
		n, err := strconv.ParseUint(header, 10, 63)
		if err != nil || n > uint64(len(body)) {
			return nil, fmt.Errorf("%s: %.20q: want a number of bytes, up to the %d of the body", headerLength, header, len(body))
		}
		text, blobs = body[:n], body[n:]
	}
	whole, err := parseValue(text)
	if err != nil {
		return nil, fmt.Errorf("JSON: %w", err)
	}
	fields, err := whole.fields()
	if err != nil {
		return nil, fmt.Errorf("JSON: %w", err)
	}
	request := &inferRequest{}
	if id, ok := fields["id"]; ok {
		if request.id, err = id.text(); err != nil {
			return nil, fmt.Errorf("id: %w", err)
		}
	}
	if err := request.readParameters(fields["parameters"]); err != nil {
		return nil, fmt.Errorf("parameters: %w", err)
	}
	if err := request.readOutputs(fields["outputs"]); err != nil {
		return nil, fmt.Errorf("outputs: %w", err)
	}
	if err := request.readInputs(fields["inputs"], blobs, input); err != nil {
		return nil, fmt.Errorf("inputs: %w", err)
	}
	return request, nil
}

// readParameters reads those of the request; others than these are passed over, as the specification leaves them to servers.
func (r *inferRequest) readParameters(v value) error {
	if v == nil {
		return nil
	}
	fields, err := v.fields()
	if err != nil {
		return err
	}
	if all, ok := fields["binary_data_output"]; ok {
		if r.output.binary, err = all.truth(); err != nil {
			return fmt.Errorf("binary_data_output: %w", err)
		}
	}
	if timeout, ok := fields["timeout"]; ok { // Triton's, in microseconds
		n, err := timeout.whole()
		if err != nil {
			return fmt.Errorf("timeout: %w", err)
		}
		r.timeout = time.Duration(min(n, math.MaxInt64/1000)) * time.Microsecond
	}
	return nil
}

func (r *inferRequest) readOutputs(v value) error {
	if v == nil {
		return nil
	}
	outputs, err := v.array(1)
	if err != nil {
		return fmt.Errorf("%w; there is one, %s", err, outputLogits)
	}
	for _, output := range outputs {
		fields, err := output.fields()
		if err != nil {
			return err
		}
		if name, err := fields["name"].text(); err != nil || name != outputLogits {
			return fmt.Errorf("name: %.100q, and there is only %q", name, outputLogits)
		}
		if fields["parameters"] == nil {
			continue
		}
		if err := r.output.read(fields["parameters"]); err != nil {
			return fmt.Errorf("%s: parameters: %w", outputLogits, err)
		}
	}
	return nil
}

func (o *requestedOutput) read(v value) error {
	fields, err := v.fields()
	if err != nil {
		return err
	}
	if v, ok := fields["binary_data"]; ok {
		if o.binary, err = v.truth(); err != nil {
			return fmt.Errorf("binary_data: %w", err)
		}
	}
	if v, ok := fields["classification"]; ok {
		n, err := v.whole()
		if err != nil || n == 0 {
			return errors.New("classification: want a number of classes, 1 or more")
		}
		o.classes = int(min(n, math.MaxInt32))
	}
	return nil
}

func (r *inferRequest) readInputs(v value, blobs []byte, input tensor.Shape) error {
	if v == nil {
		return fmt.Errorf("want one: %s or %s", inputImages, inputTensor)
	}
	inputs, err := v.array(1)
	if err != nil {
		return fmt.Errorf("%w; want one: %s or %s", err, inputImages, inputTensor)
	}
	if len(inputs) == 0 {
		return fmt.Errorf("want one: %s or %s", inputImages, inputTensor)
	}
	in, err := readInput(inputs[0])
	if err != nil {
		return err
	}
	switch in.name {
	case inputImages:
		r.images, err = in.images(blobs)
	case inputTensor:
		r.tensor, err = in.tensor(blobs, input)
	default:
		return fmt.Errorf("no input %.100q, want %s or %s", in.name, inputImages, inputTensor)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", in.name, err)
	}
	return nil
}

// requestInput is an input as it stands in the JSON.
type requestInput struct {
	name, datatype string
	shape          []int
	data           value // nil: it is among the blobs
	binarySize     int64 // -1: it is not
}

func readInput(v value) (*requestInput, error) {
	fields, err := v.fields()
	if err != nil {
		return nil, err
	}
	in := &requestInput{binarySize: -1, data: fields["data"]}
	if in.name, err = fields["name"].text(); err != nil {
		return nil, fmt.Errorf("name: %w", err)
	}
	if in.datatype, err = fields["datatype"].text(); err != nil {
		return nil, fmt.Errorf("%.100q: datatype: %w", in.name, err)
	}
	if in.shape, err = readShape(fields["shape"]); err != nil {
		return nil, fmt.Errorf("%.100q: shape: %w", in.name, err)
	}
	if p := fields["parameters"]; p != nil {
		parameters, err := p.fields()
		if err != nil {
			return nil, fmt.Errorf("%.100q: parameters: %w", in.name, err)
		}
		if size, ok := parameters["binary_data_size"]; ok {
			if in.binarySize, err = size.whole(); err != nil {
				return nil, fmt.Errorf("%.100q: binary_data_size: %w", in.name, err)
			}
		}
	}
	if (in.data == nil) == (in.binarySize < 0) {
		return nil, fmt.Errorf("%.100q: want its data, or the binary_data_size of what is behind the JSON, and not both", in.name)
	}
	return in, nil
}

// maxRank is the most dimensions of a shape that are read.
const maxRank = 8

func readShape(v value) ([]int, error) {
	if v == nil {
		return nil, errors.New("want an array of numbers")
	}
	sizes, err := v.array(maxRank)
	if err != nil {
		return nil, err
	}
	shape := make([]int, len(sizes))
	for i, size := range sizes {
		n, err := size.whole()
		if err != nil || n > math.MaxInt32 {
			return nil, fmt.Errorf("%.20s: want a number of 0 or more, and not that many", string(size))
		}
		shape[i] = int(n)
	}
	return shape, nil
}

// blob is the input's part of what is behind the JSON, which is all of it: there is one input.
func (in *requestInput) blob(blobs []byte) ([]byte, error) {
	if in.binarySize != int64(len(blobs)) {
		return nil, fmt.Errorf("binary_data_size is %d, and behind the JSON are %d bytes", in.binarySize, len(blobs))
	}
	return blobs, nil
}

// rows checks how many images an input is of.
func rows(n int) error {
	if n < 1 || n > maxImages {
		return fmt.Errorf("%d of them, want 1 to %d", n, maxImages)
	}
	return nil
}

// images are the encoded pictures of an input of byte strings.
func (in *requestInput) images(blobs []byte) ([][]byte, error) {
	if in.datatype != byteStrings || len(in.shape) != 1 {
		return nil, fmt.Errorf("%.20s %v, want %s [N], with as many encoded images", in.datatype, in.shape, byteStrings)
	}
	if err := rows(in.shape[0]); err != nil {
		return nil, err
	}
	var images [][]byte
	var err error
	if in.data != nil {
		images, err = in.base64()
	} else if blobs, err = in.blob(blobs); err == nil {
		images, err = strings32(blobs)
	}
	if err == nil && len(images) != in.shape[0] {
		err = fmt.Errorf("%d images, and the shape is %v", len(images), in.shape)
	}
	return images, err
}

// base64 are byte strings in JSON.
func (in *requestInput) base64() ([][]byte, error) {
	items, err := in.data.array(maxImages)
	if err != nil {
		return nil, err
	}
	images := make([][]byte, len(items))
	for i, item := range items {
		text, err := item.text()
		if err != nil {
			return nil, fmt.Errorf("data %d: %w, of an image in base64", i, err)
		}
		if images[i], err = base64.StdEncoding.DecodeString(text); err != nil {
			return nil, fmt.Errorf("data %d: base64: %w", i, err)
		}
	}
	return images, nil
}

// strings32 are byte strings behind the JSON: the length of each in four bytes, and the bytes.
func strings32(blobs []byte) ([][]byte, error) {
	var all [][]byte
	for len(blobs) > 0 {
		if len(all) == maxImages {
			return nil, fmt.Errorf("more than %d byte strings", maxImages)
		}
		if len(blobs) < 4 || uint64(binary.LittleEndian.Uint32(blobs)) > uint64(len(blobs)-4) {
			return nil, fmt.Errorf("byte string %d is longer than what is there", len(all))
		}
		n := int(binary.LittleEndian.Uint32(blobs))
		all = append(all, blobs[4:4+n:4+n])
		blobs = blobs[4+n:]
	}
	return all, nil
}

// tensor is an input of preprocessed images.
func (in *requestInput) tensor(blobs []byte, input tensor.Shape) (tensor.Tensor, error) {
	if in.datatype != fp32 || len(in.shape) != 4 || !tensor.Shape(in.shape[1:]).Equal(input[1:]) {
		return tensor.Tensor{}, fmt.Errorf("%.20s %v, want %s [N %d %d %d]", in.datatype, in.shape, fp32, input[1], input[2], input[3])
	}
	if err := rows(in.shape[0]); err != nil {
		return tensor.Tensor{}, err
	}
	shape := tensor.Shape(in.shape)
	n := shape.Elements()
	if in.data != nil {
		if len(in.data) < 2*n { // each number has a digit, and something behind it
			return tensor.Tensor{}, fmt.Errorf("data: fewer numbers than the %d of the shape", n)
		}
		values, err := in.data.floats(make([]float32, 0, n), in.shape)
		if err != nil {
			return tensor.Tensor{}, fmt.Errorf("data: %w", err)
		}
		return tensor.Tensor{Shape: shape, Data: values}, nil
	}
	blob, err := in.blob(blobs)
	if err == nil && len(blob) != 4*n {
		err = fmt.Errorf("%d bytes, and the shape has %d", len(blob), 4*n)
	}
	if err != nil {
		return tensor.Tensor{}, err
	}
	values := make([]float32, n)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(blob[4*i:]))
	}
	return tensor.Tensor{Shape: shape, Data: values}, nil
}
