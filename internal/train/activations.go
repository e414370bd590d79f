package train

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"

	"resnet/internal/tensor"
)

// Activations are what a layer reads of photos, of each as it is and mirrored, in a temporary file. Several goroutines may write them
// at a time.
type Activations struct {
	file *os.File
	size int    // values of each
	name string // of the file, where it is still there
}

// NewActivations makes the file, for a number of values of each photo. The caller closes it.
func NewActivations(size int) (*Activations, error) {
	file, err := os.CreateTemp("", "resnet-activations-")
	if err != nil {
		return nil, err
	}
	a := &Activations{file: file, size: size}
	if os.Remove(file.Name()) != nil { // it goes with the process, where the system has such files
		a.name = file.Name()
	}
	return a, nil
}

// Close removes the file.
func (a *Activations) Close() error {
	err := a.file.Close()
	if a.name != "" {
		err = errors.Join(err, os.Remove(a.name))
	}
	return err
}

// at is where those of a photo begin.
func (a *Activations) at(photo int, mirrored bool) int64 {
	place := 2 * int64(photo)
	if mirrored {
		place++
	}
	return place * int64(a.size) * 4
}

// Write keeps those of a photo, by its number.
func (a *Activations) Write(photo int, mirrored bool, values []float32) error {
	if len(values) != a.size {
		panic(fmt.Sprintf("train: %d activations, want %d", len(values), a.size))
	}
	data := make([]byte, 0, 4*a.size)
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	if _, err := a.file.WriteAt(data, a.at(photo, mirrored)); err != nil {
		return fmt.Errorf("what photos become before that layer, %d bytes of each: %w; TMPDIR names another folder for temporary files", 2*len(data), err)
	}
	return nil
}

// read reads those of a photo into one of a batch.
func (a *Activations) read(batch tensor.Tensor, i, photo int, mirrored bool) error {
	data := make([]byte, 4*a.size)
	if _, err := a.file.ReadAt(data, a.at(photo, mirrored)); err != nil {
		return err
	}
	for j, dst := 0, batch.Data[i*a.size:][:a.size]; j < len(dst); j++ {
		dst[j] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*j:]))
	}
	return nil
}
