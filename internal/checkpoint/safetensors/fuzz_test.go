package safetensors

import (
	"bytes"
	"encoding/json"
	"testing"

	. "resnet/internal/checkpoint/checkpointtest"
	"resnet/internal/tensor"
)

// headers are seeds.
var headers = []string{
	`{}`,
	`{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}  `,
	`{"a":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"b":{"dtype":"BOOL","shape":[0,3],"data_offsets":[8,8]}}`,
	`{"\u0061\ud83d\ude00":{"dtype":"F4","shape":[16],"data_offsets":[0,8],"x":[-1.5e3,null,{"y":true}]}}`,
}

func FuzzOpen(f *testing.F) {
	for _, h := range headers {
		f.Add(Safetensors(h, make([]byte, 8)))
	}
	f.Fuzz(func(t *testing.T, file []byte) { Fuzz(t, openReader, file) })
}

// FuzzHeader gives the header its length, so that mutations reach what is behind it, and compares it with encoding/json,
// which must accept what is accepted here and see the same in it.
func FuzzHeader(f *testing.F) {
	for _, h := range headers {
		f.Add(h)
	}
	f.Fuzz(func(t *testing.T, header string) {
		file := Safetensors(header, make([]byte, 8))
		Fuzz(t, openReader, file)
		r, err := Open(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			return
		}
		var other map[string]struct {
			DType       string  `json:"dtype"`
			Shape       []int   `json:"shape"`
			DataOffsets []int64 `json:"data_offsets"`
		}
		withoutMetadata := map[string]json.RawMessage{}
		if err := json.Unmarshal([]byte(header), &withoutMetadata); err != nil {
			t.Fatalf("encoding/json does not accept %q: %v", header, err)
		}
		delete(withoutMetadata, metadataKey)
		text, err := json.Marshal(withoutMetadata)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &other); err != nil {
			return // a further field differs from one of ours by case only: encoding/json takes it for ours
		}
		if len(other) != len(r.Names()) {
			t.Fatalf("%q has the tensors %q, encoding/json sees %v", header, r.Names(), other)
		}
		for _, name := range r.Names() {
			info, _ := r.Info(name)
			if want, ok := other[name]; !ok || !info.Shape.Equal(tensor.Shape(want.Shape)) {
				t.Fatalf("%q: %q is %v, encoding/json sees %v", header, name, info, want)
			}
		}
	})
}

func FuzzIndex(f *testing.F) {
	f.Add([]byte(`{"metadata":{"total_size":8},"weight_map":{"a":"x.safetensors","b":"y.safetensors"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		Within(t, len(text), func() {
			_, err := ParseIndex(text)
			CheckError(t, err)
		})
	})
}
