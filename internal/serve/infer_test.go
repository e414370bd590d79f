package serve

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"resnet/internal/nets"
	"resnet/internal/tensor"
)

const inferPath = "/v2/models/tiny/infer"

type inferAnswer struct {
	Model   string `json:"model_name"`
	Version string `json:"model_version"`
	ID      string
	Outputs []struct {
		Name, Datatype string
		Shape          []int
		Parameters     struct {
			Size *int `json:"binary_data_size"`
		}
		Data json.RawMessage
	}
}

// logitsOf are those that the network itself computes of an image.
func logitsOf(t *testing.T, s *Server, image []byte) []float32 {
	t.Helper()
	seen, err := s.Models()[0].Predictor.Image(t.Context(), &nets.Image{Data: image}, nets.Decoding{})
	if err != nil {
		t.Fatal(err)
	}
	return seen.Logits.Data
}

// blob is a tensor as the binary extension has it.
func blob(values []float32) []byte {
	var out []byte
	for _, v := range values {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
	}
	return out
}

// unblob reads one.
func unblob(data []byte) []float32 {
	values := make([]float32, len(data)/4)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return values
}

// TestInferImages: images in base64 and behind the JSON, logits in JSON and behind it, are those of the network to the bit.
func TestInferImages(t *testing.T) {
	s, photo := newServer(t, nil), orange(t)
	want := logitsOf(t, s, photo)
	want = append(want, want...)
	text := base64.StdEncoding.EncodeToString(photo)
	strings32 := appendStrings(nil, []string{string(photo), string(photo)})
	head := fmt.Sprintf(`{"id":"a","inputs":[{"name":"image","datatype":"BYTES","shape":[2],"parameters":{"binary_data_size":%d}}]`, len(strings32))
	for name, test := range map[string]struct {
		head, more string
		binary     bool
	}{
		"JSON":             {`{"id":"a","inputs":[{"name":"image","datatype":"BYTES","shape":[2],"data":["` + text + `","` + text + `"]}]}`, "", false},
		"binary input":     {head + "}", string(strings32), false},
		"binary output":    {head + `,"outputs":[{"name":"logits","parameters":{"binary_data":true}}]}`, string(strings32), true},
		"binary for all":   {head + `,"parameters":{"binary_data_output":true,"else":1}}`, string(strings32), true},
		"not for this one": {head + `,"parameters":{"binary_data_output":true},"outputs":[{"name":"logits","parameters":{"binary_data":false}}]}`, string(strings32), false},
	} {
		headers := map[string]string{}
		if test.more != "" {
			headers[headerLength] = strconv.Itoa(len(test.head))
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, request(http.MethodPost, inferPath, headers, []byte(test.head+test.more)))
		answer := w.Body.Bytes()
		var rest []byte
		if test.binary {
			n, err := strconv.Atoi(w.Header().Get(headerLength))
			if err != nil || w.Header().Get("Content-Type") != "application/octet-stream" {
				t.Fatalf("%s: headers %v", name, w.Header())
			}
			answer, rest = answer[:n], answer[n:]
		}
		got := decode[inferAnswer](t, string(answer))
		if w.Code != http.StatusOK || got.Model != "tiny" || got.Version != "1" || got.ID != "a" || len(got.Outputs) != 1 {
			t.Fatalf("%s: %d %.300s", name, w.Code, answer)
		}
		output := got.Outputs[0]
		if output.Name != "logits" || output.Datatype != "FP32" || !slices.Equal(output.Shape, []int{2, 200}) {
			t.Errorf("%s: %+v", name, output)
		}
		var logits []float32
		if test.binary {
			logits = unblob(rest)
			if output.Parameters.Size == nil || *output.Parameters.Size != len(rest) || output.Data != nil {
				t.Errorf("%s: %+v", name, output)
			}
		} else {
			logits = decode[[]float32](t, string(output.Data))
		}
		if !slices.Equal(logits, want) {
			t.Errorf("%s: logits %v…, want %v…", name, logits[:3], want[:3])
		}
	}
}

