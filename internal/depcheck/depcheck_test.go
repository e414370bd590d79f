// Package depcheck keeps the architecture true: data flows through one package at a time, and each outside dependency
// has one home. The rules are about what files other than tests import.
package depcheck

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// rule says what a package may import. "x" stands for internal/x and the packages below it.
type rule struct {
	internal []string // internal packages; its own are always allowed
	never    []string // of the standard library
}

// everybody may import these, which import no internal package.
var everybody = []string{"nearest", "number", "atomicfile"}

var rules = map[string]rule{
	"cli": {internal: []string{
		"anatomy", "bind", "cam", "checkpoint", "config", "docs", "draw", "engine", "hooks", "imaging", "isa", "labels", "graph", "model", "nets", "npy", "evaluate", "random", "render", "tensor", "weights",
	}},
	"nets": {internal: []string{
		"bind", "cam", "checkpoint", "config", "engine", "evaluate", "graph", "hooks", "imaging", "labels", "model", "random", "tensor", "weights",
	}},
	"config":     {internal: []string{"model", "imaging", "labels", "configs"}},
	"tensor":     {},
	"isa":        {},
	"graph":      {internal: []string{"tensor"}, never: []string{"os", "net", "net/http"}},
	"model":      {internal: []string{"graph", "tensor"}, never: []string{"os", "net", "net/http"}},
	"bind":       {internal: []string{"graph", "model", "tensor"}, never: []string{"os", "net", "net/http"}},
	"random":     {internal: []string{"graph", "tensor"}},
	"article":    {internal: []string{"tensor"}},
	"hooks":      {internal: []string{"tensor", "graph", "checkpoint/safetensors"}},
	"engine":     {internal: []string{"graph", "ops", "hooks", "tensor", "isa"}, never: []string{"os", "net", "net/http"}},
	"ops":        {internal: []string{"tensor", "isa"}},
	"checkpoint": {internal: []string{"tensor"}},
	"imaging":    {internal: []string{"tensor", "isa"}},
	"labels":     {internal: []string{"tensor", "isa"}},
	"evaluate":   {},
	"npy":        {internal: []string{"tensor"}},
	"weights":    {internal: []string{"checkpoint", "graph", "model", "imaging", "labels", "tensor"}},
	"render":     {internal: []string{"article", "hooks", "graph", "model", "tensor", "labels", "evaluate", "anatomy"}, never: []string{"os"}},
	"cam":        {internal: []string{"imaging", "graph", "tensor"}, never: []string{"os"}},
	"anatomy":    {internal: []string{"hooks", "graph", "model", "tensor"}, never: []string{"os"}},
	"draw":       {internal: []string{"article", "hooks", "graph", "model", "tensor"}, never: []string{"os"}},
	"docs":       {},
	"nearest":    {},
	"number":     {},
	"atomicfile": {},
	"configs":    {},
	"cmd":        {internal: []string{"cli"}},
}

// homes are the packages that an outside dependency lives in.
var homes = map[string][]string{
	"github.com/spf13/cobra":            {"cli"},
	"github.com/spf13/pflag":            {"cli", "config"},
	"github.com/spf13/viper":            {"config"},
	"go.yaml.in/yaml/v4":                {"config"},
	"github.com/olekukonko/tablewriter": {"render"},
	"github.com/mattn/go-runewidth":     {"draw"},
	"gonum.org/v1/gonum/stat":           {"hooks"},
	"gonum.org/v1/gonum/blas":           {"ops"},
	"codeberg.org/go-fonts/liberation":  {"draw", "cam"},
	"codeberg.org/go-pdf/fpdf":          {"draw", "anatomy"},
	"gonum.org/v1/plot":                 {"draw", "cam", "anatomy"},
	"github.com/bmatcuk/doublestar/v4":  {"hooks", "nets"},

	"github.com/gofrs/flock":            {"weights"},
	"github.com/rogpeppe/go-internal":   {"cli"},
	"github.com/schollz/progressbar/v3": {"cli"},
	"github.com/yuin/goldmark":          {"docs"},
	"golang.org/x/image":                {"imaging", "draw", "cam"},
	"github.com/klauspost/compress":     {"imaging"},
	"golang.org/x/term":                 {"cli"},
	"golang.org/x/sys/cpu":              {"isa"},
	"golang.org/x/sys/unix":             {"checkpoint", "imaging", "atomicfile"},
	"golang.org/x/sys/windows":          {"checkpoint", "imaging", "cli"},
	"golang.org/x/sync":                 {"engine", "imaging", "nets", "weights", "cli"},
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
		{"unknown", "fmt"},
	} {
		if errs := check(test.pkg, []string{test.imported}); len(errs) != 1 {
			t.Errorf("%s imports %s: %v, want one error", test.pkg, test.imported, errs)
		}
	}
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

func list() ([]goPackage, error) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "resnet/...")
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

// within tells whether path is one of packages or below one.
func within(path string, packages []string) bool {
	return slices.ContainsFunc(packages, func(p string) bool { return path == p || strings.HasPrefix(path, p+"/") })
}

// short is the package's path without what all share.
func short(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, "resnet/"), "internal/")
}
