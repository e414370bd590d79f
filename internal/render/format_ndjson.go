package render

import (
	"bytes"
	"io"
)

func init() { documents.Register("ndjson", Format{Write: writeNDJSON, Fits: fits[DataView]}) }

// writeNDJSON writes the entries of a view's list, an object a line.
func writeNDJSON(w io.Writer, v View, _ Look) error {
	var out bytes.Buffer
	for _, item := range v.(DataView).Data().Items {
		if err := encode(&out, item); err != nil {
			return err
		}
		out.WriteByte('\n')
	}
	_, err := w.Write(out.Bytes())
	return err
}
