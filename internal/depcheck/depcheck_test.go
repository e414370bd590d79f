// Package depcheck keeps the architecture true: data flows through one package at a time, and each outside dependency
// has one home. The rules are about what files other than tests import.
package depcheck

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rule says what a package may import. "x" stands for internal/x and the packages below it.
type rule struct {
	internal []string // internal packages; its own are always allowed
	never    []string // of the standard library
}

// everybody may import these, which import no internal package.
var everybody = []string{"nearest", "number", "atomicfile", "wholefile", "paths", "printable", "tarlinks"}

var rules = map[string]rule{
	"cli": {internal: []string{
		"anatomy", "batch", "bind", "cam", "checkpoint", "config", "docs", "draw", "engine", "format", "hooks", "imaging", "isa", "labels", "learn", "graph", "model", "nets", "npy", "evaluate", "quant", "render", "report", "serve", "tensor", "timing", "train", "vectors", "weights",
	}},
	"bench": {internal: []string{"checkpoint", "config", "engine", "learn", "nets", "vectors"}},
	"batch": {internal: []string{"format", "imaging", "isa", "labels", "nets", "render"}},
	"learn": {internal: []string{"imaging", "isa", "nets", "ops", "tensor"}},
	"train": {internal: []string{"checkpoint", "engine", "graph", "hooks", "imaging", "isa", "labels", "nets", "random", "tensor"}},
	"serve": {internal: []string{"anatomy", "draw", "engine", "graph", "hooks", "imaging", "labels", "nets", "render", "report", "tensor"}, never: []string{"os"}},
	"nets": {internal: []string{
		"bind", "cam", "checkpoint", "config", "engine", "evaluate", "export", "graph", "hooks", "imaging", "isa", "labels", "model", "quant", "random", "tensor", "weights",
	}},
	"export":     {internal: []string{"checkpoint", "engine", "graph", "hooks", "ops", "tensor"}, never: []string{"os"}},
	"config":     {internal: []string{"model", "imaging", "configs"}},
	"tensor":     {},
	"isa":        {},
	"graph":      {internal: []string{"tensor"}, never: []string{"os", "net", "net/http"}},
	"model":      {internal: []string{"graph", "tensor"}, never: []string{"os", "net", "net/http"}},
	"bind":       {internal: []string{"graph", "model", "tensor"}, never: []string{"os", "net", "net/http"}},
	"random":     {internal: []string{"graph", "tensor"}},
	"article":    {internal: []string{"tensor"}},
	"hooks":      {internal: []string{"tensor", "graph", "checkpoint/safetensors"}},
	"engine":     {internal: []string{"graph", "isa", "ops", "hooks", "tensor"}, never: []string{"os", "net", "net/http"}},
	"quant":      {internal: []string{"checkpoint/safetensors", "engine", "graph", "hooks", "ops", "tensor"}, never: []string{"os"}},
	"ops":        {internal: []string{"isa", "tensor"}},
	"checkpoint": {internal: []string{"tensor"}},
	"imaging":    {internal: []string{"tensor", "isa"}},
	"labels":     {},
	"evaluate":   {},
	"npy":        {internal: []string{"tensor"}},
	"vectors":    {internal: []string{"checkpoint", "npy", "tensor"}},
	"weights":    {internal: []string{"checkpoint", "graph", "model", "imaging", "labels", "tensor"}},
	"render":     {internal: []string{"article", "format", "hooks", "graph", "model", "tensor", "labels", "evaluate", "anatomy", "imaging"}, never: []string{"os"}},
	"report":     {internal: []string{"anatomy", "cam", "draw", "evaluate", "graph", "hooks", "imaging", "labels", "model", "render", "tensor"}, never: []string{"os"}},
	"cam":        {internal: []string{"imaging", "graph", "tensor"}, never: []string{"os"}},
	"anatomy":    {internal: []string{"hooks", "graph", "model"}, never: []string{"os"}},
	"draw":       {internal: []string{"anatomy", "article", "cam", "format", "graph", "imaging", "model", "tensor"}, never: []string{"os"}},
	"docs":       {},
	"browser":    {},
	"timing":     {},
	"format":     {},
	"nearest":    {},
	"number":     {},
	"printable":  {},
	"atomicfile": {},
	"wholefile":  {},
	"paths":      {},
	"tarlinks":   {},
	"configs":    {},
	"cmd":        {internal: []string{"cli"}},
}

