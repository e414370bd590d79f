package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestErrors holds one wrong file a row, and what its error must say.
func TestErrors(t *testing.T) {
	const net = "block: basic\nlayers: [2, 2]\n"
	for name, test := range map[string]struct{ text, want string }{
		"typo":                {net + "blok: basic", `:3:1: blok: unknown key; did you mean "block"?`},
		"wrong case":          {net + "Planes: [64, 128]", `did you mean "planes"?`},
		"typo inside":         {net + "stem: {conv: {kernal: 3}}", `:3:15: stem.conv.kernal: unknown key; did you mean "kernel"?`},
		"text for a number":   {net + `num_classes: "12"`, `:3:14: num_classes: want a whole number, found "12" (str)`},
		"fraction":            {net + "num_classes: 1.5", `want a whole number, found "1.5" (float)`},
		"overflow":            {net + "num_classes: 99999999999999999999", `num_classes: want a whole number`},
		"number for text":     {net + "shortcut: 1", `shortcut: want text, found "1" (int)`},
		"one for a list":      {"layers: 3", `:1:9: layers: want a list such as [3, 4, 6, 3], found "3" (int)`},
		"list for one":        {net + "groups: [1]", `groups: want a whole number, found a list`},
		"wrong in a list":     {"layers: [2, two]", `:1:13: layers[1]: want a whole number`},
		"nothing":             {"layers:", `layers: want a list such as [3, 4, 6, 3], found nothing`},
		"duplicate":           {net + "block: bottleneck", `:3:1: block: given already on line 1`},
		"duplicate inside":    {net + "stem: {pool: none, pool: none}", `:3:20: stem.pool: given already on line 3`},
		"two documents":       {net + "---\n" + net, `document`},
		"empty":               {"\n", `:1:1: nothing is in the file: want a network's keys and values, such as block: basic`},
		"comments":            {"# nothing\n", `:1:1: nothing is in the file`},
		"null":                {"null", `want a network's keys and values`},
		"list":                {"- block", `want a network's keys and values`},
		"text":                {"resnet50", `want a network's keys and values`},
		"alias":               {"layers: &a [2, 2]\nplanes: *a", `alias`},
		"merge key":           {"<<: {block: basic}\n" + net, `<<`},
		"self alias":          {"stem: &s {conv: *s}", `alias`},
		"tag":                 {"block: !!python/name:math.sqrt basic", `python`},
		"binary":              {"block: !!binary YmFzaWM=", `block: want text`},
		"invalid UTF-8":       {"block: \xff", `:1:`},
		"NUL":                 {"block: ba\x00sic", `:1:`},
		"UTF-16":              {"\xff\xfeb\x00l\x00", `:1:`},
		"tab":                 {"stem:\n\tpool: none", `:2:`},
		"infinite":            {net + "preprocess: {mean: [.inf, 0, 0]}", `preprocess.mean[0]: +Inf is not between -1e+06 and 1e+06`},
		"zero deviation":      {net + "preprocess: {std: [0, 1, 1]}", `preprocess.std[0]: 0 is not between 1e-06 and 1e+06`},
		"means of four":       {net + "input: [4, 64, 64]\npreprocess: {mean: [0, 0, 0]}", `preprocess.mean: a network of 4 channels sees no photos`},
		"stds of two":         {net + "input: [2, 64, 64]\npreprocess: {std: [1, 1]}", `preprocess.std: a network of 2 channels sees no photos`},
		"range of nothing":    {net + "preprocess: {range: 0}", `preprocess.range: 0 is neither 1 nor 255`},
		"two means":           {net + "preprocess: {mean: [0, 1]}", `preprocess.mean: 2 numbers, want 3`},
		"interpolation":       {net + "preprocess: {interpolation: cubic}", `"cubic" is none of`},
		"huge crop":           {net + "preprocess: {crop: 1000000000}", `preprocess.crop[0]: 1000000000 is not between`},
		"bool words":          {net + "stem: {pool: no}", `stem.pool: want none`},
		"block type":          {"block: basics\nlayers: [2]", `:1:8: block: "basics" is none of basic, bottleneck`},
		"shortcut type":       {net + "shortcut: C", `shortcut: "C" is none of`},
		"negative":            {"layers: [2, -1]", `:1:13: layers[1]: -1 is not between`},
		"zero layers":         {"layers: []", `layers: 0 layers`},
		"lengths":             {net + "planes: [64]", `:3:9: planes: 1 entries, want 2`},
		"groups in basic":     {net + "groups: 32", `groups: a basic block has no grouped convolution`},
		"width":               {"block: bottleneck\nlayers: [2]\nplanes: [30]\nwidth_per_group: 4", `width_per_group: 4 does not divide layer1`},
		"pad loses channels":  {net + "shortcut: pad\nplanes: [128, 64]", `:4:15: planes[1]: a pad shortcut can't lose channels`},
		"shrinks":             {net + "input: [3, 1, 1]\nstem: {conv: {kernel: 7, padding: 0}}", `:3:8: input: conv1: a map of 1×1`},
		"parameters":          {"block: bottleneck\nlayers: [500, 500]\nplanes: [16000, 16000]", `parameters, at most`},
		"blocks":              {"layers: [1999, 1999]", `layers: 3998 blocks, at most`},
		"huge stride":         {net + "strides: [1, 4611686018427387904]", `strides[1]: 4611686018427387904 is not between`},
		"input":               {net + "input: [224, 224]", `input: 2 numbers, want [channels, height, width]`},
		"extends nothing":     {"extends: resnet51", `extends: "resnet51" (str) is no built-in network and no YAML file; did you mean "resnet5`},
		"extends no file":     {"extends: gone.yaml", `gone.yaml: no such file`},
		"extends itself":      {"extends: net.yaml", `:1:10: extends: net.yaml extends itself`},
		"octal":               {net + "num_classes: 017", `num_classes: want a whole number without zeros before it, found "017"`},
		"no classes":          {net + "num_classes: 0", `:3:14: num_classes: want the number of classes`},
		"no groups":           {"extends: resnext50_32x4d\ngroups: 0", `:2:9: groups: 0 is not between`},
		"no width":            {"extends: resnext50_32x4d\nwidth_per_group: 0", `:2:18: width_per_group: 0 is not between`},
		"no input":            {net + "input: [0, 0, 0]", `:3:9: input[0]: 0 is not between`},
		"empty input":         {net + "input: []", `input: 0 numbers, want [channels`},
		"empty block":         {"extends: 50\nblock: \"\"", `:2:8: block: "" is none of`},
		"empty shortcut":      {net + `shortcut: ""`, `:3:11: shortcut: "" is none of`},
		"empty stride_in":     {net + `stride_in: ""`, `:3:12: stride_in: "" is none of`},
		"empty interpolation": {net + `preprocess: {interpolation: ""}`, `"" is none of`},
		"empty planes":        {net + "planes: []", `planes: 0 entries, want 2`},
		"class for a block":   {"block: Bottleneck\nlayers: [2]", `"Bottleneck" is none of basic, bottleneck; did you mean "bottleneck"?`},
		"one for an input":    {net + "input: 224", `input: want a list such as [3, 224, 224], found "224" (int)`},
		"one for planes":      {net + "planes: 64", `planes: want a list such as [64, 128, 256, 512]`},
		"settings":            {"arch: resnet50\nthreads: 2", `is a setting of the tool`},
		"wrong only together": {"extends: resnet50\nlayers: [1, 1]\nplanes: [64]", `:3:9: planes: 1 entries, want 2`},
	} {
		_, err := LoadFile(t.Context(), write(t, "net.yaml", test.text))
		switch {
		case err == nil:
			t.Errorf("%s: no error, want %q", name, test.want)
		case !strings.Contains(err.Error(), test.want):
			t.Errorf("%s: %v\nwant %q", name, err, test.want)
		case !strings.Contains(err.Error(), "net.yaml:"):
			t.Errorf("%s: %v\nwant the file's name", name, err)
		}
	}
}

