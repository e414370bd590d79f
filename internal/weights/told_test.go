package weights

import (
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"

	"resnet/internal/imaging"
	"resnet/internal/labels"
)

// TestTold reads what was written.
func TestTold(t *testing.T) {
	p := imaging.ImageNet
	p.Crop, p.Order, p.Range = imaging.Size{Height: 64, Width: 72}, imaging.OrderBGR, 255
	whole := imaging.ImageNet
	whole.Resize = imaging.Size{}
	cifar, err := labels.Builtin("cifar10")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []Told{
		{Network: "net", Preprocess: &p, Labels: &labels.List{Name: "out.onnx (resnet.labels)", Classes: []string{"cat", "dög"}}, Set: "s", SHA256: "00", License: "MIT"},
		{Network: "ResNet-20 (CIFAR)", Labels: cifar},
		{Preprocess: &whole, Assumed: true},
		{Network: "mine", YAML: "layers: [1]\n"},
	} {
		m, err := want.Metadata()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ToldBy(m, "out.onnx"); err != nil || !reflect.DeepEqual(got, &want) {
			t.Errorf("%+v, %v, want %+v", got, err, want)
		}
		if !maps.Equal(Kept(m), m) {
			t.Errorf("of %v is kept %v", m, Kept(m))
		}
	}
	if told, err := ToldBy(map[string]string{"format": "pt", licenseKey: "MIT"}, "x"); told != nil || err != nil {
		t.Errorf("a file of others tells %+v, %v", told, err)
	}
}

// TestToldSpelling: a filter is known in any case, as in YAML.
func TestToldSpelling(t *testing.T) {
	m, err := Told{Preprocess: &imaging.ImageNet}.Metadata()
	if err != nil {
		t.Fatal(err)
	}
	m[PreprocessKey] = strings.Replace(m[PreprocessKey], `"bilinear"`, `"Bilinear"`, 1)
	if told, err := ToldBy(m, "out.onnx"); err != nil || *told.Preprocess != imaging.ImageNet {
		t.Errorf("%+v, %v", told, err)
	}
}

// TestToldIsHostile: a wrong value is an error that names the file and the key.
func TestToldIsHostile(t *testing.T) {
	preprocess := func(key, value string) string {
		parts := map[string]string{"resize": "256", "crop": "224", "interpolation": `"bilinear"`, "mean": "[0,0,0]", "std": "[1,1,1]"}
		if parts[key] = value; value == "" {
			delete(parts, key)
		}
		var list []string
		for key, value := range parts {
			list = append(list, fmt.Sprintf("%q:%s", key, value))
		}
		return "{" + strings.Join(list, ",") + "}"
	}
	for _, c := range []struct{ key, value, want string }{
		{networkKey, "", "it is empty"},
		{networkKey, strings.Repeat("x", 257), "257 bytes, more than 256"},
		{networkKey, "a\x1b[2Jb", "is no name"},
		{networkKey, "../a", "is no name"},
		{networkKey, "\xff", "is no name"},
		{weightsKey, "a\nb", "is no name"},
		{SHA256Key, "", "it is empty"},
		{assumedKey, "no", `"no" is not true`},
		{PreprocessKey, preprocess("gray", "true"), `unknown field "gray"`},
		{labelsKey, "", "want a JSON list of names"},
		{labelsKey, "[]", "want a JSON list of names"},
		{labelsKey, `{"0":"cat"}`, "want a JSON list of names"},
		{labelsKey, `["cat",1]`, "want a JSON list of names"},
		{labelsKey, `["cat",null]`, "want a JSON list of names"},
		{labelsKey, `["cat"] ["dog"]`, "want a JSON list of names"},
		{PreprocessKey, "", "EOF"},
		{PreprocessKey, "[]", "cannot unmarshal"},
		{PreprocessKey, "{}", "resize is missing"},
		{PreprocessKey, preprocess("crop", ""), "crop is missing"},
		{PreprocessKey, preprocess("crop", "null"), "crop is missing"},
		{PreprocessKey, preprocess("interpolation", ""), "interpolation is missing"},
		{PreprocessKey, preprocess("mean", ""), "mean: 0 numbers, want 3"},
		{PreprocessKey, preprocess("std", "[1,1]"), "std: 2 numbers, want 3"},
		{PreprocessKey, preprocess("std", "[1,1,1,1]"), "std: 4 numbers, want 3"},
		{PreprocessKey, preprocess("mean", "[0,0,null]"), "mean: null is no number"},
		{PreprocessKey, preprocess("mean", "[0,0,1e7]"), "mean[2]: 1e+07 is not between"},
		{PreprocessKey, preprocess("mean", "[0,0,1e300]"), "mean[2]: +Inf is not between"},
		{PreprocessKey, preprocess("std", "[1,0,1]"), "std[1]: 0 is not between"},
		{PreprocessKey, preprocess("std", "[1,-1,1]"), "std[1]: -1 is not between"},
		{PreprocessKey, preprocess("resize", "-1"), "resize: -1 is not between"},
		{PreprocessKey, preprocess("resize", "1.5"), "want a number of pixels"},
		{PreprocessKey, preprocess("crop", "[1,2,3]"), "want a number of pixels"},
		{PreprocessKey, preprocess("crop", "[40000,1]"), "crop: 40000x1 is not between"},
		{PreprocessKey, preprocess("interpolation", `"cubic"`), `"cubic" is none of`},
		{PreprocessKey, preprocess("order", `"gbr"`), `order: "gbr" is neither`},
		{PreprocessKey, preprocess("range", "2"), "range: 2 is neither 1 nor 255"},
		{PreprocessKey, preprocess("gamma", "2"), `unknown field "gamma"`},
		{PreprocessKey, preprocess("crop", "224") + "{}", "something stands behind the JSON"},
		{PreprocessKey, strings.Repeat(" ", 4097), "4097 bytes, more than 4096"},
	} {
		told, err := ToldBy(map[string]string{c.key: c.value}, "out.onnx")
		if err == nil || !strings.HasPrefix(err.Error(), "out.onnx: metadata "+c.key+": ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %q: %+v, %v, want %q", c.key, c.value, told, err, c.want)
		}
	}
}