// doors are where work comes in, all built on nets. Commands may start the others; otherwise they never import each other,
// and nets imports none of them, whatever their rules say.
var doors = []string{"cli", "serve", "batch", "learn", "train"}

func wrongDoor(pkg, imported string) bool {
	return pkg != imported && pkg != "cli" && slices.Contains(append(doors, "nets"), pkg) && slices.Contains(doors, imported)
}

// homes are the packages that an outside dependency lives in.
var homes = map[string][]string{
	"github.com/spf13/cobra":            {"cli"},
	"github.com/spf13/pflag":            {"cli", "config", "cmd/resnet-beam"},
	"github.com/spf13/viper":            {"config"},
	"go.yaml.in/yaml/v4":                {"config"},
	"github.com/olekukonko/ll":          {"render"}, // tablewriter hands it to a renderer
	"github.com/olekukonko/tablewriter": {"render"},
	"github.com/mattn/go-runewidth":     {"draw"},
	"github.com/guptarohit/asciigraph":  {"draw"},
	"gonum.org/v1/gonum/blas":           {"ops"},
	"gonum.org/v1/gonum/floats":         {"learn"},
	"gonum.org/v1/gonum/mat":            {"learn"},
	"gonum.org/v1/gonum/mathext":        {"timing"},
	"gonum.org/v1/gonum/optimize":       {"learn"},
	"gonum.org/v1/gonum/stat":           {"learn"},
	"codeberg.org/go-fonts/liberation":  {"draw"},
	"codeberg.org/go-pdf/fpdf":          {"draw"},
	"gonum.org/v1/plot":                 {"draw"},
	"github.com/bmatcuk/doublestar/v4":  {"hooks", "nets"},

	"github.com/prometheus/client_golang": {"serve"},
	"golang.org/x/net":                    {"serve"},

	"github.com/apache/beam/sdks/v2": {"cmd/resnet-beam"}, // a module of its own: no command of resnet needs it

	"github.com/chromedp/cdproto":  {"browser"},
	"github.com/chromedp/chromedp": {"browser"},

	"github.com/gofrs/flock":            {"batch", "weights"},
	"github.com/parquet-go/parquet-go":  {"batch"},
	"github.com/rogpeppe/go-internal":   {"cli"},
	"github.com/schollz/progressbar/v3": {"cli"},
	"github.com/yuin/goldmark":          {"docs"},
	"golang.org/x/image":                {"imaging", "draw"},
	"github.com/klauspost/compress":     {"imaging"},
	"golang.org/x/term":                 {"cli"},
	"golang.org/x/sys/cpu":              {"isa"},
	"golang.org/x/sys/unix":             {"atomicfile"},
	"golang.org/x/sys/windows":          {"atomicfile", "cli"},
	"google.golang.org/protobuf":        {"checkpoint/onnx"},
	"golang.org/x/sync":                 {"batch", "imaging", "nets", "cli", "serve"},
}

func TestImports(t *testing.T) {
	packages, err := list()
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) < 5 {
		t.Fatalf("go list found %d packages", len(packages))
	}
	for _, p := range packages {
		for _, err := range check(short(p.ImportPath), p.Imports) {
			t.Error(err)
		}
	}
	for _, err := range needless(packages, rules, everybody, homes) {
		t.Error(err)
	}
}

// TestStreams: commands write to the streams that they are given, so that they can run inside another command, and the
// library below them writes to none.
func TestStreams(t *testing.T) {
	commands, err := filepath.Glob("../cli/*.go")
	library, err2 := filepath.Glob("../nets/*.go")
	if err != nil || err2 != nil || len(commands) == 0 || len(library) == 0 {
		t.Fatal(commands, library, err, err2)
	}
	files := slices.Concat(commands, library)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, stream := range []string{"os.Stdin", "os.Stdout", "os.Stderr"} {
			if bytes.Contains(text, []byte(stream)) && !strings.HasSuffix(file, "_test.go") {
				t.Errorf("%s uses %s; a command has its factory's streams, and nets has none", filepath.ToSlash(file), stream)
			}
		}
	}
}

