// Package weights finds trained weights: those inside the binary, a user's file or folder, or a set of the manifest, which
// it downloads into a cache, checks and keeps.
package weights

import (
	"embed"
	"io"

	"resnet/internal/checkpoint"
)

// BuiltinName is the set inside the binary that is taken where nobody names one.
const BuiltinName = "resnet18_tiny"

//go:embed builtin/*.safetensors builtin/*.golden.json
var builtin embed.FS

// Builtins are the sets inside the binary.
func Builtins() (sets []Set) {
	for _, s := range Sets() {
		if s.Builtin() {
			sets = append(sets, s)
		}
	}
	return sets
}

// OpenBuiltin opens a set inside the binary. Like every checkpoint it is read tensor by tensor.
func OpenBuiltin(name string) (*checkpoint.File, error) {
	file, err := builtin.Open("builtin/" + name + ".safetensors")
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	return checkpoint.OpenReaderAt(file.(io.ReaderAt), info.Size(), name)
}
