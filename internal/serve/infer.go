package serve

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"

	"resnet/internal/nets"
)

// infer answers POST …/infer. It takes a body without Content-Type, as Triton's own client sends none; the Host list and the
// protection against other origins stand before it all the same.
func (s *Server) infer() http.Handler {
	bounded := s.Bounded(s.inferBody)
	return s.checked(func(w http.ResponseWriter, r *http.Request) error {
		if _, err := s.model(r); err != nil {
			return err
		}
		if err := checkType(r, true, "application/json", "application/octet-stream"); err != nil {
			return err
		}
		bounded.ServeHTTP(w, r)
		return nil
	})
}

func (s *Server) inferBody(w http.ResponseWriter, r *http.Request, body []byte) error {
	m, err := s.model(r)
	if err != nil {
		return err
	}
	p, err := m.predictor()
	if err != nil {
		return err
	}
	request, err := parseInfer(r, body, p.Input)
	if err != nil {
		return failure{http.StatusBadRequest, err}
	}
	ctx := r.Context()
	if request.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, request.timeout)
		defer cancel()
	}
	s.metrics.images.WithLabelValues(m.Name).Observe(float64(request.rows()))
	logits := make([][]float32, request.rows())
	if err := s.each(ctx, len(logits), func(ctx context.Context, i int) (err error) {
		logits[i], err = s.logits(ctx, m, request, i)
		if err != nil && len(logits) > 1 {
			err = fmt.Errorf("row %d: %w", i, err)
		}
		return err
	}); err != nil {
		return err
	}
	return respond(w, m, request, logits)
}

// logits are those of one row.
func (s *Server) logits(ctx context.Context, m *Model, request *inferRequest, i int) ([]float32, error) {
	if request.images != nil {
		seen, err := s.see(ctx, m, &nets.Image{Name: stdin, Data: request.images[i]})
		if err != nil {
			return nil, err
		}
		return seen.Logits.Data, nil
	}
	n := len(request.tensor.Data) / request.rows()
	output, err := s.predict(ctx, m, func(context.Context) (func([]float32), error) {
		return func(row []float32) { copy(row, request.tensor.Data[i*n:(i+1)*n]) }, nil
	})
	if err != nil {
		return nil, err
	}
	return output.Logits.Data, nil
}

// inferResponse is the answer; "Inference Response JSON Object" of the protocol.
type inferResponse struct {
	Model   string           `json:"model_name"`
	Version string           `json:"model_version"`
	ID      string           `json:"id,omitempty"`
	Outputs []responseOutput `json:"outputs"`
}

type responseOutput struct {
	Name       string          `json:"name"`
	Datatype   string          `json:"datatype"`
	Shape      []int           `json:"shape"`
	Parameters map[string]any  `json:"parameters,omitempty"`
	Data       json.RawMessage `json:"data,omitempty"`
}

// respond answers with the logits of each row, or with the best of its classes.
func respond(w http.ResponseWriter, m *Model, request *inferRequest, logits [][]float32) error {
	output := responseOutput{Name: outputLogits, Datatype: fp32, Shape: []int{len(logits), len(logits[0])}}
	var blob []byte
	var err error
	switch classes := min(request.output.classes, len(logits[0])); {
	case classes > 0:
		output.Datatype, output.Shape[1] = byteStrings, classes
		best := bestClasses(m.Predictor, logits, classes)
		if request.output.binary {
			blob = appendStrings(nil, best)
		} else if output.Data, err = json.Marshal(best); err != nil {
			return err
		}
	case request.output.binary:
		for _, row := range logits {
			for _, v := range row {
				blob = binary.LittleEndian.AppendUint32(blob, math.Float32bits(v))
			}
		}
	default:
		if output.Data, err = numbersJSON(logits); err != nil {
			return err
		}
	}
	if request.output.binary {
		output.Parameters = map[string]any{"binary_data_size": len(blob)}
	}
	text, err := json.Marshal(inferResponse{Model: m.Name, Version: version, ID: request.id, Outputs: []responseOutput{output}})
	if err != nil {
		return err
	}
	if !request.output.binary {
		writeBytes(w, http.StatusOK, "application/json", append(text, '\n'))
		return nil
	}
	w.Header().Set(headerLength, strconv.Itoa(len(text)))
	writeBytes(w, http.StatusOK, "application/octet-stream", append(text, blob...))
	return nil
}

// bestClasses are the classes with the highest logits of each row: "score:index:label", in one list.
func bestClasses(p *nets.Predictor, logits [][]float32, n int) []string {
	var all []string
	for _, row := range logits {
		for _, class := range p.Top(row, n) {
			text := fmt.Sprintf("%f:%d", class.Logit, class.Index)
			if p.Labels != nil {
				text += ":" + class.Label
			}
			all = append(all, text)
		}
	}
	return all
}

func appendStrings(dst []byte, all []string) []byte {
	for _, text := range all {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(text)))
		dst = append(dst, text...)
	}
	return dst
}

// numbersJSON writes numbers so that they are the same float32 when they are read. JSON has no word for others.
func numbersJSON(rows [][]float32) ([]byte, error) {
	var out bytes.Buffer
	separator := "["
	for _, row := range rows {
		if !nets.AllFinite(row) {
			return nil, Failf(http.StatusInternalServerError, "not all of the logits are numbers, which JSON has no word for; ask for binary_data")
		}
		for _, v := range row {
			out.WriteString(separator)
			out.Write(strconv.AppendFloat(out.AvailableBuffer(), float64(v), 'g', -1, 32))
			separator = ","
		}
	}
	out.WriteString("]")
	return out.Bytes(), nil
}