// TestCheck proves that the rules find what they are for.
func TestCheck(t *testing.T) {
	if !wrongDoor("nets", "cli") || !wrongDoor("serve", "batch") || wrongDoor("serve", "nets") || wrongDoor("cli", "serve") {
		t.Error("packages that come in by other doors may import each other")
	}
	for _, test := range []struct{ pkg, imported string }{
		{"render", "resnet/internal/engine"},
		{"render", "os"},
		{"model", "resnet/internal/ops"},
		{"cli", "resnet/internal/ops"},
		{"nets", "resnet/internal/cli"},
		{"nets", "github.com/spf13/cobra"},
		{"nets", "github.com/spf13/pflag"},
		{"weights", "resnet/internal/engine"},
		{"checkpoint/torchfile", "resnet/internal/model"},
		{"hooks", "resnet/internal/checkpoint/torchfile"},
		{"engine", "github.com/spf13/cobra"},
		{"cli", "github.com/olekukonko/tablewriter"},
		{"cli", "example.com/unknown"},
		{"batch", "github.com/apache/beam/sdks/v2/go/pkg/beam"},
		{"cmd/resnet", "github.com/apache/beam/sdks/v2/go/pkg/beam"},
		{"cmd/resnet-beam", "resnet/internal/batch"},
		{"unknown", "fmt"},
	} {
		if errs := check(test.pkg, []string{test.imported}); len(errs) != 1 {
			t.Errorf("%s imports %s: %v, want one error", test.pkg, test.imported, errs)
		}
	}
}

// TestNeedless proves that a rule which nothing needs is found, and that one which something needs is not.
func TestNeedless(t *testing.T) {
	packages := []goPackage{
		{"resnet/internal/a", []string{"fmt", "resnet/internal/b/c", "example.com/used/sub"}},
		{"resnet/internal/b/c", nil},
	}
	for _, test := range []struct {
		rules     map[string]rule
		everybody []string
		homes     map[string][]string
		want      string
	}{
		{rules: map[string]rule{"a": {internal: []string{"b/c"}}, "b": {}}, homes: map[string][]string{"example.com/used": {"a"}}},
		{rules: map[string]rule{"a": {internal: []string{"b", "d"}}}, want: "a may import d, and does not; remove it from the rule"},
		{rules: map[string]rule{"gone": {}}, want: "gone has a rule, but no package; remove it"},
		{everybody: []string{"a"}, want: "everybody may import a, and nobody does; remove it"},
		{homes: map[string][]string{"example.com/used": {"a", "b"}}, want: "b is a home of example.com/used, and does not import it; remove it"},
		{homes: map[string][]string{"example.com/other": {"a"}}, want: "a is a home of example.com/other, and does not import it; remove it"},
	} {
		got := ""
		if errs := needless(packages, test.rules, test.everybody, test.homes); len(errs) > 0 {
			got = errors.Join(errs...).Error()
		}
		if got != test.want {
			t.Errorf("got  %q\nwant %q", got, test.want)
		}
	}
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

// platforms are those whose files import, between them, all that any file does.
var platforms = [][]string{{"GOOS=linux", "GOARCH=amd64"}, {"GOOS=windows", "GOARCH=amd64"}}

// list gives the packages with what their files other than tests import, on some platform.
func list() ([]goPackage, error) {
	var all []goPackage
	for _, platform := range platforms {
		packages, err := listOn(platform)
		if err != nil {
			return nil, err
		}
		for _, p := range packages {
			i := slices.IndexFunc(all, func(q goPackage) bool { return q.ImportPath == p.ImportPath })
			if i < 0 {
				i = len(all)
				all = append(all, goPackage{ImportPath: p.ImportPath})
			}
			for _, path := range p.Imports {
				if !slices.Contains(all[i].Imports, path) {
					all[i].Imports = append(all[i].Imports, path)
				}
			}
		}
	}
	for _, dir := range modules {
		p, err := listModule(dir)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// modules are packages that are modules of their own. go list would fetch what they need, so their files are read.
var modules = []string{"cmd/resnet-beam"}

func listModule(dir string) (p goPackage, err error) {
	p.ImportPath = "resnet/" + dir
	names, err := filepath.Glob("../../" + dir + "/*.go")
	if err != nil || len(names) == 0 {
		return p, fmt.Errorf("%s has no Go files, %v", dir, err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return p, err
		}
		for _, spec := range file.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return p, err
			}
			p.Imports = append(p.Imports, path)
		}
	}
	return p, nil
}

func listOn(platform []string) ([]goPackage, error) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "resnet/...")
	cmd.Env = append(os.Environ(), platform...)
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, stderr(err))
	}
	var packages []goPackage
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := dec.Decode(&p); err == io.EOF {
			return packages, nil
		} else if err != nil {
			return nil, err
		}
		packages = append(packages, p)
	}
}

