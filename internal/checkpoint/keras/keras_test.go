package keras

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	. "resnet/internal/checkpoint/checkpointtest"
)

// fixtures are the files of testdata/make_fixtures.py, and the network that each holds.
var fixtures = map[string]string{
	"applications.weights.h5": "applications", "applications_v2.weights.h5": "applications",
	"cifar.keras": "cifar", "cifar.h5": "cifar", "transfer.keras": "transfer",
}

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func openReader(r io.ReaderAt, size int64) (Opened, error) { return Open(r, size) }

func open(t testing.TB, name string) *Reader {
	t.Helper()
	file := fixture(t, name)
	k, err := Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestReadsWhatKerasSaves compares the bytes of all tensors with Keras's own variables.
func TestReadsWhatKerasSaves(t *testing.T) {
	var expected map[string]struct{ Tensors string }
	if err := json.Unmarshal(fixture(t, "expected.json"), &expected); err != nil {
		t.Fatal(err)
	}
	for name, net := range fixtures {
		k := open(t, name)
		data, err := ReadAll(k)
		if err != nil {
			t.Fatal(err)
		}
		var digests []string
		for _, b := range data {
			digests = append(digests, digest(b))
		}
		slices.Sort(digests)
		if got := digest([]byte(strings.Join(digests, ""))); got != expected[net].Tensors {
			t.Errorf("%s: the tensors are not those of Keras", name)
		}
		if hasConfig := !strings.HasSuffix(name, ".weights.h5"); hasConfig != (k.Config() != "") {
			t.Errorf("%s: Config() has %d bytes", name, len(k.Config()))
		}
	}
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// TestNames: a tensor has its layer's name and what it is, however it was saved.
func TestNames(t *testing.T) {
	for name, want := range map[string][]string{
		"applications.weights.h5":    {"conv1_conv/kernel", "conv1_bn/moving_variance", "conv2_block1_0_conv/bias", "predictions/bias"},
		"applications_v2.weights.h5": {"conv1_conv/kernel", "conv1_bn/moving_variance", "conv2_block1_0_conv/bias", "predictions/bias"},
		"cifar.keras":                {"conv2d/kernel", "batch_normalization_6/gamma", "conv2d_8/bias", "dense/kernel"},
		"cifar.h5":                   {"conv2d/kernel", "batch_normalization_6/gamma", "conv2d_8/bias", "dense/kernel"},
		"transfer.keras":             {"small/conv1_conv/kernel", "small/conv3_block1_3_bn/beta", "dense/kernel"},
	} {
		names := open(t, name).Names()
		for _, w := range want {
			if !slices.Contains(names, w) {
				t.Errorf("%s has no %q, but %q", name, w, names)
				break
			}
		}
	}
}

func TestLegacyName(t *testing.T) {
	for _, c := range []struct{ layer, variable, want string }{
		{"conv1_conv", "conv1_conv/kernel:0", "conv1_conv/kernel"},
		{"conv1", "conv1_W:0", "conv1/kernel"},
		{"res2a_branch2a", "res2a_branch2a_b_1:0", "res2a_branch2a/bias"},
		{"bn_conv1", "bn_conv1_running_std:0", "bn_conv1/moving_variance"},
		{"bn_conv1", "bn_conv1/moving_mean:0", "bn_conv1/moving_mean"},
		{"resnet50", "conv1_conv/kernel:0", "resnet50/conv1_conv/kernel"},
		{"resnet50", "conv1_conv_1/kernel_2:0", "resnet50/conv1_conv_1/kernel"},
	} {
		if got := legacyName(c.layer, c.variable); got != c.want {
			t.Errorf("the variable %s of %s is called %s, want %s", c.variable, c.layer, got, c.want)
		}
	}
}

// TestSnakeCase has results of keras.src.utils.naming.to_snake_case, 3.15.
func TestSnakeCase(t *testing.T) {
	for class, want := range map[string]string{
		"Conv2D": "conv2d", "BatchNormalization": "batch_normalization", "ZeroPadding2D": "zero_padding2d",
		"ReLU": "re_lu", "GlobalAveragePooling2D": "global_average_pooling2d", "Dense": "dense", "LSTMCell": "lstm_cell",
	} {
		if got := snakeCase(class); got != want {
			t.Errorf("%s becomes %s, want %s", class, got, want)
		}
	}
}

func TestRefuses(t *testing.T) {
	whole, plain := fixture(t, "cifar.keras"), fixture(t, "cifar.h5")
	Run(t, openReader, []Case{
		{Name: "whole", File: whole},
		{Name: "half a zip", File: whole[:len(whole)/2], Want: "truncated download?"},
		{Name: "half an HDF5 file", File: plain[:len(plain)/2], Want: "truncated download?"},
		{Name: "no weights", File: bytes.ReplaceAll(whole, []byte("model.weights.h5"), []byte("model.weights.h6")), Want: "no model.weights.h5"},
		{Name: "damaged config", File: bytes.Replace(whole, []byte("Functional"), []byte("functional"), 1), Want: "config.json"},
		{Name: "no layers", File: bytes.ReplaceAll(plain, []byte("layer_names"), []byte("layer_nomes")), Want: "no layers"},
		{Name: "a layer's group renamed", File: bytes.Replace(plain, []byte("conv2d_3\x00"), []byte("conv2x_3\x00"), 1), Want: "has no group"},
	})
}

func FuzzOpen(f *testing.F) {
	for name := range fixtures {
		f.Add(fixture(f, name))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		if Sniff(file[:min(len(file), 512)], int64(len(file))) {
			Fuzz(t, openReader, file)
		}
	})
}
