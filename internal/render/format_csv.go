package render

import (
	"encoding/csv"
	"io"
)

func init() { documents.Register("csv", Format{Write: writeCSV}) }

// writeCSV writes a document's first table with exact numbers, without the total, so that a column can be added up.
func writeCSV(w io.Writer, v View, _ Look) error {
	t := v.Document().Tables[0]
	out := csv.NewWriter(w)
	record := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		record[i] = c.Name
	}
	out.Write(record) // errors stay until Flush
	for _, row := range t.Rows {
		if row.Section != nil {
			continue
		}
		for i, c := range row.Cells {
			record[i] = c.Exact
		}
		out.Write(record)
	}
	out.Flush()
	return out.Error()
}
