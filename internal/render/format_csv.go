package render

import "io"

func init() { documents.Register("csv", Format{Write: writeCSV}) }

// writeCSV writes a document's first table with exact numbers, without the total, so that a column can be added up.
func writeCSV(w io.Writer, v View, look Look) error {
	doc := v.Document()
	t := doc.Tables[0]
	out := NewCSV(w, look)
	record := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		record[i] = c.Name
	}
	if doc.Partial {
		record = append(record, "partial")
	}
	out.Write(record)
	for _, row := range t.Rows {
		if row.Section != nil {
			continue
		}
		for i, c := range row.Cells {
			record[i] = c.Exact
		}
		if doc.Partial {
			record[len(record)-1] = "true"
		}
		out.Write(record)
	}
	return out.Flush()
}
