package render

// SettingsSchema is the version of the contract that docs/schema/settings.v1.json describes.
const SettingsSchema = "resnet.settings/v1"

// Settings are what users set once for all commands, and the files that may say so.
type Settings struct {
	Values []Setting
	Files  []SettingsFile
}

// Setting is a value as it holds, and where it came from.
type Setting struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	From  string `json:"from"`
	Usage string `json:"-"`
}

// SettingsFile is a file where settings are looked for.
type SettingsFile struct {
	Path   string `json:"path"`
	Exists bool   `json:"exists"`
}

// Document has a row for each setting.
func (s *Settings) Document() Document {
	t := Table{Columns: []Column{
		{Name: "key", Head: "setting"}, {Name: "value", Head: "value", Least: leastLabel, Middle: true},
		{Name: "usage", Head: "what it is", Wrap: true}, {Name: "from", Head: "from", Least: leastLabel, Middle: true},
	}}
	for _, v := range s.Values {
		t.Rows = append(t.Rows, Row{Cells: []Cell{text(v.Key), text(v.Value), text(v.Usage), text(v.From)}})
	}
	doc := Document{Tables: []Table{t}}
	for _, f := range s.Files {
		state := "read"
		if !f.Exists {
			state = "not there"
		}
		doc.Lines = append(doc.Lines, []string{f.Path + ": " + state})
	}
	return doc
}

// Data is the contract resnet.settings/v1: an entry a setting.
func (s *Settings) Data() Data {
	data := Data{Head: []Field{{"schema", SettingsSchema}}, List: "settings", Tail: []Field{{"files", s.Files}}}
	for _, v := range s.Values {
		data.Items = append(data.Items, v)
	}
	return data
}
