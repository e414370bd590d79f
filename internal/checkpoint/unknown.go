package checkpoint

import (
	"bytes"
	"io"
	"strings"

	"resnet/internal/checkpoint/format"
	"resnet/internal/checkpoint/safetensors"
)

// strangers are files that people take for checkpoints.
var strangers = []struct{ magic, what string }{
	{"GGUF", "a GGUF file: convert it to safetensors first"},
	{"\x1f\x8b", "gzip: unpack it first"},
	{"\x28\xb5\x2f\xfd", "zstandard: unpack it first"},
	{"\xfd7zXZ\x00", "xz: unpack it first"},
	{"BZh", "bzip2: unpack it first"},
	{"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first"},
	{"Rar!\x1a\x07", "a RAR archive: unpack it first"},
	{"version https://git-lfs", "a Git LFS pointer, not the file itself: run git lfs pull"},
	{"\x93NUMPY", "a NumPy array: convert it to safetensors first"},
	{"\x89PNG", "an image"},
	{"\xff\xd8\xff", "an image"},
	{"\x80\x02", "a Python pickle, but no PyTorch checkpoint"},
	{"\x80\x03", "a Python pickle, but no PyTorch checkpoint"},
	{"\x80\x04", "a Python pickle, but no PyTorch checkpoint"},
	{"\x80\x05", "a Python pickle, but no PyTorch checkpoint"},
	{"<", "a web page or XML: the download brought an error page, perhaps"},
}

// paddle takes the tensors out of a state dict of PaddlePaddle 3.3, under PyTorch's names and in its layout: its
// statistics have names of their own, and its matrices are transposed.
const paddle = `import sys, paddle; from safetensors.numpy import save_file; save_file({k.replace("._mean", ".running_mean").replace("._variance", ".running_var"): v.numpy().T.copy() if v.ndim == 2 else v.numpy() for k, v in paddle.load(sys.argv[1]).items()}, sys.argv[2])`

// unknown is the error for a file that no format recognises.
func unknown(r io.ReaderAt, head []byte, size int64, name string) error {
	if size == 0 {
		return format.Errorf(format.Unrecognized, 0, "the file is empty")
	}
	if strings.HasSuffix(strings.ToLower(name), ".pdparams") {
		return &format.Foreign{Err: format.Errorf(format.Unrecognized, 0, "the file is PaddlePaddle's"), Python: paddle}
	}
	if len(head) >= 8 && string(head[4:8]) == "TFL3" {
		return format.Errorf(format.Unrecognized, 0, "the file is a TensorFlow Lite model, whose batch norms are folded and often quantized: use the model that it was converted from")
	}
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	for _, s := range strangers {
		if bytes.HasPrefix(head, []byte(s.magic)) {
			return format.Errorf(format.Unrecognized, 0, "the file is %s", s.what)
		}
	}
	if bytes.HasPrefix(head[min(len(head), 257):], []byte("ustar")) {
		return format.Errorf(format.Unrecognized, 0, "the file is a tar archive, in which PyTorch kept checkpoints before 2017: load it with an old PyTorch and save it again")
	}
	if strings.HasSuffix(strings.ToLower(name), ".safetensors") {
		if _, err := safetensors.Open(r, size); err != nil {
			return err // says what is wrong with it
		}
	}
	return format.Errorf(format.Unrecognized, 0, "unknown format: neither safetensors nor ONNX nor a file of PyTorch or Keras")
}
