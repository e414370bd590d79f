package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestServeDocument runs the lines of docs/serve.md that ask a server, as they stand there, and wants one for each path.
func TestServeDocument(t *testing.T) {
	for _, program := range []string{"sh", "curl", "base64"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip("the lines of the document need it: ", err)
		}
	}
	text, err := os.ReadFile("../../docs/serve.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ = bytes.Cut(text, []byte("## For programs"))
	server := serving(t)
	ready(t, server)
	address := strings.TrimPrefix(server, "http://")
	asked := map[string]bool{}
	for _, line := range regexp.MustCompile(`(?m)^curl .*localhost:8080.*$`).FindAllString(string(text), -1) {
		path := regexp.MustCompile(`localhost:8080(/[^?' ]*)`).FindStringSubmatch(line)[1]
		asked[strings.ReplaceAll(path, "resnet18_tiny", "{model}")] = true
		cmd := exec.Command("sh", "-c", strings.Replace(strings.ReplaceAll(line, "localhost:8080", address), "curl ", "curl --silent --show-error --fail-with-body --noproxy '*' ", 1))
		cmd.Dir = "../.."
		out, err := cmd.CombinedOutput()
		if err != nil || len(out) == 0 {
			t.Errorf("%s: %v\n%.500s", line, err, out)
		}
		if path != "/metrics" && !json.Valid(out) {
			t.Errorf("%s: no JSON: %.500s", line, out)
		}
	}
	response, err := http.Get(server + "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var document struct{ Paths map[string]any }
	if err := json.Unmarshal(answer, &document); err != nil || len(document.Paths) == 0 {
		t.Fatal(err, document)
	}
	for path := range document.Paths {
		if !strings.Contains(path, "{version}") && !asked[path] { // those are the same with a number in them
			t.Errorf("no line of docs/serve.md asks for %s", path)
		}
	}
}
