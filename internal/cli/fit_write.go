package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"resnet/internal/atomicfile"
	"resnet/internal/config"
	"resnet/internal/learn"
	"resnet/internal/nets"
	"resnet/internal/paths"
	"resnet/internal/printable"
	"resnet/internal/render"
	"resnet/internal/weights"
)

// The files of a fitted network; its YAML is called as the folder is.
const (
	fittedWeights = "model.safetensors"
	fittedLabels  = "labels.txt"
	fittedCard    = "card.json"
	fittedReport  = "card.md"
	fittedPage    = "report.html"
)

// checkFolder refuses a folder whose place the network must not take.
func (o *fitOptions) checkFolder() error {
	out := absolute(o.f.path(o.out))
	for _, in := range []string{o.from.Dir, o.from.Valid} {
		if in != "" && (paths.Within(out, absolute(o.f.path(in))) || paths.Within(absolute(o.f.path(in)), out)) {
			return usagef("-o %s: the photos of %s are there; give a folder outside of them", o.out, in)
		}
	}
	for _, in := range []string{o.arch, o.weights.name, o.list} {
		if in != "" && paths.Within(absolute(o.f.path(in)), out) {
			return usagef("-o %s: %s is read from there; give another folder", o.out, in)
		}
	}
	entries, err := os.ReadDir(out)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0:
		return nil
	case err != nil:
		return usagef("-o %s: %w", o.out, err)
	}
	var card struct{ Schema string }
	text, err := os.ReadFile(filepath.Join(out, fittedCard))
	if err != nil || json.Unmarshal(text, &card) != nil || card.Schema != render.FitSchema {
		return usagef("-o %s: there is a folder that fit did not write; give another name", o.out)
	}
	for _, entry := range entries {
		if name := entry.Name(); !slices.Contains([]string{fittedWeights, fittedPhotos, fittedLabels, fittedCard, fittedReport, fittedPage, filepath.Base(out) + ".yaml"}, name) || !entry.Type().IsRegular() {
			return usagef("-o %s: %s in it is not of fit, and would be lost with the folder; move it, or give another name", o.out, printable.Name(name))
		}
	}
	return nil
}

// tryFolder begins the folder and leaves it, so that a place that can't be written is found before the photos are read.
func (o *fitOptions) tryFolder() error {
	dir, err := atomicfile.CreateDir(o.f.path(o.out))
	if err != nil {
		return &outputError{o.out, err}
	}
	return dir.Cleanup()
}

// write writes the folder, whole or not at all.
func (r *fitRun) write(ctx context.Context, fitted *learn.Fitted, view *render.Fit, found *findings) error {
	net, err := r.headed(fitted.Head)
	if err != nil {
		return err
	}
	if r.tuned != nil && r.tuned.Gained {
		net = r.tuned.net
	}
	yaml, err := describe(net)
	if err != nil {
		return err
	}
	dir, err := atomicfile.CreateDir(r.opts.f.path(r.opts.out))
	if err != nil {
		return &outputError{r.opts.out, err}
	}
	defer dir.Cleanup()
	if err := r.writeWeights(ctx, net, filepath.Join(dir.Path, fittedWeights)); err != nil {
		return &outputError{r.opts.out, err}
	}
	if err := r.writeFamiliar(net, dir.Path); err != nil {
		return &outputError{r.opts.out, err}
	}
	card := *view
	card.Card = true
	text := func(name string, write func(io.Writer) error) error {
		file, err := os.Create(filepath.Join(dir.Path, name))
		if err != nil {
			return err
		}
		return errors.Join(write(file), file.Close())
	}
	as := func(format string) func(io.Writer) error {
		return func(w io.Writer) error { return render.Write(w, &card, format, render.Look{Unicode: true}) }
	}
	err = cmp.Or(
		text(fittedLabels, func(w io.Writer) error { return writeString(w, strings.Join(r.sets.Classes, "\n")+"\n") }),
		text(r.name()+".yaml", func(w io.Writer) error { return writeString(w, yaml) }),
		text(fittedReport, as("markdown")),
		text(fittedCard, as("json")),
		text(fittedPage, func(w io.Writer) error { return r.writePage(ctx, w, net, &card, found) }),
		ctx.Err(),
	)
	if err == nil {
		err = dir.Commit()
	}
	if err != nil && ctx.Err() == nil {
		err = &outputError{r.opts.out, err}
	}
	return err
}

