package serve

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

type openAPIOperation struct{ Responses map[string]any }

// TestOpenAPIRoutes: the document has all that is answered, and nothing else.
func TestOpenAPIRoutes(t *testing.T) {
	s := newServer(t, nil)
	_, text := ask(s, http.MethodGet, "/openapi.json", nil, nil)
	document := decode[struct {
		Paths map[string]map[string]json.RawMessage
	}](t, text)
	var told, answered []string
	for path, operations := range document.Paths {
		for method := range operations {
			if method != "parameters" {
				told = append(told, strings.ToUpper(method)+" "+path)
			}
		}
	}
	for _, r := range s.api() {
		answered = append(answered, r.method+" "+r.path)
	}
	slices.Sort(told)
	slices.Sort(answered)
	if !slices.Equal(told, answered) {
		t.Errorf("the document has\n%s\nand the server answers\n%s", strings.Join(told, "\n"), strings.Join(answered, "\n"))
	}
}

// TestOpenAPIAnswers: what is answered, well and not, has a status and the shape that the document gives it.
func TestOpenAPIAnswers(t *testing.T) {
	s := newServer(t, func(c *Config) { c.Access.Token = "0123456789abcdef" })
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(openAPIDocument))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("openapi.json", document); err != nil {
		t.Fatal(err)
	}
	operations := decode[struct {
		Paths map[string]map[string]json.RawMessage
	}](t, string(openAPIDocument)).Paths
	photo := orange(t)
	auth := map[string]string{"Authorization": "Bearer 0123456789abcdef"}
	with := func(name, value string) map[string]string {
		headers := maps.Clone(auth)
		headers[name] = value
		return headers
	}
	image := with("Content-Type", "image/png")
	infer := `{"inputs":[{"name":"image","datatype":"BYTES","shape":[1],"data":["aGVsbG8="]}]}`
	tensor := `{"id":"7","inputs":[{"name":"input","datatype":"FP32","shape":[1,3,64,64],"data":[` + strings.Repeat("0,", 3*64*64-1) + `0]}]}`
	seen := map[string]bool{}
	for _, test := range []struct {
		method, route, path string
		headers             map[string]string
		body                string
		status              string
	}{
		{"get", "/v2", "/v2", auth, "", "200"},
		{"get", "/v2", "/v2", nil, "", "401"},
		{"get", "/v2/health/live", "/v2/health/live", nil, "", "200"},
		{"get", "/v2/health/ready", "/v2/health/ready", nil, "", "200"},
		{"get", "/v2/health/ready", "/v2/health/ready", map[string]string{"Host": "example.com"}, "", "421"},
		{"get", "/v2/models", "/v2/models", auth, "", "200"},
		{"get", "/v2/models/{model}", "/v2/models/tiny", auth, "", "200"},
		{"get", "/v2/models/{model}", "/v2/models/other", auth, "", "404"},
		{"get", "/v2/models/{model}/versions/{version}", "/v2/models/tiny/versions/1", auth, "", "200"},
		{"get", "/v2/models/{model}/versions/{version}", "/v2/models/tiny/versions/2", auth, "", "404"},
		{"get", "/v2/models/{model}/ready", "/v2/models/tiny/ready", auth, "", "200"},
		{"get", "/v2/models/{model}/versions/{version}/ready", "/v2/models/tiny/versions/1/ready", auth, "", "200"},
		{"post", "/v2/models/{model}/infer", "/v2/models/tiny/infer", auth, tensor, "200"},
		{"post", "/v2/models/{model}/infer", "/v2/models/tiny/infer", auth, infer, "400"},
		{"post", "/v2/models/{model}/infer", "/v2/models/tiny/infer", with("Content-Type", "text/plain"), infer, "415"},
		{"post", "/v2/models/{model}/infer", "/v2/models/tiny/infer", with("Origin", "http://example.com"), infer, "403"},
		{"post", "/v2/models/{model}/versions/{version}/infer", "/v2/models/tiny/versions/1/infer", auth, tensor, "200"},
		{"post", "/v2/models/{model}/classify", "/v2/models/tiny/classify", image, string(photo), "200"},
		{"post", "/v2/models/{model}/classify", "/v2/models/tiny/classify?top=0", image, string(photo), "400"},
		{"post", "/v2/models/{model}/trace", "/v2/models/tiny/trace?stats&time=true", image, string(photo), "200"},
		{"post", "/v2/models/{model}/trace", "/v2/models/tiny/trace?layers=%7B,%7D", image, string(photo), "400"},
		{"post", "/v2/models/{model}/features", "/v2/models/tiny/features", image, string(photo), "200"},
		{"post", "/v2/models/{model}/features", "/v2/models/tiny/features?layer=nope", image, string(photo), "400"},
		{"get", "/metrics", "/metrics", auth, "", "200"},
		{"get", "/openapi.json", "/openapi.json", nil, "", "200"},
	} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, request(strings.ToUpper(test.method), test.path, test.headers, []byte(test.body)))
		if got := w.Code; http.StatusText(got) == "" || test.status != strings.TrimSpace(strings.Fields(w.Result().Status)[0]) {
			t.Errorf("%s %s: %d %.200s, want %s", test.method, test.path, got, w.Body, test.status)
			continue
		}
		seen[test.method+" "+test.route] = true
		response, ok := decode[openAPIOperation](t, string(operations[test.route][test.method])).Responses[test.status].(map[string]any)
		if !ok {
			t.Errorf("%s %s: the document has no %s", test.method, test.route, test.status)
			continue
		}
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
			continue
		}
		pointer := "#/paths/" + strings.ReplaceAll(test.route, "/", "~1") + "/" + test.method + "/responses/" + test.status
		if ref, shared := response["$ref"].(string); shared {
			pointer = ref
		}
		schema, err := compiler.Compile("openapi.json" + pointer + "/content/application~1json/schema")
		if err != nil {
			t.Fatal(err)
		}
		body, err := jsonschema.UnmarshalJSON(bytes.NewReader(w.Body.Bytes()))
		if err == nil {
			err = schema.Validate(body)
		}
		if err != nil {
			t.Errorf("%s %s: %s: %v", test.method, test.path, test.status, err)
		}
	}
	for _, r := range s.api() {
		if route := strings.ToLower(r.method) + " " + r.path; !seen[route] {
			t.Errorf("%s is not tried", route)
		}
	}
}

