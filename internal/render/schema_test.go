package render_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"resnet/internal/config"
	"resnet/internal/evaluate"
	"resnet/internal/render"
)

// schemas are those of the JSON of every view.
func schemas(t *testing.T) map[string]*jsonschema.Schema {
	t.Helper()
	found := map[string]*jsonschema.Schema{}
	compiler := jsonschema.NewCompiler()
	for name, file := range map[string]string{
		render.TraceSchema:      "trace.v1.json",
		render.SummarySchema:    "summary.v1.json",
		render.AnatomySchema:    "anatomy.v1.json",
		render.FlopsSchema:      "flops.v1.json",
		render.ComparisonSchema: "comparison.v1.json",
		render.VariantsSchema:   "blocks.v1.json",
		render.DiffSchema:       "diff.v1.json",
		render.ModelsSchema:     "models.v1.json",
		render.SimilarSchema:    "similar.v1.json",
		render.WeightSetsSchema: "weights.v1.json",
		render.InspectionSchema: "inspect.v1.json",
		render.BenchSchema:      "bench.v1.json",

		render.BenchComparisonSchema: "bench-comparison.v1.json",

		render.EvaluationSchema: "eval.v1.json",
		render.FitSchema:        "fit.v1.json",
		render.SettingsSchema:   "settings.v1.json",
	} {
		schema, err := compiler.Compile("../../docs/schema/" + file)
		if err != nil {
			t.Fatal(err)
		}
		found[name] = schema
	}
	return found
}

// object is the JSON of a view.
func object(t *testing.T, text string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %.200s", err, text)
	}
	return v
}

func TestSchemas(t *testing.T) {
	schemas := schemas(t)
	all := views(t)
	all["bench"], all["evaluation"] = bench(), evaluation(0.5)
	paired := evaluation(0.5)
	paired.Against, paired.Paired = "other.safetensors", &evaluate.Paired{Both: 2, OnlyA: 1}
	all["evaluation of two"] = paired
	all["fit"], all["fit of more than a head"] = fit(), fit()
	all["fit of more than a head"].(*render.Fit).Tuned, all["fit of more than a head"].(*render.Fit).Hidden = tuned(), 512
	for _, net := range config.Names() {
		if strings.Contains(net, "1202") {
			continue // 4,800 more events like those of resnet110
		}
		all["trace "+net] = trace(t, "layers", net)
		all["summary "+net] = &render.Summary{Pass: *pass(t, net)}
	}
	seen := map[string]bool{}
	for name, v := range all {
		text := write(t, v, "json", wide)
		o := object(t, text)
		id, _ := o["schema"].(string)
		if schemas[id] == nil {
			t.Errorf("%s: no schema %q", name, id)
			continue
		}
		seen[id] = true
		if err := schemas[id].Validate(o); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for id := range schemas {
		if !seen[id] {
			t.Errorf("no view has the schema %s", id)
		}
	}
}

// TestPublishedSchemas: what was once written of a version of a schema stays valid, so that its readers are not surprised. The
// files are as they were when v1 was new, and are never written again.
func TestPublishedSchemas(t *testing.T) {
	files, err := filepath.Glob("testdata/published/*.json")
	if err != nil {
		t.Fatal(err)
	}
	tried := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		o := object(t, string(text))
		id, _ := o["schema"].(string)
		name := strings.ReplaceAll(strings.TrimPrefix(id, "resnet."), "/", ".") + ".json"
		schema, err := jsonschema.NewCompiler().Compile("../../docs/schema/" + name)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		tried[name] = true
		if err := schema.Validate(o); err != nil {
			t.Errorf("%s: no longer valid; what is removed or renamed makes a new version: %v", file, err)
		}
	}
	all, err := filepath.Glob("../../docs/schema/*.v1.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range all {
		if !tried[filepath.Base(file)] {
			t.Errorf("testdata/published has nothing of %s", file)
		}
	}
}

// The schema of a trace refuses what the contract does not have.
func TestTraceSchemaRefuses(t *testing.T) {
	schema := schemas(t)[render.TraceSchema]
	text := write(t, trace(t, "layers", "resnet18"), "json", wide)
	for _, change := range []struct{ name, old, new string }{
		{"another version", "resnet.trace/v1", "resnet.trace/v2"},
		{"an unknown key", `"params":9408`, `"params":9408,"colour":"red"`},
		{"no index", `"index":0,`, ``},
		{"a kernel of one number", `"kernel":[7,7]`, `"kernel":7`},
		{"a convolution without groups", `"groups":1,`, ``},
		{"groups of a batch norm", `"path":"bn1",`, `"path":"bn1","groups":1,`},
		{"an add that is no function", `"class":"Add","functional":true`, `"class":"Add"`},
		{"an add without shortcut", `,"shortcut":"identity"`, ``},
		{"another shortcut", `"shortcut":"identity"`, `"shortcut":"highway"`},
		{"a negative count", `"params":9408`, `"params":-1`},
		{"no totals", `"totals":`, `"sums":`},
	} {
		changed := strings.Replace(text, change.old, change.new, 1)
		if changed == text {
			t.Fatalf("%s: nothing to change", change.name)
		}
		if schema.Validate(object(t, changed)) == nil {
			t.Errorf("%s passes", change.name)
		}
	}
}

// NDJSON is the list of the JSON, a line each.
func TestNDJSON(t *testing.T) {
	for name, v := range views(t) {
		text := write(t, v, "json", wide)
		list := v.(render.DataView).Data().List
		_, text, _ = strings.Cut(text, `"`+list+`":[`)
		for line := range strings.Lines(write(t, v, "ndjson", wide)) {
			line = strings.TrimSpace(line)
			if !json.Valid([]byte(line)) || !strings.Contains(text, "\n  "+line) {
				t.Errorf("%s: the JSON has no entry %s", name, line)
			}
		}
	}
}

// What is not finite is null, and counted.
func TestNotFinite(t *testing.T) {
	text := write(t, views(t)["trace-measured"], "ndjson", wide)
	if want := `"stats":{"mean":null,"std":null,"min":null,"max":null,"zeros":0,"nan":3,"inf":4096}`; !strings.Contains(text, want) {
		t.Errorf("no event has %s", want)
	}
}