// layers are those of a head, without what fills up the rows of features.
func (r *fitRun) layers(head learn.Head) []nets.Layer {
	var layers []nets.Layer
	width := len(r.train[0].Rows[0])
	for _, layer := range head {
		narrow := nets.Layer{Bias: float32s(layer.Bias)}
		padded := len(layer.Weight) / len(layer.Bias)
		for row := range slices.Chunk(layer.Weight, padded) {
			narrow.Weight = append(narrow.Weight, float32s(row[:width])...)
		}
		layers, width = append(layers, narrow), len(layer.Bias)
	}
	return layers
}

// writeWeights writes the whole network, or its head.
func (r *fitRun) writeWeights(ctx context.Context, net *nets.Net, path string) error {
	if !r.opts.only {
		return net.WriteSafetensors(ctx, path)
	}
	return net.WriteHead(ctx, path, r.base())
}

// base is the name of the weights that a head stands on: that of a set, or of a file.
func (r *fitRun) base() string {
	if s := r.net.Source; s.Set != nil {
		return s.Set.Name
	}
	return filepath.Base(r.net.Source.Name)
}

// warnBase says how a head will be opened whose base is not where it is looked for.
func (r *fitRun) warnBase(ctx context.Context) {
	sum, err := r.net.SHA256()
	if err == nil && r.opts.only {
		_, err = r.opts.f.nets().Base(ctx, sum)
	}
	if err != nil {
		r.opts.f.warnf("the network is opened where its base is in the store: resnet weights add %s", shellWord(r.net.Source.Name))
	}
}

// writeFamiliar writes what classify compares photos with: features that the weights have, or those that are beside it where they are
// others.
func (r *fitRun) writeFamiliar(net *nets.Net, dir string) error {
	if r.familiar == nil {
		return nil
	}
	source := r.net.Source
	if r.tuned != nil && r.tuned.Gained {
		source = &weights.Source{Path: filepath.Join(dir, fittedWeights)}
	}
	sum, err := source.SHA256()
	if err != nil {
		return err
	}
	preprocess, err := net.Preprocess()
	if err != nil {
		return err
	}
	made, err := madeOf(preprocess, learn.Watch, sum)
	if err != nil {
		return err
	}
	return r.familiar.write(filepath.Join(dir, fittedPhotos), made)
}

func writeString(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return err
}

// describe is the YAML of a fitted network: what differs from the built-in one that it stands on, or all of it.
func describe(net *nets.Net) (string, error) {
	arch := *net.Arch
	arch.Labels, arch.Weights = fittedLabels, fittedWeights
	arch.Description = fmt.Sprintf("%s, fitted to %d classes", arch.Name, arch.Spec.NumClasses)
	arch.Preprocess = *net.Source.Preprocess
	if !net.Builtin() {
		return config.Commented(&arch), nil
	}
	keys, err := config.Keys(&arch)
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("# %s\nextends: %s\n", arch.Description, arch.Name)
	section := ""
	for _, key := range keys {
		name, value := key.Name, key.Value
		if within, below, ok := strings.Cut(name, "."); ok && within == "preprocess" {
			if section != within {
				section = within
				text += within + ":\n"
			}
			name = "  " + below
		} else if !slices.Contains([]string{"classifier", "head", "num_classes", "labels", "weights", "input"}, name) {
			continue
		}
		text += name + ": " + value + "\n"
	}
	return text, nil
}
