package checkpoint

import (
	"bytes"
	"io"
	"path/filepath"
	"regexp"
	"slices"
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
	{"%PDF", "a PDF document"},
	{"\x89PNG", "an image"},
	{"\xff\xd8\xff", "an image"},
	{"\x12\x01\x00\x00\x00\x00\x00\x00", "MXNet's: export the network as ONNX there"},
	{"<", "a web page or XML: the download brought an error page, perhaps"},
}

// paddle takes the tensors out of a state dict of PaddlePaddle 3.3, under PyTorch's names and in its layout: its
// statistics have names of their own, and its matrices are transposed.
const paddle = `import sys, paddle; from safetensors.numpy import save_file; save_file({k.replace("._mean", ".running_mean").replace("._variance", ".running_var"): v.numpy().T.copy() if v.ndim == 2 else v.numpy() for k, v in paddle.load(sys.argv[1]).items()}, sys.argv[2])`

// pickled takes the arrays out of a pickle, of detectron2's model zoo say.
const pickled = `import sys, pickle, numpy; from safetensors.numpy import save_file; d = pickle.load(open(sys.argv[1], "rb"), encoding="latin1"); d = d.get("model", d.get("blobs", d)); save_file({k: numpy.ascontiguousarray(v) for k, v in d.items() if hasattr(v, "dtype")}, sys.argv[2])`

// Extensions are those of checkpoints.
var Extensions = []string{".safetensors", ".pth", ".pt", ".th", ".bin", ".ckpt", ".onnx", ".keras", ".h5", ".hdf5", ".msgpack", ".caffemodel", ".pdparams"}

// HasExtension tells whether a file is called as checkpoints are.
func HasExtension(name string) bool {
	name = strings.ToLower(name)
	return slices.Contains(Extensions, filepath.Ext(name)) || strings.HasSuffix(name, ".pth.tar")
}

// Stranger says what a file is that people take for a checkpoint or for a network's YAML, by its first bytes, and what to do
// with it; "" where they tell nothing.
func Stranger(head []byte) string {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	for _, s := range strangers {
		if bytes.HasPrefix(head, []byte(s.magic)) {
			return s.what
		}
	}
	return ""
}

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
	if strings.HasSuffix(strings.ToLower(name), ".caffemodel") {
		return format.Errorf(format.Unrecognized, 0, "the file is Caffe's: convert it to ONNX or PyTorch first")
	}
	if isPickle(head) {
		return &format.Foreign{Err: format.Errorf(format.Unrecognized, 0, "the file is a Python pickle, but no PyTorch checkpoint; loading it can run any program, so do that with files alone that you trust"), Python: pickled}
	}
	if isTensorFlow(r, size, name) {
		return format.Errorf(format.Unrecognized, 0, "the file is a checkpoint of TensorFlow: load it there and save the Keras model (model.save(\"net.keras\")), or write ONNX of it with tf2onnx")
	}
	if isMessagePack(head) {
		return format.Errorf(format.Unrecognized, 0, "the file is MessagePack, in which Flax keeps parameters: convert it to PyTorch or ONNX there")
	}
	if what := Stranger(head); what != "" {
		return format.Errorf(format.Unrecognized, 0, "the file is %s", what)
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

// isPickle tells a pickle of protocol 2 to 5.
func isPickle(head []byte) bool {
	return len(head) > 2 && head[0] == 0x80 && head[1] >= 2 && head[1] <= 5
}

// tableMagic ends TensorFlow's tables of names (LevelDB's format): the .index of a checkpoint, or all of an old one.
const tableMagic = "\x57\xfb\x80\x8b\x24\x75\x47\xdb"

// tensorFlowData matches the file of a checkpoint's values, which has no mark of its own.
var tensorFlowData = regexp.MustCompile(`\.data-\d{5}-of-\d{5}$`)

func isTensorFlow(r io.ReaderAt, size int64, name string) bool {
	end := make([]byte, len(tableMagic))
	if size >= int64(len(end)) {
		if _, err := r.ReadAt(end, size-int64(len(end))); err != nil && err != io.EOF {
			return false
		}
	}
	return string(end) == tableMagic || tensorFlowData.MatchString(name)
}

// isMessagePack tells a map whose first key is a word, or that is large.
func isMessagePack(head []byte) bool {
	switch {
	case len(head) < 4:
		return false
	case head[0] > 0x80 && head[0] < 0x90:
		head = head[1:]
	case head[0] == 0xde:
		head = head[3:]
	default:
		return false
	}
	n := int(head[0] & 0x1f)
	if head[0]>>5 != 5 || n == 0 || n >= len(head) {
		return false
	}
	return !bytes.ContainsFunc(head[1:1+n], func(r rune) bool { return r <= ' ' || r > '~' })
}
