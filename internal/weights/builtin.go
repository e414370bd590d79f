// Package weights finds trained weights: those inside the binary, a user's file or folder, or a set of the manifest, which
// it downloads into a cache, checks and keeps.
package weights

import (
	_ "embed"
	"strings"

	"resnet/internal/checkpoint"
)

// BuiltinName is the set that is inside the binary.
const BuiltinName = "resnet18_tiny"

//go:embed builtin/resnet18_tiny.safetensors
var builtin string

// OpenBuiltin opens the weights inside the binary. Like every checkpoint they are read tensor by tensor.
func OpenBuiltin() (*checkpoint.File, error) {
	return checkpoint.OpenReaderAt(strings.NewReader(builtin), int64(len(builtin)), BuiltinName)
}
