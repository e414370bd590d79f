package bind

import (
	"fmt"
	"slices"
	"strings"

	"resnet/internal/tensor"
)

// notWeights says of the types that are no weights why, and what can be done: the first row that has the type, by its
// beginning where it ends with a *.
var notWeights = []struct {
	types []string
	words string
}{
	{[]string{"float8*"}, "are not read: save them as float32 (PyTorch: tensor.float(), times its scale where the file has one)"},
	{[]string{"float4*", "float6*"}, "are not read: use the floating-point weights that they were made from"},
	{[]string{"complex*"}, "are complex numbers, and a ResNet's weights are real: save tensor.real if that is what they are"},
	{[]string{"qint*", "quint*"}, "are quantized by PyTorch: save tensor.dequantize()"},
	{[]string{"int8", "uint8", "int4", "uint4", "int2", "uint2"}, "are quantized by another program, and what they stand for is not known: use the floating-point weights that they were made from"},
	{[]string{"int*", "uint*", "bool"}, "are whole numbers, which weights are not: save tensor.float() if they are meant to be"},
	{[]string{"sparse*"}, "are stored without their zeros: save tensor.to_dense()"},
	{[]string{"meta"}, "are not in the file: the model was on the meta device when it was saved; load its weights before"},
	{[]string{"negated"}, "are a view that is to be negated: save tensor.resolve_neg()"},
	{[]string{"nested"}, "are of several sizes in one tensor, which no layer here has"},
	{[]string{"*"}, "are no floating-point numbers"},
}

// TypeAdvice is what notWeights says of a type.
func TypeAdvice(dtype tensor.DType) string {
	has := func(pattern string) bool {
		begin, open := strings.CutSuffix(pattern, "*")
		return pattern == string(dtype) || open && strings.HasPrefix(string(dtype), begin)
	}
	for _, row := range notWeights {
		if slices.ContainsFunc(row.types, has) {
			return fmt.Sprintf("%s values %s", dtype, row.words)
		}
	}
	return "" // not reached: the last row has all
}