// TestAccepted holds what looks odd and is fine.
func TestAccepted(t *testing.T) {
	const net = "block: basic\nlayers: [2, 2]\n"
	for name, text := range map[string]string{
		"byte order mark": "\ufeff" + net,
		"CRLF":            strings.ReplaceAll(net, "\n", "\r\n"),
		"hexadecimal":     net + "num_classes: 0x10",
		"extends 18":      "extends: 18",
		"plain words":     net + "description: no, off, 1e3 and 2026-11-24",
	} {
		if _, err := LoadFile(t.Context(), write(t, "net.yaml", text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestExtendsWrongly wants one complaint of each.
func TestExtendsWrongly(t *testing.T) {
	for value, want := range map[string]string{
		"[18]":     "want a network's name or file, found a list",
		"null":     "want a network's name or file, found nothing",
		"":         "want a network's name or file, found nothing",
		"{a: 18}":  "want a network's name or file, found keys and values",
		"1.5":      `want a network's name or file, found "1.5" (float)`,
		"resnet51": `"resnet51" (str) is no built-in network`,
		"17":       `"17" (int) is no built-in network`,
	} {
		_, err := LoadFile(t.Context(), write(t, "net.yaml", "layers: [2, 2]\nextends: "+value+"\n"))
		if text := fmt.Sprint(err); !strings.Contains(text, "net.yaml:2:") || !strings.Contains(text, ": extends: "+want) || strings.Count(text, "net.yaml:") != 1 {
			t.Errorf("extends: %s: %v\nwant %q once", value, err, want)
		}
	}
}

func TestAllErrorsAtOnce(t *testing.T) {
	_, err := LoadFile(t.Context(), write(t, "net.yaml", "blok: basic\nlayers: [2, two]\nstem: {pool: 1}\n"))
	if n := strings.Count(fmt.Sprint(err), "net.yaml:"); n != 3 {
		t.Errorf("%d errors, want 3:\n%v", n, err)
	}
}

// TestValuesBesideUnread wants values to be judged by themselves where other keys can't be read, and nothing that follows from
// those.
func TestValuesBesideUnread(t *testing.T) {
	text := "extends: 50\nblok: basic\nblock: basics\nlayers: [two, 3]\nplanes: [64, 0]\npreprocess: {mean: [0.5], order: rbg}\n"
	_, err := LoadFile(t.Context(), write(t, "net.yaml", text))
	var places []string
	for line := range strings.SplitSeq(fmt.Sprint(err), "\n") {
		_, place, _ := strings.Cut(line, "net.yaml:")
		place, _, _ = strings.Cut(place, ": ")
		places = append(places, place)
	}
	if got, want := strings.Join(places, " "), "2:1 3:8 4:10 5:14 6:34"; got != want {
		t.Errorf("errors at %s, want %s:\n%v", got, want, err)
	}
}

func TestOddFiles(t *testing.T) {
	dir := t.TempDir()
	big := filepath.Join(dir, "big.yaml")
	if err := os.WriteFile(big, make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		dir + "/":                        "is a directory",
		big:                              "too many",
		filepath.Join(dir, "gone.yaml"):  "no such file",
		filepath.Join(dir, "none") + "/": "no such file",
	} {
		if _, err := LoadFile(t.Context(), path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range Names() {
		text, err := builtinYAML(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := read(t.Context(), "fuzz.yaml", "fuzz", text)
		if err == nil && a.Spec.Blocks() == 0 {
			t.Error("a network without blocks")
		}
	})
}
