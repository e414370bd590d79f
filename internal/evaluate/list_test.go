package evaluate

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestParseList(t *testing.T) {
	tench := []Labelled{{File: "t.JPEG", Class: "tench", Line: 1}}
	headed := []Labelled{{File: "t.JPEG", Class: "tench", Line: 2}}
	for name, test := range map[string]struct {
		text string
		want []Labelled
	}{
		"plain":                 {"t.JPEG,tench\n", tench},
		"heading":               {"file,class\nt.JPEG,tench\n", headed},
		"other words":           {"Label,Filename\r\ntench,t.JPEG\r\n", headed},
		"semicolons":            {"file;class\nt.JPEG;tench\n", headed},
		"tabs, no heading":      {"t.JPEG\ttench\n", tench},
		"semicolon in a class":  {"t.JPEG,tench; fish\n", []Labelled{{File: "t.JPEG", Class: "tench; fish", Line: 1}}},
		"comma in quotes":       {"\"a,b.jpg\";tench\n", []Labelled{{File: "a,b.jpg", Class: "tench", Line: 1}}},
		"byte-order mark":       {"\ufefffile,class\nt.JPEG,tench\n", headed},
		"mark without heading":  {"\ufefft.JPEG,tench\n", tench},
		"columns by their name": {"file,rank,index,label,probability,error\nt.JPEG,1,0,tench,0.9,\n", headed},
		"index beside a class":  {"index,file,target\n0,t.JPEG,tench\n", headed},
		"a set":                 {"file,set,class\nt.JPEG, valid,tench\n", []Labelled{{File: "t.JPEG", Class: "tench", Set: "valid", Line: 2}}},
		"guarded":               {"'=t.JPEG,tench\n", []Labelled{{File: "=t.JPEG", Class: "tench", Line: 1}}},
		"JSON":                  {"\ufeff{\"t.JPEG\": \"tench\", \"a.jpg\": 3}", []Labelled{{File: "a.jpg", Class: "3", Line: 1}, {File: "t.JPEG", Class: "tench", Line: 1}}},
	} {
		if got, err := ParseList([]byte(test.text)); err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestParseListErrors(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                   {"no file in it"},
		"file,class\n":                       {"no file in it"},
		"t.JPEG,1,tench\n":                   {"line 1: 3 columns, want two"},
		"img_name,label\nt.JPEG,tench\n":     {"line 1: no column is called file, filename, path, image; there are img_name, label"},
		"file,rank\nt.JPEG,1\n":              {"no column is called class, label"},
		"file,class,x\na,b,c\nd,e\n":         {"line 3: 2 columns, and the first line names 3"},
		"a.jpg,\n,tench\nb.jpg,tench\n":      {"line 1: no class", "line 2: no file"},
		"a.jpg,cat\nb.jpg,cat\na.jpg,dog":    {"line 3: a.jpg is dog here and cat on line 1"},
		"a.jpg,cat\n./a.jpg,dog":             {"line 2: ./a.jpg is dog here and cat on line 1"},
		"{\"a.jpg\": 1,\n\"b/../a.jpg\": 2}": {"line 2: b/../a.jpg is 2 here and 1 on line 1"},
		`{"a.jpg": ["cat"], "b.jpg": {}}`:    {"line 1: a.jpg: want a class", "line 1: b.jpg: want a class"},
		`{"a.jpg": `:                         {"unexpected"},
		`{"a.jpg": 1`:                        {"unexpected"},
		`{"a.jpg" 1}`:                        {"expected colon after object key"},
		`{"a.jpg": 1} x`:                     {"something stands behind the map"},
		`{a.jpg: 1}`:                         {"invalid character 'a'"},
		"{\"a.jpg\": 1,\n\"b\": 2,\n\"\\u0061.jpg\": 2, \"b\": 2}": {"line 3: a.jpg is there already on line 1", "line 3: b is there already on line 2"},

		"file,class,label\na.jpg,cat,dog\n":   {"line 1: columns 2, class, and 3, label, could both be the class; rename one of them"},
		"Target,file, LABEL\ncat,a.jpg,dog\n": {"line 1: columns 1, Target, and 3, LABEL, could both be the class; rename"},
		"file,index,index\na.jpg,1,2\n":       {"line 1: columns 2, index, and 3, index, could both be the class; rename"},
		"path,image,class\na.jpg,b.jpg,cat\n": {"line 1: columns 1, path, and 2, image, could both be the file; rename"},
	} {
		_, err := ParseList([]byte(text))
		for _, part := range want {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%q: %v, want %s", text, err, part)
			}
		}
	}
}

func TestRepeated(t *testing.T) {
	for text, want := range map[string][]int{ // lines
		"a.jpg,1\nb.jpg,1\n":                             nil,
		"a.jpg,1\nb.jpg,1\na.jpg,1\n./a.jpg,1\n":         {3, 4},
		"x/a.jpg,1\ny/a.jpg,1\nx//y/../a.jpg,1\n":        {3},
		"{\"a.jpg\": 1,\n\"b.jpg\": 1,\n\"./a.jpg\": 1}": {1}, // sorted by name
	} {
		rows, err := ParseList([]byte(text))
		var got []int
		for _, row := range Repeated(rows) {
			got = append(got, row.Line)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: lines %v, %v, want %v", text, got, err, want)
		}
	}
}

// TestFormatList: a list is read as it was written, and what no line can say is left out of it.
func TestFormatList(t *testing.T) {
	rows := []Labelled{
		{File: "ants/1.jpg", Class: "ants", Set: "train"},
		{File: "../a, \"b\".jpg", Class: "a, \"b\"", Set: "valid"},
		{File: "=1+1.jpg", Class: "=cmd", Set: "train"},
		{File: "'=1.jpg", Class: "-1", Set: "train"},
		{File: " x.jpg", Class: "@x", Set: "train"},
		{File: "<script>.jpg", Class: "ü", Set: "train"},
		{File: "/abs/x.jpg", Class: "x", Set: "train"},
	}
	not := []Labelled{{File: "a\xff.jpg", Class: "x"}, {File: "a\n.jpg", Class: "x"}, {File: "a.jpg", Class: " x"}, {File: "a.jpg", Class: "'=x"}, {File: "a\r.jpg", Class: "x"}}
	head, lines := FormatList(append(rows, not...))
	for i, line := range lines[len(rows):] {
		if line != "" {
			t.Errorf("%+v has the line %q", not[i], line)
		}
	}
	got, err := ParseList([]byte(head + strings.Join(lines, "")))
	if err != nil || len(got) != len(rows) {
		t.Fatalf("%v, %v of\n%s", got, err, strings.Join(lines, ""))
	}
	for i, row := range got {
		if filepath.Clean(row.File) != rows[i].File || row.Class != rows[i].Class || row.Set != rows[i].Set {
			t.Errorf("%+v, want %+v", row, rows[i])
		}
		if guards(lines[i]) {
			t.Errorf("a spreadsheet runs %q", lines[i])
		}
	}
}