func stderr(err error) string {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(exit.Stderr)
	}
	return ""
}

// check lists what is wrong with the imports of pkg.
func check(pkg string, imports []string) []error {
	name, _, _ := strings.Cut(pkg, "/")
	r, ok := rules[name]
	if !ok {
		if len(imports) == 0 {
			return nil // tests alone, like this package
		}
		return []error{fmt.Errorf("%s: no rule says what it may import; add one", pkg)}
	}
	allowed := slices.Concat(r.internal, everybody, []string{name})
	allowed = slices.DeleteFunc(allowed, func(p string) bool { return wrongDoor(name, p) })
	var errs []error
	for _, path := range imports {
		host, _, _ := strings.Cut(path, "/")
		switch {
		case strings.HasPrefix(path, "resnet/"):
			if !within(short(path), allowed) {
				errs = append(errs, fmt.Errorf("%s imports %s; it may import %s", pkg, path, strings.Join(r.internal, ", ")))
			}
		case strings.Contains(host, "."):
			if err := checkOutside(pkg, path); err != nil {
				errs = append(errs, err)
			}
		case slices.Contains(r.never, path):
			errs = append(errs, fmt.Errorf("%s imports %s, which it never may", pkg, path))
		}
	}
	return errs
}

func checkOutside(pkg, path string) error {
	for dependency, home := range homes {
		if within(path, []string{dependency}) {
			if !within(pkg, home) {
				return fmt.Errorf("%s imports %s, whose home is %s", pkg, path, strings.Join(home, ", "))
			}
			return nil
		}
	}
	return fmt.Errorf("%s imports %s, which has no home yet; add one", pkg, path)
}

// needless lists the rules that no package needs: an import that is allowed, a package or a home.
func needless(packages []goPackage, rules map[string]rule, everybody []string, homes map[string][]string) []error {
	imports := func(from, path string) bool { // by a package or one below it; "" stands for any
		return slices.ContainsFunc(packages, func(p goPackage) bool {
			return (from == "" || within(short(p.ImportPath), []string{from})) &&
				slices.ContainsFunc(p.Imports, func(q string) bool { return within(short(q), []string{path}) })
		})
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		if !slices.ContainsFunc(packages, func(p goPackage) bool { return within(short(p.ImportPath), []string{name}) }) {
			errs = append(errs, fmt.Errorf("%s has a rule, but no package; remove it", name))
		}
		for _, path := range rules[name].internal {
			if !imports(name, path) {
				errs = append(errs, fmt.Errorf("%s may import %s, and does not; remove it from the rule", name, path))
			}
		}
	}
	for _, path := range everybody {
		if !imports("", path) {
			errs = append(errs, fmt.Errorf("everybody may import %s, and nobody does; remove it", path))
		}
	}
	for _, path := range slices.Sorted(maps.Keys(homes)) {
		for _, home := range homes[path] {
			if !imports(home, path) {
				errs = append(errs, fmt.Errorf("%s is a home of %s, and does not import it; remove it", home, path))
			}
		}
	}
	return errs
}

// within tells whether path is one of packages or below one.
func within(path string, packages []string) bool {
	return slices.ContainsFunc(packages, func(p string) bool { return path == p || strings.HasPrefix(path, p+"/") })
}

// short is the package's path without what all share.
func short(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, "resnet/"), "internal/")
}
