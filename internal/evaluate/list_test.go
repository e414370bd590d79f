package evaluate

import (
	"slices"
	"strings"
	"testing"
)

func TestParseList(t *testing.T) {
	tench := []Labelled{{"t.JPEG", "tench", 1}}
	headed := []Labelled{{"t.JPEG", "tench", 2}}
	for name, test := range map[string]struct {
		text string
		want []Labelled
	}{
		"plain":                 {"t.JPEG,tench\n", tench},
		"heading":               {"file,class\nt.JPEG,tench\n", headed},
		"other words":           {"Label,Filename\r\ntench,t.JPEG\r\n", headed},
		"semicolons":            {"file;class\nt.JPEG;tench\n", headed},
		"tabs, no heading":      {"t.JPEG\ttench\n", tench},
		"semicolon in a class":  {"t.JPEG,tench; fish\n", []Labelled{{"t.JPEG", "tench; fish", 1}}},
		"comma in quotes":       {"\"a,b.jpg\";tench\n", []Labelled{{"a,b.jpg", "tench", 1}}},
		"byte-order mark":       {"\ufefffile,class\nt.JPEG,tench\n", headed},
		"mark without heading":  {"\ufefft.JPEG,tench\n", tench},
		"columns by their name": {"file,rank,index,label,probability,error\nt.JPEG,1,0,tench,0.9,\n", headed},
		"index beside a class":  {"index,file,target\n0,t.JPEG,tench\n", headed},
		"guarded":               {"'=t.JPEG,tench\n", []Labelled{{"=t.JPEG", "tench", 1}}},
		"JSON":                  {"\ufeff{\"t.JPEG\": \"tench\", \"a.jpg\": 3}", []Labelled{{"a.jpg", "3", 1}, {"t.JPEG", "tench", 1}}},
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
