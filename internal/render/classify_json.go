package render

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
)

func init() { classifications.Register("json", newClassifyJSON) }

// classifyJSON is one object whose list of results grows as they come.
type classifyJSON struct {
	w     io.Writer
	head  ClassifyHead
	count int
}

func newClassifyJSON(w io.Writer, head ClassifyHead, _ Look) ClassifyWriter {
	return &classifyJSON{w: w, head: head}
}

func (j *classifyJSON) Result(c Classified) error {
	separator := ",\n"
	if j.count == 0 {
		if err := j.open(); err != nil {
			return err
		}
		separator = "\n"
	}
	j.count++
	line, err := classifiedJSON(c)
	if err != nil {
		return err
	}
	_, err = io.WriteString(j.w, separator+"  "+string(line))
	return err
}

func (j *classifyJSON) open() error {
	digest, err := j.head.SHA256()
	if err != nil {
		return err
	}
	type weights struct {
		Source string `json:"source"`
		SHA256 string `json:"sha256"`
	}
	head, err := json.MarshalIndent(struct {
		Schema     string  `json:"schema"`
		Arch       string  `json:"arch"`
		Weights    weights `json:"weights"`
		Preprocess any     `json:"preprocess"`
	}{ClassifySchema, j.head.Arch, weights{j.head.Source, digest}, j.head.Preprocess}, "", " ")
	if err != nil {
		return err
	}
	_, err = io.WriteString(j.w, strings.TrimSuffix(string(head), "\n}")+",\n \"results\": [")
	return err
}

func (j *classifyJSON) Close() error {
	if j.count == 0 {
		if err := j.open(); err != nil {
			return err
		}
	}
	_, err := io.WriteString(j.w, "\n ]\n}\n")
	return err
}

// classifiedJSON is one result: its predictions or its error.
func classifiedJSON(c Classified) ([]byte, error) {
	file := validUTF8(c.File)
	if c.Err != nil {
		return marshal(struct {
			File  string      `json:"file"`
			Error *ImageError `json:"error"`
		}{file, c.Err})
	}
	type prediction struct {
		Index       int      `json:"index"`
		Label       string   `json:"label"`
		Probability *float64 `json:"probability"` // null where it is no number
		Logit       *float64 `json:"logit"`
	}
	predictions := make([]prediction, len(c.Predictions))
	for i, p := range c.Predictions {
		predictions[i] = prediction{p.Index, p.Label, finite(p.Probability), finite(float64(p.Logit))}
	}
	return marshal(struct {
		File        string       `json:"file"`
		Predictions []prediction `json:"predictions"`
		Unsure      bool         `json:"unsure,omitempty"`
		Distance    *float64     `json:"distance,omitempty"`
		Unfamiliar  bool         `json:"unfamiliar,omitempty"`
	}{file, predictions, c.Unsure, c.Distance, c.Unfamiliar})
}

// validUTF8 is a file's name as JSON can hold it.
func validUTF8(name string) string { return strings.ToValidUTF8(name, "\ufffd") }

// marshal is encode into bytes of their own.
func marshal(v any) ([]byte, error) {
	var out bytes.Buffer
	err := encode(&out, v)
	return out.Bytes(), err
}