// TestInferTensor: numbers flat, in arrays and behind the JSON are one tensor.
func TestInferTensor(t *testing.T) {
	s := newServer(t, nil)
	x := tensor.New(2, 3, 64, 64)
	for i := range x.Data {
		x.Data[i] = float32(math.Sin(float64(i)))
	}
	output, err := s.Models()[0].Predictor.Predict(t.Context(), tensor.Tensor{Shape: tensor.Shape{1, 3, 64, 64}, Data: x.Data[x.Shape.Elements()/2:]})
	if err != nil {
		t.Fatal(err)
	}
	want := output.Logits.Data // of the second row
	flat, err := json.Marshal(x.Data)
	if err != nil {
		t.Fatal(err)
	}
	nested := nest(x.Data, []int{2, 3, 64, 64})
	data := blob(x.Data)
	for name, test := range map[string]struct {
		data string
		more []byte
	}{
		"flat":   {`"data":` + string(flat), nil},
		"nested": {`"data": ` + nested + ` `, nil},
		"binary": {fmt.Sprintf(`"parameters":{"binary_data_size":%d}`, len(data)), data},
	} {
		head := `{"inputs":[{"name":"input","datatype":"FP32","shape":[2,3,64,64],` + test.data + `}]}`
		headers := map[string]string{"Content-Type": "application/json"}
		if test.more != nil {
			headers = map[string]string{"Content-Type": "application/octet-stream", headerLength: strconv.Itoa(len(head))}
		}
		status, text := ask(s, http.MethodPost, inferPath, headers, append([]byte(head), test.more...))
		if status != http.StatusOK {
			t.Errorf("%s: %d %s", name, status, text)
			continue
		}
		got := decode[[]float32](t, string(decode[inferAnswer](t, text).Outputs[0].Data))
		if len(got) != 400 || !slices.Equal(got[200:], want) {
			t.Errorf("%s: logits %v…, want %v…", name, got[200:203], want[:3])
		}
	}
}

