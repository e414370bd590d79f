package tensor

// DType is the element type of a stored tensor, by PyTorch's name. Computation is float32 throughout.
type DType string

// The element types that a ResNet checkpoint holds.
const (
	Float64  DType = "float64"
	Float32  DType = "float32"
	Float16  DType = "float16"
	BFloat16 DType = "bfloat16"
	Int64    DType = "int64"
	Int32    DType = "int32"
	Int16    DType = "int16"
	Int8     DType = "int8"
	UInt8    DType = "uint8"
	Bool     DType = "bool"
)

// Size is the number of bytes of one element; 0 for a type that is not listed here.
func (d DType) Size() int {
	switch d {
	case Float64, Int64:
		return 8
	case Float32, Int32:
		return 4
	case Float16, BFloat16, Int16:
		return 2
	case Int8, UInt8, Bool:
		return 1
	}
	return 0
}

// Floating tells the floating-point types.
func (d DType) Floating() bool {
	switch d {
	case Float64, Float32, Float16, BFloat16:
		return true
	}
	return false
}

// Info is what is known of a stored tensor before its data is read.
type Info struct {
	Shape Shape
	DType DType
}
