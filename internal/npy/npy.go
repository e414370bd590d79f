// Package npy writes float32 arrays as NumPy's .npy files, version 1.0 of the format, and reads those of two dimensions.
package npy

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"

	"resnet/internal/tensor"
)

// Header is what stands before the row-major, little-endian data of an array.
func Header(shape tensor.Shape) []byte {
	dims := shape.Join(", ")
	if len(shape) == 1 {
		dims += ","
	}
	dict := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", dims)
	const before = 10 // magic, version and the length of the dictionary
	padding := 63 - (before+len(dict))%64
	dict += strings.Repeat(" ", padding) + "\n"

	header := []byte("\x93NUMPY\x01\x00")
	header = binary.LittleEndian.AppendUint16(header, uint16(len(dict)))
	return append(header, dict...)
}

// Write writes a whole array.
func Write(w io.Writer, t tensor.Tensor) error {
	if _, err := w.Write(Header(t.Shape)); err != nil {
		return err
	}
	return WriteData(w, t.Data)
}

// WriteData writes elements without a header.
func WriteData(w io.Writer, data []float32) error {
	buf := make([]byte, 0, 4*min(len(data), 4096))
	for len(data) > 0 {
		n := min(len(data), 4096)
		buf = buf[:0]
		for _, v := range data[:n] {
			buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(v))
		}
		if _, err := w.Write(buf); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}
