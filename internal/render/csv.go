package render

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
)

// CSV writes records. Spreadsheets take a cell that begins with = + - @ for a formula and run it; unless they are wanted
// as they are, such cells that are no numbers begin with an apostrophe, which spreadsheets do not show.
type CSV struct {
	w        *csv.Writer
	formulas bool
}

// NewCSV writes to w.
func NewCSV(w io.Writer, look Look) *CSV { return &CSV{csv.NewWriter(w), look.Formulas} }

// Write writes a record; an error stays until Flush.
func (c *CSV) Write(record []string) {
	if !c.formulas {
		guarded := make([]string, len(record))
		for i, cell := range record {
			guarded[i] = guardFormula(cell)
		}
		record = guarded
	}
	_ = c.w.Write(record) // Flush has it too
}

// Flush writes what is left, and gives the first error.
func (c *CSV) Flush() error {
	c.w.Flush()
	return c.w.Error()
}

func guardFormula(cell string) string {
	if cell == "" || !strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return cell
	}
	if _, err := strconv.ParseFloat(cell, 64); err == nil {
		return cell
	}
	return "'" + cell
}
