package render

import (
	"strings"
	"testing"
)

func TestCSVGuardsFormulas(t *testing.T) {
	for cell, want := range map[string]string{
		"=1+1": "'=1+1", "+cmd": "'+cmd", "-x": "'-x", "@SUM(A1)": "'@SUM(A1)", "-0.5": "-0.5", "+3": "+3", "-1e-3": "-1e-3", "-Inf": "-Inf",
		"cat": "cat", "": "", "a=b": "a=b",
	} {
		for formulas, want := range map[bool]string{false: want, true: cell} {
			var out strings.Builder
			c := NewCSV(&out, Look{Formulas: formulas})
			c.Write([]string{cell, "end"})
			if err := c.Flush(); err != nil || out.String() != want+",end\n" {
				t.Errorf("%q, formulas %v: %q, %v, want %q", cell, formulas, out.String(), err, want)
			}
		}
	}
}
