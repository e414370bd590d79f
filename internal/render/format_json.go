package render

import (
	"bytes"
	"encoding/json"
	"io"

	"resnet/internal/number"
)

func init() { documents.Register("json", Format{Write: writeJSON, Fits: fits[DataView]}) }

func writeJSON(w io.Writer, v View, _ Look) error { return writeData(w, v.(DataView).Data()) }

// writeData writes one object with a line for each key and for each entry of the list, so that it can be read by eye and
// compared by line.
func writeData(w io.Writer, data Data) error {
	var out bytes.Buffer
	separator := "{"
	field := func(f Field) error {
		out.WriteString(separator + `"` + f.Key + `":`)
		separator = ",\n "
		return encode(&out, f.Value)
	}
	for _, f := range data.Head {
		if err := field(f); err != nil {
			return err
		}
	}
	if data.List != "" {
		out.WriteString(separator + `"` + data.List + `":[`)
		separator = ",\n "
		for i, item := range data.Items {
			if i > 0 {
				out.WriteString(",")
			}
			out.WriteString("\n  ")
			if err := encode(&out, item); err != nil {
				return err
			}
		}
		out.WriteString("]")
	}
	for _, f := range data.Tail {
		if err := field(f); err != nil {
			return err
		}
	}
	out.WriteString("}\n")
	_, err := w.Write(out.Bytes())
	return err
}

// encode writes a value without a line end and without HTML's escapes: "Planes -> 64" stays legible.
func encode(out *bytes.Buffer, value any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return err
	}
	out.Truncate(out.Len() - 1)
	return nil
}

// finite is nil for NaN and infinities, which JSON has no word for.
func finite(v float64) *float64 {
	if !number.Finite(v) {
		return nil
	}
	return &v
}

// jsonNumber is null where it is not finite.
type jsonNumber float64

// MarshalJSON writes null for NaN and infinities.
func (n jsonNumber) MarshalJSON() ([]byte, error) { return json.Marshal(finite(float64(n))) }
