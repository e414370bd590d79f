package cli

import (
	"encoding/binary"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"resnet/internal/checkpoint/safetensors"
	"resnet/internal/config"
	"resnet/internal/tensor"
	"resnet/internal/weights"
)

// renamed writes the built-in weights under other names, in the network's order, and behind them vectors of no layer.
func (w *world) renamed(name string, rename func(string) string, extra ...string) {
	w.t.Helper()
	file, err := weights.OpenBuiltin(weights.BuiltinName)
	if err != nil {
		w.t.Fatal(err)
	}
	defer file.Close()
	arch, err := config.Load(weights.BuiltinName)
	if err != nil {
		w.t.Fatal(err)
	}
	params := arch.Graph.Params()
	var specs []safetensors.Spec
	for _, p := range params {
		info, _ := file.Info(p.Name)
		specs = append(specs, safetensors.Spec{Name: rename(p.Name), Info: info})
	}
	for _, name := range extra {
		specs = append(specs, safetensors.Spec{Name: name, Info: tensor.Info{Shape: tensor.Shape{2}, DType: tensor.Float32}})
	}
	out, err := safetensors.Create(filepath.Join(w.dir, name), specs, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	defer out.Abort()
	for i, p := range params {
		if err := out.WriteFrom(specs[i].Name, func(to io.Writer) error { return file.Stream(p.Name, to) }); err != nil {
			w.t.Fatal(err)
		}
	}
	for _, name := range extra {
		if err := out.Write(name, []float32{1, 2}); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		w.t.Fatal(err)
	}
}

// TestMatchStructure: every command that recognizes a checkpoint does so by structure too, and says it in one line.
func TestMatchStructure(t *testing.T) {
	w := newWorld(t)
	w.image("a.png", 64, 64, 1)
	number := 0
	w.renamed("odd.safetensors", func(name string) string {
		number++
		return fmt.Sprintf("n%03d.%s", number, name[strings.LastIndexByte(name, '.')+1:])
	})
	for _, args := range []string{
		"trace odd.safetensors --shapes", "summary odd.safetensors", "draw odd.safetensors", "diff odd.safetensors odd.safetensors",
		"diff odd.safetensors odd.safetensors --shapes",
	} {
		w.expect(2, "", "--match structure", strings.Fields(args)...)
		w.expect(0, "", "", append(strings.Fields(args), "--match", "structure")...)
	}
	w.expect(0, "", "odd.safetensors: bound by order and shape (resnet weights inspect odd.safetensors --match structure shows", "classify", "a.png",
		"--weights", "odd.safetensors", "--match", "structure")
	if lines := strings.Count(w.err.String(), "\n"); lines > 3 {
		t.Errorf("%d lines on stderr:\n%s", lines, &w.err)
	}
	w.expect(0, "conv1.weight", "", "weights", "inspect", "odd.safetensors", "--match", "structure")
	w.expect(0, `"parameter":"fc.bias"`, "", "weights", "inspect", "odd.safetensors", "--match", "structure", "--format", "json")
	w.valid("inspect.v1.json")
}

// TestAllowExtra: every command that takes weights passes over tensors beside the network where it is told to, and says so.
func TestAllowExtra(t *testing.T) {
	w := newWorld(t)
	w.image("photos/a.png", 64, 64, 1)
	same := func(name string) string { return name }
	w.renamed("extra.safetensors", same, "aux.weight")
	w.renamed("inside.safetensors", same, "layer1.0.aux.weight")
	for _, args := range []string{
		"trace extra.safetensors", "trace --weights extra.safetensors --arch resnet18_tiny", "summary extra.safetensors", "draw extra.safetensors",
		"diff extra.safetensors extra.safetensors", "bench extra.safetensors --runs 1", "classify photos --weights extra.safetensors",
		"features photos --weights extra.safetensors -o x.npy", "weights quantize extra.safetensors q.safetensors --calibrate photos",
	} {
		w.expect(2, "", "resnet: with --allow-extra what follows is passed over\nresnet: ", strings.Fields(args)...)
		w.expect(0, "", `extra tensors are passed over: "aux.weight"`, append(strings.Fields(args), "--allow-extra")...)
	}
	w.expect(0, "", "passed over", "diff", "extra.safetensors", "extra.safetensors", "--allow-extra")
	if said := strings.Count(w.err.String(), "passed over"); said != 1 {
		t.Errorf("of one file that is named twice it is said %d times", said)
	}
	w.expect(0, "resnet18_tiny", "", "weights", "inspect", "extra.safetensors", "--allow-extra")
	w.expect(0, "all.safetensors: 103 tensors", "", "weights", "convert", "extra.safetensors", "all.safetensors")
	w.expect(0, "own.safetensors: 102 tensors", `extra tensors are passed over: "aux.weight"`, "weights", "convert", "extra.safetensors", "own.safetensors", "--allow-extra")
	w.expect(0, "tv.safetensors: 102 tensors", "", "weights", "convert", "extra.safetensors", "tv.safetensors", "--allow-extra", "--names", "torchvision")
	w.expect(2, "", "--part takes tensors as they are", "weights", "convert", "extra.safetensors", "x.safetensors", "--allow-extra", "--part", "aux")
	for _, flag := range []string{"--allow-extra", "--pull", "--match=structure", "--shortcut=none", "--weights=extra.safetensors"} {
		w.expect(2, "", "--seed makes weights", "weights", "convert", "20", "x.safetensors", "--seed", "1", flag)
	}
	w.expect(2, "", `unexpected "layer1.0.aux.weight"`, "trace", "inside.safetensors", "--allow-extra")
	w.expect(2, "", "match", "trace", "extra.safetensors", "--allow-extra", "--match", "structure")
}

// TestInspectSaysAll: each problem has a line, and a type that is not read hides no other tensor.
func TestInspectSaysAll(t *testing.T) {
	w := newWorld(t)
	w.renamed("outputs.safetensors", func(name string) string { return strings.Replace(name, "fc.", "outputs.", 1) })
	w.expect(0, `the classifier is not one fully connected layer of that name; there is "outputs.weight"`, "", "weights", "inspect", "outputs.safetensors")

	w.renamed("several.safetensors", func(name string) string { return strings.Replace(name, "layer2.0.bn1.", "layer2.0.odd.", 1) })
	w.expect(2, "", "", "trace", "several.safetensors")
	if strings.Count(w.err.String(), "\n") < 2 {
		t.Errorf("one problem: %s", &w.err)
	}
	for line := range strings.Lines(w.err.String()) {
		if !strings.HasPrefix(line, "resnet: several.safetensors: ") {
			t.Errorf("a problem without its file: %s", line)
		}
	}

	header := `{"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}`
	w.file("f8.safetensors", string(binary.LittleEndian.AppendUint64(nil, uint64(len(header))))+header+"\x00\x00\x00\x00\x80?")
	w.expect(0, "float8_e4m3fn (not read)", "", "weights", "inspect", "f8.safetensors")
	for _, line := range []string{"b ", "1 tensor has elements of a type that is not read", "no tensor has a name that is known"} {
		if !strings.Contains(w.out.String(), line) {
			t.Errorf("no %q in:\n%s", line, &w.out)
		}
	}
	if strings.Contains(w.out.String(), "?") {
		t.Errorf("lines are joined:\n%s", &w.out)
	}
	w.expect(0, `"unread":true`, "", "weights", "inspect", "f8.safetensors", "--format", "json")
	w.valid("inspect.v1.json")
	w.expect(2, "", `f8.safetensors: tensor "a": float8_e4m3fn values are not read: save them as float32`, "weights", "convert", "f8.safetensors", "o.safetensors")
}
