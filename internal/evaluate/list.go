package evaluate

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Labelled is a file and its class, as a list names them.
type Labelled struct {
	File, Class string
	Line        int // of the list, from 1; 0 in JSON
}

// Headings of the columns of a list, in any case; of several the first counts.
var (
	fileHeadings  = []string{"file", "filename", "path", "image"}
	classHeadings = []string{"class", "label", "target", "index"}
)

// ParseList reads files with their classes: a JSON map from file to class, or a table whose columns are separated by
// commas, semicolons or tabs. Two columns are file and class; more need a first line that names these two. The error
// holds everything that is wrong, each with its line.
func ParseList(text []byte) ([]Labelled, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	parse := parseTable
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		parse = parseMap
	}
	rows, err := parse(text)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errors.New("no file in it")
	}
	return rows, contradictions(rows)
}

func parseTable(text []byte) ([]Labelled, error) {
	reader := csv.NewReader(bytes.NewReader(text))
	reader.FieldsPerRecord = -1
	reader.Comma = separator(text)
	file, class, columns := 0, 1, 2
	var rows []Labelled
	var errs []error
	for first := true; ; first = false {
		record, err := reader.Read()
		if err == io.EOF {
			return rows, errors.Join(errs...)
		}
		if err != nil {
			return nil, err
		}
		line, _ := reader.FieldPos(0)
		if first && isHeading(record) {
			if file, class, err = headings(record); err != nil {
				return nil, fmt.Errorf("line %d: %w", line, err)
			}
			columns = len(record)
			continue
		}
		switch {
		case len(record) == 1 && columns == 2:
			err = errors.New("one column, want two, file and class")
		case len(record) != columns && columns == 2:
			err = fmt.Errorf("%d columns, want two, file and class; more need a first line that names them, such as file,class", len(record))
		case len(record) != columns:
			err = fmt.Errorf("%d columns, and the first line names %d", len(record), columns)
		case record[file] == "":
			err = errors.New("no file")
		case strings.TrimSpace(record[class]) == "":
			err = errors.New("no class")
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("line %d: %w", line, err))
			continue
		}
		rows = append(rows, Labelled{unguarded(record[file]), unguarded(strings.TrimSpace(record[class])), line})
	}
}

// unguarded takes off the apostrophe that keeps spreadsheets from running a cell.
func unguarded(cell string) string {
	if len(cell) > 1 && cell[0] == '\'' && strings.ContainsRune("=+-@", rune(cell[1])) {
		return cell[1:]
	}
	return cell
}

// separator is the first of comma, semicolon and tab that stands outside of quotation marks.
func separator(text []byte) rune {
	quoted := false
	for _, c := range text {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ',' || c == ';' || c == '\t':
			return rune(c)
		}
	}
	return ','
}

func column(record, names []string) int {
	for _, name := range names {
		for i, cell := range record {
			if strings.EqualFold(strings.TrimSpace(cell), name) {
				return i
			}
		}
	}
	return -1
}

func isHeading(record []string) bool {
	return column(record, fileHeadings) >= 0 || column(record, classHeadings) >= 0
}

func headings(record []string) (file, class int, err error) {
	file, class = column(record, fileHeadings), column(record, classHeadings)
	for _, missing := range []struct {
		at    int
		names []string
	}{{file, fileHeadings}, {class, classHeadings}} {
		if missing.at < 0 {
			return 0, 0, fmt.Errorf("no column is called %s; there are %s", strings.Join(missing.names, ", "), strings.Join(record, ", "))
		}
	}
	return file, class, nil
}

func parseMap(text []byte) ([]Labelled, error) {
	var classes map[string]any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&classes); err != nil {
		return nil, err
	}
	var rows []Labelled
	var errs []error
	for _, file := range slices.Sorted(maps.Keys(classes)) {
		switch class := classes[file].(type) {
		case string, json.Number:
			rows = append(rows, Labelled{File: file, Class: fmt.Sprint(class)})
		default:
			errs = append(errs, fmt.Errorf("%s: want a class, its label or index", file))
		}
	}
	return rows, errors.Join(errs...)
}

// contradictions are files of several classes.
func contradictions(rows []Labelled) error {
	seen := make(map[string]Labelled, len(rows))
	var errs []error
	for _, row := range rows {
		if before, ok := seen[row.File]; ok && before.Class != row.Class {
			errs = append(errs, fmt.Errorf("line %d: %s is %s here and %s on line %d", row.Line, row.File, row.Class, before.Class, before.Line))
			continue
		}
		seen[row.File] = row
	}
	return errors.Join(errs...)
}
