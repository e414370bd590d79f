package serve

import (
	"net/http"

	"resnet/internal/imaging"
)

// What follows is JSON of the Open Inference Protocol, version 2, REST: names and meanings are the specification's
// (inference_rest.md, "Server Metadata" and those after it).

// serverMetadata answers GET /v2.
func (s *Server) serverMetadata(*http.Request) (any, error) {
	return struct {
		Name       string   `json:"name"`
		Version    string   `json:"version"`
		Extensions []string `json:"extensions"`
	}{"resnet", s.config.Version, []string{"binary_tensor_data", "classification"}}, nil
}

func (s *Server) live(*http.Request) (any, error) {
	return struct {
		Live bool `json:"live"`
	}{true}, nil
}

// serverReady answers GET /v2/health/ready: 200 once each model has made an inference, 503 until then and from the signal to
// end on.
func (s *Server) serverReady(w http.ResponseWriter, _ *http.Request) error {
	ready := !s.draining.Load()
	for _, m := range s.config.Models {
		ready = ready && m.Ready()
	}
	writeJSON(w, readyStatus(ready), struct {
		Ready bool `json:"ready"`
	}{ready})
	return nil
}

// modelReady answers GET …/ready.
func (s *Server) modelReady(w http.ResponseWriter, r *http.Request) error {
	m, err := s.model(r)
	if err != nil {
		return err
	}
	ready := m.Ready() && !s.draining.Load()
	writeJSON(w, readyStatus(ready), struct {
		Name  string `json:"name"`
		Ready bool   `json:"ready"`
	}{m.Name, ready})
	return nil
}

func readyStatus(ready bool) int {
	if ready {
		return http.StatusOK
	}
	return statusNotReady
}

// modelList answers GET /v2/models, which the specification lacks and KServe's own server has.
func (s *Server) modelList(*http.Request) (any, error) {
	names := []string{}
	for _, m := range s.config.Models {
		names = append(names, m.Name)
	}
	return struct {
		Models []string `json:"models"`
	}{names}, nil
}

// tensorMetadata is an input or output that a model declares; -1 stands for any number.
type tensorMetadata struct {
	Name     string  `json:"name"`
	Datatype string  `json:"datatype"`
	Shape    []int64 `json:"shape"`
}

// parameters are what the specification leaves to the server.
type parameters struct {
	Arch       string             `json:"arch"`
	Weights    string             `json:"weights,omitempty"`
	SHA256     string             `json:"sha256,omitempty"`
	License    string             `json:"license,omitempty"` // SPDX; only of sets that are known
	Preprocess imaging.Preprocess `json:"preprocess"`
}

// The names and types of tensors.
const (
	inputTensor  = "input"
	inputImages  = "image"
	outputLogits = "logits"
	fp32         = "FP32"
	byteStrings  = "BYTES"
)

// modelMetadata answers GET /v2/models/….
func (s *Server) modelMetadata(r *http.Request) (any, error) {
	m, err := s.model(r)
	if err != nil {
		return nil, err
	}
	spec := m.Net.Arch.Spec
	more := parameters{Arch: m.Net.Arch.Name}
	input := m.Net.Graph.InputShape(1)
	if m.Predictor != nil {
		input, more.Preprocess = m.Predictor.Input, m.Predictor.Preprocess
		more.Weights = m.Net.Source.Name
		if more.SHA256, err = m.Net.SHA256(); err != nil {
			return nil, err
		}
		if set := m.Net.Source.Set; set != nil {
			more.License = set.License
		}
	} else if more.Preprocess, err = m.Net.Preprocess(); err != nil {
		return nil, err
	}
	return struct {
		Name       string           `json:"name"`
		Versions   []string         `json:"versions"`
		Platform   string           `json:"platform"`
		Inputs     []tensorMetadata `json:"inputs"`
		Outputs    []tensorMetadata `json:"outputs"`
		Parameters parameters       `json:"parameters"`
	}{
		Name: m.Name, Versions: []string{version}, Platform: "resnet", Parameters: more,
		Inputs: []tensorMetadata{
			{inputImages, byteStrings, []int64{-1}},
			{inputTensor, fp32, []int64{-1, int64(input[1]), int64(input[2]), int64(input[3])}},
		},
		Outputs: []tensorMetadata{{outputLogits, fp32, []int64{-1, int64(spec.NumClasses)}}},
	}, nil
}
