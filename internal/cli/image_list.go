package cli

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// walkImages calls yield with one image after the other.
type walkImages func(ctx context.Context, yield func(input) error) error

// readImageList reads files with their classes from a CSV file of two columns (a first line "file,…" is a heading), or
// from a JSON map from file to class. Paths are relative to root.
func readImageList(f *factory, name, root string) (walkImages, error) {
	text, err := os.ReadFile(f.path(name))
	if err != nil {
		return nil, err
	}
	var rows [][2]string
	if strings.HasPrefix(strings.TrimSpace(string(text)), "{") {
		rows, err = jsonImageList(text)
	} else {
		rows, err = csvImageList(string(text))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s: no file in it", name)
	}
	return func(ctx context.Context, yield func(input) error) error {
		for _, row := range rows {
			path := row[0]
			if !filepath.IsAbs(path) {
				path = filepath.Join(root, path)
			}
			if err := yield(input{name: path, path: f.path(path), rel: row[0], class: row[1]}); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

func csvImageList(text string) ([][2]string, error) {
	reader := csv.NewReader(strings.NewReader(text))
	reader.FieldsPerRecord = -1
	var rows [][2]string
	for first := true; ; first = false {
		record, err := reader.Read()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		if len(record) < 2 {
			line, _ := reader.FieldPos(0)
			return nil, fmt.Errorf("line %d: want two columns, file and class", line)
		}
		if first && strings.EqualFold(record[0], "file") {
			continue
		}
		rows = append(rows, [2]string{record[0], strings.TrimSpace(record[1])})
	}
}

func jsonImageList(text []byte) ([][2]string, error) {
	var classes map[string]any
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	if err := decoder.Decode(&classes); err != nil {
		return nil, err
	}
	var rows [][2]string
	for _, file := range slices.Sorted(maps.Keys(classes)) {
		rows = append(rows, [2]string{file, fmt.Sprint(classes[file])})
	}
	return rows, nil
}
