package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// malformed sends requests that can't be answered: each must be refused with an error in JSON, and none may hurt.
func malformed(ctx context.Context, b *bench) error {
	const most = 100_000
	s, err := b.start(ctx, "")
	if err != nil {
		return err
	}
	defer s.kill()
	b.attack(ctx, b.classify(s.model), asFastAs, callers, time.Second, nil)
	before, err := s.metrics()
	if err != nil {
		return err
	}
	targets := &spoiler{model: s.model, photo: b.photos[0], left: most, end: time.Now().Add(b.duration), random: rand.New(rand.NewPCG(3, 4))}
	wrong := map[string]int{}
	o := b.attack(ctx, targets.next, asFastAs, 16, 0, func(r *vegeta.Result) {
		var body struct{ Error string }
		switch err := json.Unmarshal(r.Body, &body); {
		case r.Code < 400 || r.Code > 499:
			wrong[fmt.Sprintf("%s %s: %d %.100s %s", r.Method, r.URL, r.Code, r.Body, r.Error)]++
		case err != nil || body.Error == "":
			wrong[fmt.Sprintf("%s %s: %d without an error in JSON", r.Method, r.URL, r.Code)]++
		}
	})
	sent := len(o.accepted) + len(o.refused)
	b.want(len(wrong) == 0, fmt.Sprintf("malformed: answers to %d requests", sent), "only 4xx, an error in JSON", "%s %v", o, few(wrong))
	b.note("malformed: requests a second", "%.0f", float64(sent)/o.duration.Seconds())
	return b.steady(ctx, s, before, "malformed")
}

// few are some of many.
func few(all map[string]int) []string {
	var some []string
	for what, n := range all {
		if len(some) == 5 {
			return append(some, "…")
		}
		some = append(some, fmt.Sprintf("%s (%d times)", what, n))
	}
	return some
}

// spoiler makes requests of which each has a fault, in turns and by chance.
type spoiler struct {
	model  string
	photo  []byte
	left   int
	end    time.Time
	mu     sync.Mutex
	random *rand.Rand
}

// inferences are bodies of infer, each with one fault.
var inferences = []string{
	``, `{`, `[]`, `null`, `1`, `"inputs"`, `{}`, `{"inputs":[]}`, `{"inputs":{}}`, `{"inputs":[1]}`, `{"inputs":[{}]}`,
	`{"inputs":[{"name":"image","datatype":"BYTES","shape":[1],"data":["not base64!"]}]}`,
	`{"inputs":[{"name":"image","datatype":"BYTES","shape":[1],"data":["bm8gcGljdHVyZQ=="]}]}`,
	`{"inputs":[{"name":"image","datatype":"BYTES","shape":[2],"data":["AAAA"]}]}`,
	`{"inputs":[{"name":"image","datatype":"BYTES","shape":[-1],"data":[]}]}`,
	`{"inputs":[{"name":"image","datatype":"BYTES","shape":[9223372036854775807],"data":[]}]}`,
	`{"inputs":[{"name":"image","datatype":"FP32","shape":[1],"data":[1]}]}`,
	`{"inputs":[{"name":"input","datatype":"FP32","shape":[1,3,64],"data":[1]}]}`,
	`{"inputs":[{"name":"input","datatype":"FP32","shape":[1,3,64,64],"data":[1,2,3]}]}`,
	`{"inputs":[{"name":"input","datatype":"FP32","shape":[1,3,64,64],"data":["a"]}]}`,
	`{"inputs":[{"name":"input","datatype":"FP16","shape":[1,3,64,64],"data":[1]}]}`,
	`{"inputs":[{"name":"other","datatype":"FP32","shape":[1],"data":[1]}]}`,
	`{"inputs":[{"name":"image","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":100}}]}`,
	`{"id":1,"inputs":[{"name":"image","datatype":"BYTES","shape":[1],"data":["AAAA"]}]}`,
	`{"inputs":[{"name":"image","datatype":"BYTES","shape":[1],"data":["AAAA"]}],"outputs":[{"name":"nothing"}]}`,
}

// next makes a request, until there were enough.
func (s *spoiler) next(t *vegeta.Target) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left == 0 || time.Now().After(s.end) {
		return vegeta.ErrNoTargets
	}
	s.left--
	*t = vegeta.Target{Method: http.MethodPost, Header: http.Header{"Content-Type": {"image/jpeg"}}}
	switch s.random.IntN(8) {
	case 0, 1: // a fault of the protocol's JSON
		t.URL, t.Body = s.model+"/infer", []byte(inferences[s.random.IntN(len(inferences))])
		t.Header.Set("Content-Type", "application/json")
	case 2: // a whole request, cut
		text := inferences[len(inferences)-1]
		t.URL, t.Body = s.model+"/infer", []byte(text[:s.random.IntN(len(text)-1)])
		t.Header.Set("Content-Type", "application/json")
	case 3: // bytes by chance, said to be binary tensors
		t.URL, t.Body = s.model+"/infer", s.bytes(200)
		t.Header.Set("Inference-Header-Content-Length", fmt.Sprint(s.random.IntN(400)-100))
		t.Header.Set("Content-Type", "application/octet-stream")
	case 4: // the head of a photo: of a JPEG, all but what is needed for its first pixels
		t.URL, t.Body = s.model+"/classify", s.photo[:s.random.IntN(min(100, len(s.photo)))]
	case 5: // no photo
		t.URL, t.Body = s.model+[]string{"/classify", "/trace", "/features"}[s.random.IntN(3)], s.bytes(1000)
	case 6: // forms that are none
		t.URL, t.Body = s.model+"/classify", s.bytes(300)
		t.Header.Set("Content-Type", []string{"multipart/form-data", "multipart/form-data; boundary=x", "text/html", "image/", "a/b/c"}[s.random.IntN(5)])
	default: // what is not there
		t.URL = s.model + []string{"/nothing", "/../../x", "/versions/2/infer", "x/infer", "/classify?top=0", "/classify?top=x&top=y", "/trace?layers=none"}[s.random.IntN(7)]
		t.Method = []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch}[s.random.IntN(4)]
		t.Body = s.bytes(10)
	}
	return nil
}

func (s *spoiler) bytes(most int) []byte {
	b := make([]byte, 1+s.random.IntN(most))
	for i := range b {
		b[i] = byte(s.random.Uint32())
	}
	return b
}
