// Asm writes the assembly kernels of internal/ops, one kernel family a file, each as NAME_amd64.s with its declarations
// in NAME_amd64.go. Run it in its own folder:
//
//	cd internal/ops/_asm && go run . -out ..
//
// The output depends on nothing but the sources here, so that running it again leaves the tree as it was.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
)

// families lists the generators; a new one is a row here and a file beside this one.
var families = []struct {
	name     string // of the files it writes
	generate func(*build.Context)
}{
	{"conv_tile", convTiles},
	{"group_tile", groupTiles},
	{"group_row", groupRows},
	{"stem_tile", stemTiles},
	{"winograd", winogradKernels},
	{"linear_dot", linearDots},
	{"winograd_weights", winogradWeights},
	{"elementwise", elementwise},
	{"norm_gradient", normGradients},
	{"weight_tile", weightTiles},
	{"pool", pools},
	{"reorder", reorders},
	{"int8_tile", int8Tiles},
	{"int8_winograd", int8Winograds},
	{"int8_memory", int8Memory},
	{"peak", peaks},
	{"int8_peak", int8Peaks},
}

func main() {
	flags := flag.NewFlagSet("asm", flag.ExitOnError) // avo has claimed -out of the default set
	out := flags.String("out", "..", "folder to write into")
	if err := flags.Parse(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
	for _, f := range families {
		if err := write(filepath.Join(*out, f.name+"_amd64"), f.generate); err != nil {
			log.Fatalf("%s: %v", f.name, err)
		}
	}
}

func write(path string, generate func(*build.Context)) error {
	c := build.NewContext()
	c.ConstraintExpr("!purego,!noasm")
	generate(c)
	file, err := c.Result()
	if err != nil {
		return fmt.Errorf("generate: %w", err)
	}
	if err := pass.Compile.Execute(file); err != nil {
		return fmt.Errorf("compile: %w", err)
	}
	cfg := printer.Config{Name: "internal/ops/_asm", Pkg: "ops"}
	code, err1 := printer.NewGoAsm(cfg).Print(file)
	stubs, err2 := printer.NewStubs(cfg).Print(file)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	return errors.Join(os.WriteFile(path+".s", code, 0o644), os.WriteFile(path+".go", stubs, 0o644))
}
