package safetensors

import "resnet/internal/tensor"

// elementType is one of the format's element types.
type elementType struct {
	code  string
	bits  int64
	dtype tensor.DType
}

// elementTypes are all types of safetensors 0.8. What has no constant in package tensor can be listed, but not read as
// float32. BOOL must hold 0 or 1, which is checked while it is read.
var elementTypes = []elementType{
	{"F64", 64, tensor.Float64},
	{"F32", 32, tensor.Float32},
	{"F16", 16, tensor.Float16},
	{"BF16", 16, tensor.BFloat16},
	{"I64", 64, tensor.Int64},
	{"I32", 32, tensor.Int32},
	{"I16", 16, tensor.Int16},
	{"I8", 8, tensor.Int8},
	{"U8", 8, tensor.UInt8},
	{"BOOL", 8, tensor.Bool},
	{"U64", 64, "uint64"},
	{"U32", 32, "uint32"},
	{"U16", 16, "uint16"},
	{"C64", 64, "complex64"},
	{"F8_E5M2", 8, "float8_e5m2"},
	{"F8_E4M3", 8, "float8_e4m3fn"},
	{"F8_E8M0", 8, "float8_e8m0fnu"},
	{"F8_E4M3FNUZ", 8, "float8_e4m3fnuz"},
	{"F8_E5M2FNUZ", 8, "float8_e5m2fnuz"},
	{"F6_E2M3", 6, "float6_e2m3"},
	{"F6_E3M2", 6, "float6_e3m2"},
	{"F4", 4, "float4_e2m1"},
}

func typeOfCode(code string) (elementType, bool) {
	for _, t := range elementTypes {
		if t.code == code {
			return t, true
		}
	}
	return elementType{}, false
}

func typeOfDType(dtype tensor.DType) (elementType, bool) {
	for _, t := range elementTypes {
		if t.dtype == dtype && dtype.Size() > 0 {
			return t, true
		}
	}
	return elementType{}, false
}
