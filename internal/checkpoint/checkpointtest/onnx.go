package checkpointtest

import (
	"encoding/binary"
	"slices"
)

// Message is a field of an ONNX model that is a message, or bytes (protobuf's wire type 2).
func Message(number int, content ...[]byte) []byte {
	all := slices.Concat(content...)
	b := binary.AppendUvarint(nil, uint64(number<<3|2))
	return append(binary.AppendUvarint(b, uint64(len(all))), all...)
}

// Number is a field that is a number.
func Number(number int, v int64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(nil, uint64(number<<3)), uint64(v))
}

// ONNXTensor is a float32 tensor of an ONNX graph; data says where its elements are, as Outside does.
func ONNXTensor(name string, elements int, data []byte) []byte {
	return Message(5, Number(1, int64(elements)), Number(2, 1), Message(8, []byte(name)), data)
}

// Outside says that elements are in another file: pairs of location, offset or length, and what it is.
func Outside(pairs ...string) []byte {
	b := Number(14, 1)
	for pair := range slices.Chunk(pairs, 2) {
		b = append(b, Message(13, Message(1, []byte(pair[0])), Message(2, []byte(pair[1])))...)
	}
	return b
}

// ONNX is a model with initializers, and as many operators.
func ONNX(initializers ...[]byte) []byte {
	relu := Message(1, Message(1, []byte("x")), Message(2, []byte("y")), Message(4, []byte("Relu")))
	graph := slices.Concat(append(slices.Repeat([][]byte{relu}, len(initializers)), initializers...)...)
	return slices.Concat(Number(1, 9), Message(2, []byte("test")), Message(7, graph), Message(8, Number(2, 20)))
}
