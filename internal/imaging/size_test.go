package imaging

import (
	"encoding/json"
	"testing"
)

func TestSizeText(t *testing.T) {
	for _, c := range []struct {
		text, json string
		want       Size
		bad        bool
	}{
		{text: "256", json: "256", want: Size{Height: 256}},
		{text: "320x256", json: "[320,256]", want: Size{320, 256}},
		{text: "320×256", json: "[320,256]", want: Size{320, 256}},
		{text: "0", bad: true},
		{text: "-5", bad: true},
		{text: "5x", bad: true},
		{text: "axb", bad: true},
	} {
		got, err := ParseSize(c.text)
		if (err != nil) != c.bad || got != c.want {
			t.Errorf("ParseSize(%q) = %v, %v; want %v", c.text, got, err, c.want)
		}
		if c.bad {
			continue
		}
		data, err := json.Marshal(got)
		if err != nil || string(data) != c.json {
			t.Errorf("%v as JSON = %s, %v; want %s", got, data, err, c.json)
		}
		var back Size
		if err := json.Unmarshal(data, &back); err != nil || back != c.want {
			t.Errorf("%s from JSON = %v, %v; want %v", data, back, err, c.want)
		}
	}
	var s Size
	if json.Unmarshal([]byte(`[1,2,3]`), &s) == nil {
		t.Errorf("a list of three was read as %v", s)
	}
}