// nest writes numbers in arrays in arrays.
func nest(values []float32, shape []int) string {
	if len(shape) == 0 {
		return strconv.FormatFloat(float64(values[0]), 'g', -1, 32)
	}
	var parts []string
	size := len(values) / shape[0]
	for i := range shape[0] {
		parts = append(parts, nest(values[i*size:(i+1)*size], shape[1:]))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// TestClassification is Triton's extension: the best classes as strings.
func TestClassification(t *testing.T) {
	s, photo := newServer(t, nil), orange(t)
	input := `{"inputs":[{"name":"image","datatype":"BYTES","shape":[1],"data":["` + base64.StdEncoding.EncodeToString(photo) + `"]}],"outputs":[{"name":"logits","parameters":{"classification":`
	logits := logitsOf(t, s, photo)
	best := fmt.Sprintf("%f:186:orange", logits[186])
	status, text := ask(s, http.MethodPost, inferPath, nil, []byte(input+`2}}]}`))
	output := decode[inferAnswer](t, text).Outputs[0]
	got := decode[[]string](t, string(output.Data))
	if status != http.StatusOK || output.Datatype != "BYTES" || !slices.Equal(output.Shape, []int{1, 2}) || len(got) != 2 || got[0] != best {
		t.Errorf("%d %s, want %s first", status, text, best)
	}
	if status, text = ask(s, http.MethodPost, inferPath, nil, []byte(input+`1000}}]}`)); status != http.StatusOK || !strings.Contains(text, `"shape":[1,200]`) {
		t.Errorf("more classes than there are: %d %.300s", status, text)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, request(http.MethodPost, inferPath, nil, []byte(input+`1,"binary_data":true}}]}`)))
	n, _ := strconv.Atoi(w.Header().Get(headerLength))
	if rest := w.Body.Bytes()[n:]; string(rest) != string(appendStrings(nil, []string{best})) {
		t.Errorf("binary: %q", rest)
	}
}

// TestInferRefuses has requests that are wrong in one thing each: all are answered with 400 and an error in JSON.
func TestInferRefuses(t *testing.T) {
	s := newServer(t, nil)
	image := `{"name":"image","datatype":"BYTES","shape":[1],"data":["aGVsbG8="]}`
	with := func(old, changed string) string {
		return `{"inputs":[` + strings.Replace(image, old, changed, 1) + `]}`
	}
	numbers := `{"inputs":[{"name":"input","datatype":"FP32","shape":%s,"data":%s}]}`
	for name, test := range map[string]struct{ body, want string }{
		"nothing":              {``, "JSON: unexpected end"},
		"no object":            {`[]`, "want an object"},
		"half an object":       {`{"inputs":[`, "JSON: unexpected end"},
		"something behind":     {`{} {}`, "JSON: "},
		"NaN":                  {`{"id":NaN}`, "JSON: "},
		"a key twice":          {`{"id":"a","id":"b"}`, `key "id" stands twice`},
		"an escaped key twice": {`{"id":"a","\u0069d":"b"}`, `key "id" stands twice`},
		"id a number":          {`{"id":7}`, "id: want a string"},
		"parameters a list":    {`{"parameters":[]}`, "parameters: want an object"},
		"timeout a word":       {`{"parameters":{"timeout":"1"}}`, "timeout: want a whole number"},
		"binary a number":      {`{"parameters":{"binary_data_output":1}}`, "want true or false"},
		"no inputs":            {`{}`, "want one: image or input"},
		"inputs empty":         {`{"inputs":[]}`, "want one: image or input"},
		"inputs an object":     {`{"inputs":{}}`, "inputs: want an array"},
		"two inputs":           {`{"inputs":[` + image + `,` + image + `]}`, "more than 1 of them"},
		"input null":           {`{"inputs":[null]}`, "inputs: want an object"},
		"no name":              {with(`"name":"image",`, ``), "name: want a string"},
		"unknown name":         {with(`"image"`, `"x"`), `no input "x"`},
		"no datatype":          {with(`"datatype":"BYTES",`, ``), "datatype: want a string"},
		"another datatype":     {with(`BYTES`, `UINT8`), "want BYTES [N]"},
		"no shape":             {with(`"shape":[1],`, ``), "shape: want an array"},
		"shape a number":       {with(`[1]`, `1`), "shape: want an array"},
		"shape negative":       {with(`[1]`, `[-1]`), "shape: -1: want a number"},
		"shape of 2^63":        {with(`[1]`, `[9223372036854775808]`), "shape: 9223372036854775808: want a number"},
		"shape of 2^40":        {with(`[1]`, `[1099511627776]`), "shape: 1099511627776: want a number"},
		"shape a fraction":     {with(`[1]`, `[1.5]`), "shape: 1.5: want a number"},
		"shape of 9 numbers":   {with(`[1]`, `[1,1,1,1,1,1,1,1,1]`), "shape: more than 8"},
		"shape empty":          {with(`[1]`, `[]`), "want BYTES [N]"},
		"shape of two numbers": {with(`[1]`, `[1,1]`), "want BYTES [N]"},
		"no images":            {with(`[1]`, `[0]`), "0 of them, want 1 to 128"},
		"too many images":      {with(`[1]`, `[129]`), "129 of them, want 1 to 128"},
		"fewer than the shape": {with(`[1]`, `[2]`), "1 images, and the shape is [2]"},
		"no data":              {with(`,"data":["aGVsbG8="]`, ``), "want its data, or the binary_data_size"},
		"data twice":           {with(`"data"`, `"parameters":{"binary_data_size":0},"data"`), "and not both"},
		"data a string":        {with(`["aGVsbG8="]`, `"aGVsbG8="`), "want an array"},
		"data numbers":         {with(`"aGVsbG8="`, `7`), "want a string, of an image in base64"},
		"no base64":            {with(`aGVsbG8=`, `hello!`), "base64: "},
		"no picture":           {with(``, ``), "not a picture"},
		"size a word":          {with(`"data":["aGVsbG8="]`, `"parameters":{"binary_data_size":"8"}`), "binary_data_size: want a whole number"},
		"size and no blob":     {with(`"data":["aGVsbG8="]`, `"parameters":{"binary_data_size":8}`), "behind the JSON are 0 bytes"},
		"unknown output":       {`{"outputs":[{"name":"x"}],"inputs":[` + image + `]}`, `name: "x"`},
		"two outputs":          {`{"outputs":[{"name":"logits"},{"name":"logits"}],"inputs":[` + image + `]}`, "outputs: more than 1"},
		"no classes":           {`{"outputs":[{"name":"logits","parameters":{"classification":0}}],"inputs":[` + image + `]}`, "want a number of classes"},
		"another size":         {fmt.Sprintf(numbers, `[1,3,32,32]`, `[1]`), "want FP32 [N 3 64 64]"},
		"half a shape":         {fmt.Sprintf(numbers, `[3,64,64]`, `[1]`), "want FP32 [N 3 64 64]"},
		"too few numbers":      {fmt.Sprintf(numbers, `[1,3,64,64]`, `[1,2,3]`), "fewer numbers than"},
		"one number too few":   {fmt.Sprintf(numbers, `[1,3,64,64]`, "["+strings.Repeat("0, ", 3*64*64-2)+"0]"), "12287 numbers, and the shape has 12288"},
		"one number too many":  {fmt.Sprintf(numbers, `[1,3,64,64]`, "["+strings.Repeat("0,", 3*64*64)+"0]"), "more than the 12288"},
		"words":                {fmt.Sprintf(numbers, `[1,3,64,64]`, "["+strings.Repeat(`"0",`, 3*64*64-1)+`"0"]`), "is no number that FP32 holds"},
		"null":                 {fmt.Sprintf(numbers, `[1,3,64,64]`, "["+strings.Repeat(`null,`, 3*64*64-1)+`null]`), "null is no number"},
		"too large a number":   {fmt.Sprintf(numbers, `[1,3,64,64]`, "[1e39,"+strings.Repeat("0,", 3*64*64-2)+"0]"), "1e39 is no number that FP32 holds"},
		"arrays of one":        {fmt.Sprintf(numbers, `[1,3,64,64]`, "["+strings.Repeat("[0],", 3*64*64-1)+"[0]]"), "arrays that are not as the shape"},
		"deep arrays":          {fmt.Sprintf(numbers, `[1,3,64,64]`, strings.Repeat("[", 9000)+strings.Repeat(" ", 25000)+strings.Repeat("]", 9000)), "is no number that FP32 holds"},
	} {
		status, text := ask(s, http.MethodPost, inferPath, nil, []byte(test.body))
		if status != http.StatusBadRequest || !strings.Contains(decode[struct{ Error string }](t, text).Error, test.want) {
			t.Errorf("%s: %d %.300s, want %q", name, status, text, test.want)
		}
	}
}

// TestInferBinaryRefuses has bodies whose lengths are not what they say.
func TestInferBinaryRefuses(t *testing.T) {
	s := newServer(t, nil)
	head := `{"inputs":[{"name":"image","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":8}}]}`
	length := strconv.Itoa(len(head))
	for name, test := range map[string]struct{ length, blob, want string }{
		"negative":          {"-1", "", "want a number of bytes"},
		"a word":            {"many", "", "want a number of bytes"},
		"more than is sent": {"1000", "", "want a number of bytes, up to the"},
		"of 2^64":           {"18446744073709551616", "", "want a number of bytes"},
		"into the blob":     {strconv.Itoa(len(head) + 1), "\x04\x00\x00\x00abcd", "JSON: "},
		"a short blob":      {length, "\x04\x00\x00\x00", "behind the JSON are 4 bytes"},
		"a long blob":       {length, "\x04\x00\x00\x00abcdefgh", "behind the JSON are 12 bytes"},
		"a long string":     {length, "\x05\x00\x00\x00abcd", "byte string 0 is longer"},
		"a huge string":     {length, "\xff\xff\xff\xffabcd", "byte string 0 is longer"},
		"half a length":     {length, "\x01\x00\x00\x00a\x00\x00\x00", "byte string 1 is longer"},
		"two strings":       {length, "\x00\x00\x00\x00\x00\x00\x00\x00", "2 images, and the shape is [1]"},
	} {
		status, text := ask(s, http.MethodPost, inferPath, map[string]string{headerLength: test.length}, []byte(head+test.blob))
		if status != http.StatusBadRequest || !strings.Contains(decode[struct{ Error string }](t, text).Error, test.want) {
			t.Errorf("%s: %d %s, want %q", name, status, text, test.want)
		}
	}
}

// TestInferTimeout: a client's own deadline counts too.
func TestInferTimeout(t *testing.T) {
	s := newServer(t, nil)
	defer s.occupy()()
	body := `{"parameters":{"timeout":1000},"inputs":[{"name":"image","datatype":"BYTES","shape":[1],"data":["aGVsbG8="]}]}`
	status, text := ask(s, http.MethodPost, inferPath, nil, []byte(body))
	if status != http.StatusServiceUnavailable || !strings.Contains(text, "the deadline passed: waiting for a core") {
		t.Errorf("%d %s", status, text)
	}
}
