package cli

import (
	"bytes"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// valid holds what the last command wrote against a schema of docs/schema.
func (w *world) valid(schema string) {
	w.t.Helper()
	compiled, err := jsonschema.NewCompiler().Compile("../../docs/schema/" + schema)
	if err != nil {
		w.t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(w.out.Bytes()))
	if err != nil {
		w.t.Fatalf("%v:\n%s", err, w.out.String())
	}
	if err := compiled.Validate(document); err != nil {
		w.t.Errorf("%s: %v", schema, err)
	}
}

func TestSchemas(t *testing.T) {
	w := newWorld(t)
	w.image("val/goldfish/a.png", 64, 64, 1)
	w.image("val/3/b.png", 64, 64, 2)
	w.file("val/3/c.png", "no picture")

	w.expect(1, "", "", "classify", "-r", "val", "--format", "json", "--top", "3")
	w.valid("classify.v1.json")
	w.expect(0, "", "", "classify", "val/3/b.png", "--format", "json", "--resize", "80x90", "--crop", "64x70")
	w.valid("classify.v1.json")
	w.expect(1, "", "", "eval", "val", "--format", "json")
	w.valid("eval.v1.json")
	w.expect(0, "", "", "bench", "20", "--runs", "2", "--format", "json")
	w.valid("bench.v1.json")
	w.expect(0, "", "", "bench", "20", "--runs", "2", "--per-layer", "--format", "json")
	w.valid("bench.v1.json")
	w.expect(0, "", "", "bench", "20", "--runs", "2", "--compare", "batch=1,2,1", "--format", "json")
	w.valid("bench-comparison.v1.json")
	w.expect(0, "layer3.2.conv2", "", "bench", "20", "--runs", "1", "--per-layer")
	w.expect(0, "images_per_second", "", "bench", "20", "--runs", "1", "--format", "csv")
	w.expect(2, "", "--runs 0", "bench", "20", "--runs", "0")
}
