package safetensors

import (
	"strings"
	"testing"
)

func TestParseIndex(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"right", `{"metadata":{"total_size":8},"weight_map":{"a":"x.safetensors","b":"y.safetensors"}}` + "\n", ""},
		{"tensor twice", `{"weight_map":{"a":"x","a":"y"}}`, "twice"},
		{"map twice", `{"weight_map":{},"weight_map":{}}`, "twice"},
		{"no map", `{"architectures":["ResNetForImageClassification"]}`, "no checkpoint index"},
		{"file a number", `{"weight_map":{"a":1}}`, "not a string"},
		{"map an array", `{"weight_map":[]}`, "want '{'"},
		{"something after it", `{"weight_map":{}}x`, "follows"},
		{"cut off", `{"weight_map":{"a":"x"`, "want '}'"},
	} {
		shards, err := ParseIndex([]byte(c.text))
		switch {
		case c.want == "" && (err != nil || len(shards) != 2 || shards[1] != Shard{"b", "y.safetensors"}):
			t.Errorf("%s: %v, %v", c.name, shards, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: error is %v, want %q", c.name, err, c.want)
		}
	}
}
