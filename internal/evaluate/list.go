package evaluate

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// Labelled is a file and its class, as a list names them.
type Labelled struct {
	File, Class string
	Set         string // that it belongs to; "" where the list names none
	Line        int    // of the list, from 1
}

// Headings of the columns of a list, in any case. A table has one of each; an index beside a class says the same again.
var (
	fileHeadings  = []string{"file", "filename", "path", "image"}
	classHeadings = []string{"class", "label", "target"}
	indexHeading  = []string{"index"}
	setHeading    = []string{"set"}
)

// ParseList reads files with their classes: a JSON map from file to class, or a table whose columns are separated by
// commas, semicolons or tabs. Two columns are file and class; more need a first line that names these two, each once, and may
// name a set. The error holds everything that is wrong, each with its line.
func ParseList(text []byte) ([]Labelled, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	parse := parseTable
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		parse = parseMap
	}
	rows, err := parse(text)
	if err == io.EOF { // what json.Decoder.Token says of a text that is cut off
		err = io.ErrUnexpectedEOF
	}
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
	file, class, set, columns := 0, 1, -1, 2
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
			if sets := named(record, setHeading); len(sets) == 1 {
				set = sets[0]
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
		row := Labelled{File: unguarded(record[file]), Class: unguarded(strings.TrimSpace(record[class])), Line: line}
		if set >= 0 {
			row.Set = strings.TrimSpace(record[set])
		}
		rows = append(rows, row)
	}
}

// unguarded takes off the apostrophe that keeps spreadsheets from running a cell.
func unguarded(cell string) string {
	if len(cell) > 1 && cell[0] == '\'' && guards(cell[1:]) {
		return cell[1:]
	}
	return cell
}

// FormatList is a list as ParseList reads it, of files, classes and sets: its first line, and one for each row. A row is "" where
// no line of text says it: for a name that is no UTF-8, holds the end of a line, or is framed by spaces.
func FormatList(rows []Labelled) (head string, lines []string) {
	head = "file,class,set\n"
	for _, row := range rows {
		file, class := filepath.ToSlash(row.File), row.Class
		if strings.HasPrefix(file, "'") || guards(file) { // no spreadsheet runs it, and no apostrophe gets lost
			file = "./" + file
		}
		if guards(class) {
			class = "'" + class
		}
		var line strings.Builder
		w := csv.NewWriter(&line)
		err := w.Write([]string{file, class, row.Set})
		w.Flush()
		got, parseErr := ParseList([]byte(head + line.String()))
		if err != nil || parseErr != nil || !utf8.ValidString(line.String()) || strings.ContainsAny(line.String()[:line.Len()-1], "\r\n\x00") || len(got) != 1 ||
			filepath.Clean(got[0].File) != filepath.Clean(filepath.ToSlash(row.File)) || got[0].Class != row.Class || got[0].Set != row.Set {
			lines = append(lines, "")
			continue
		}
		lines = append(lines, line.String())
	}
	return head, lines
}

// guards tells whether a spreadsheet would run a cell.
func guards(cell string) bool { return cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) }

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

// named are the columns of record with one of these names.
func named(record, names []string) (found []int) {
	for i, cell := range record {
		if slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(strings.TrimSpace(cell), name) }) {
			found = append(found, i)
		}
	}
	return found
}

func isHeading(record []string) bool {
	return len(named(record, slices.Concat(fileHeadings, classHeadings, indexHeading))) > 0
}

func headings(record []string) (file, class int, err error) {
	if file, err = column(record, "file", fileHeadings); err != nil {
		return 0, 0, err
	}
	if len(named(record, classHeadings)) == 0 && len(named(record, indexHeading)) > 0 {
		class, err = column(record, "class", indexHeading)
	} else {
		class, err = column(record, "class", classHeadings)
	}
	return file, class, err
}

// column is the one with one of names; what says what it holds.
func column(record []string, what string, names []string) (int, error) {
	found := named(record, names)
	switch len(found) {
	case 0:
		return 0, fmt.Errorf("no column is called %s; there are %s", strings.Join(names, ", "), strings.Join(record, ", "))
	case 1:
		return found[0], nil
	}
	return 0, fmt.Errorf("columns %d, %s, and %d, %s, could both be the %s; rename one of them",
		found[0]+1, strings.TrimSpace(record[found[0]]), found[1]+1, strings.TrimSpace(record[found[1]]), what)
}

// parseMap reads token by token: a map of Go's would keep the last of equal keys.
func parseMap(text []byte) ([]Labelled, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if _, err := decoder.Token(); err != nil { // the brace
		return nil, err
	}
	lines := map[string]int{} // of the keys
	var rows []Labelled
	var errs []error
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		file := key.(string) // nothing else is a key in JSON
		line := 1 + bytes.Count(text[:decoder.InputOffset()], []byte("\n"))
		var class any
		if err := decoder.Decode(&class); err != nil {
			return nil, err
		}
		if earlier := lines[file]; earlier != 0 {
			errs = append(errs, fmt.Errorf("line %d: %s is there already on line %d", line, file, earlier))
			continue
		}
		lines[file] = line
		switch class.(type) {
		case string, json.Number:
			rows = append(rows, Labelled{File: file, Class: fmt.Sprint(class), Line: line})
		default:
			errs = append(errs, fmt.Errorf("line %d: %s: want a class, its label or index", line, file))
		}
	}
	if _, err := decoder.Token(); err != nil { // the brace that closes
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("something stands behind the map")
	}
	slices.SortFunc(rows, func(a, b Labelled) int { return strings.Compare(a.File, b.File) })
	return rows, errors.Join(errs...)
}

// contradictions are files of several classes.
func contradictions(rows []Labelled) error {
	var errs []error
	again(rows, func(row, before Labelled) {
		if row.Class != before.Class {
			errs = append(errs, fmt.Errorf("line %d: %s is %s here and %s on line %d", row.Line, row.File, row.Class, before.Class, before.Line))
		}
	})
	return errors.Join(errs...)
}

// Repeated are the rows of a file that an earlier row names too, be it by another path: ./a.jpg and a.jpg.
func Repeated(rows []Labelled) (repeated []Labelled) {
	again(rows, func(row, _ Labelled) { repeated = append(repeated, row) })
	return repeated
}

// again calls see with each row whose file was named before, and the first row of it.
func again(rows []Labelled, see func(row, before Labelled)) {
	first := make(map[string]Labelled, len(rows))
	for _, row := range rows {
		path := filepath.Clean(row.File)
		if before, ok := first[path]; ok {
			see(row, before)
			continue
		}
		first[path] = row
	}
}