// TestOpenAPIRefusals: all that computes may be refused, and the document says so.
func TestOpenAPIRefusals(t *testing.T) {
	operations := decode[struct {
		Paths map[string]map[string]json.RawMessage
	}](t, string(openAPIDocument)).Paths
	for path, methods := range operations {
		post := methods["post"]
		if post == nil {
			continue
		}
		for _, status := range []string{"413", "429", "503"} {
			if decode[openAPIOperation](t, string(post)).Responses[status] == nil {
				t.Errorf("%s has no %s", path, status)
			}
		}
	}
}

// TestContracts holds the answers that are contracts of their own against their schemas.
func TestContracts(t *testing.T) {
	s := newServer(t, nil)
	form, kind := formOf(t, map[string][]byte{"orange.png": orange(t), "broken.png": []byte("no picture")})
	for name, headers := range map[string]map[string]string{
		"classify": {"Content-Type": kind}, "features": {"Content-Type": kind}, "trace": png,
	} {
		body := form
		if name == "trace" {
			body = orange(t)
		}
		status, text := ask(s, http.MethodPost, "/v2/models/tiny/"+name, headers, body)
		schema, err := jsonschema.NewCompiler().Compile("../../docs/schema/" + name + ".v1.json")
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err == nil {
			err = schema.Validate(value)
		}
		if err != nil || status != http.StatusOK {
			t.Errorf("%s: %d %v", name, status, err)
		}
	}
}
