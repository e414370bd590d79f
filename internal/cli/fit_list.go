package cli

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"resnet/internal/evaluate"
	"resnet/internal/learn"
	"resnet/internal/nets"
	"resnet/internal/report"
)

// listName is what the list of a page is saved as.
const listName = "list.csv"

// root is the folder that paths of a list are relative to, as it was typed.
func (o *fitOptions) root(args []string) string {
	if len(args) == 0 {
		return filepath.Dir(o.list)
	}
	return args[0]
}

// photoList is the list of the photos of both sets, and the line of each photo that has one, from 1.
func (r *fitRun) photoList(photos []learn.Photo) (*report.List, map[*nets.Image]int) {
	root := absolute(r.opts.f.path(r.opts.root(r.opts.args)))
	rows := make([]evaluate.Labelled, len(photos))
	for i, p := range photos {
		path := absolute(p.Path)
		if relative, err := filepath.Rel(root, path); err == nil {
			path = relative
		}
		rows[i] = evaluate.Labelled{File: path, Class: r.sets.Classes[p.Class], Set: learn.TrainSet}
		if i >= len(r.train) {
			rows[i].Set = learn.ValidSet
		}
	}
	list, line := &report.List{File: listName}, map[*nets.Image]int{}
	var lines []string
	list.Head, lines = evaluate.FormatList(rows)
	missing := 0
	for i, text := range lines {
		if text == "" {
			missing++
			continue
		}
		list.Lines = append(list.Lines, text)
		line[photos[i].Image] = len(list.Lines)
	}
	list.Classes = r.listClasses()
	list.Words = []string{
		"On any card above a photo is kept, given another class, or left out; a point of the map has its choice, too. Save the list, and fit again with it. No photo is moved or deleted.",
		r.opts.again,
	}
	if missing > 0 {
		list.Words = append(list.Words, fmt.Sprintf("%s not in the list: a line of text cannot hold the names.", plural(missing, "photo is", "photos are")))
	}
	if r.leftOut > 0 {
		list.Words = append(list.Words, fmt.Sprintf("%s not in the list: they could not be read.", plural(r.leftOut, "photo is", "photos are")))
	}
	return list, line
}

// listClasses are the classes as cells of the list; one that no cell can hold has none.
func (r *fitRun) listClasses() []report.ListClass {
	classes := slices.Clone(r.sets.Classes)
	var rows []evaluate.Labelled
	for _, class := range classes {
		rows = append(rows, evaluate.Labelled{File: "x", Class: class})
	}
	_, lines := evaluate.FormatList(rows)
	var cells []report.ListClass
	for i, line := range lines {
		cell := strings.TrimSuffix(strings.TrimPrefix(line, "x,"), ",\n")
		cells = append(cells, report.ListClass{Name: classes[i], Cell: cell})
	}
	return cells
}
