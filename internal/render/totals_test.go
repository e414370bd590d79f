package render_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"resnet/internal/config"
	"resnet/internal/render"
)

// TestColumnsAddUp adds the printed columns up again and compares them with the printed totals.
func TestColumnsAddUp(t *testing.T) {
	for _, net := range config.Names() {
		for _, rows := range render.RowKinds() {
			trace := trace(t, rows, net)
			t.Run(net+" "+rows, func(t *testing.T) {
				params, macs := printedTotals(t, write(t, trace, "table", wide))
				csv := write(t, trace, "csv", wide)
				if got := addUp(t, csv, "params"); got != params {
					t.Errorf("the column of params adds up to %d, printed is %d", got, params)
				}
				if got := addUp(t, csv, "macs"); got != macs {
					t.Errorf("the column of MACs adds up to %d, printed is %d", got, macs)
				}
				printed := columnSum(t, trace.Document(), "params")
				if printed != params {
					t.Errorf("the params that people see add up to %d, printed is %d", printed, params)
				}
			})
		}
		summary := &render.Summary{Pass: *pass(t, net)}
		params, macs := printedTotals(t, write(t, summary, "table", wide))
		csv := write(t, summary, "csv", wide)
		if got := addUp(t, csv, "params"); got != params {
			t.Errorf("%s: the summary's params add up to %d, printed is %d", net, got, params)
		}
		if got := addUp(t, csv, "macs"); got != macs {
			t.Errorf("%s: the summary's MACs add up to %d, printed is %d", net, got, macs)
		}
	}
}

var (
	printedParams = regexp.MustCompile(`\(([0-9,]+) params\)`)
	printedMACs   = regexp.MustCompile(`([0-9,]+) MACs =`)
)

func printedTotals(t *testing.T, table string) (params, macs int64) {
	t.Helper()
	number := func(pattern *regexp.Regexp) int64 {
		match := pattern.FindStringSubmatch(table)
		if match == nil {
			t.Fatalf("no %v in\n%s", pattern, table)
		}
		return parse(t, match[1])
	}
	return number(printedParams), number(printedMACs)
}

func parse(t *testing.T, digits string) int64 {
	t.Helper()
	if digits == "" {
		return 0
	}
	n, err := strconv.ParseInt(strings.ReplaceAll(digits, ",", ""), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// addUp is the sum of a column of a CSV table.
func addUp(t *testing.T, text, column string) (sum int64) {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.Index(records[0], column)
	if i < 0 {
		t.Fatalf("no column %s in %v", column, records[0])
	}
	for _, record := range records[1:] {
		sum += parse(t, record[i])
	}
	return sum
}

// columnSum adds up the cells that people see, and compares the total's cell where there is one.
func columnSum(t *testing.T, doc render.Document, column string) (sum int64) {
	t.Helper()
	table := doc.Tables[0]
	i := slices.IndexFunc(table.Columns, func(c render.Column) bool { return c.Name == column })
	for _, row := range table.Rows {
		if row.Section == nil {
			sum += parse(t, row.Cells[i].Text)
		}
	}
	last := doc.Tables[len(doc.Tables)-1]
	i = slices.IndexFunc(last.Columns, func(c render.Column) bool { return c.Name == column })
	if total := parse(t, last.Total[i].Text); total != sum {
		t.Errorf("the total says %d, the rows add up to %d", total, sum)
	}
	return sum
}

// A template runs at every event, containers and functions included.
func TestTemplate(t *testing.T) {
	template, err := render.ParseTemplate(`{{.Index}} {{.Path}} {{.Class}} {{.Params}} {{.MACs}} {{.Output}}{{"\n"}}`)
	if err != nil {
		t.Fatal(err)
	}
	trace := trace(t, "layers", "resnet18", 2, 3, 65, 97)
	var out bytes.Buffer
	if err := template.Write(&out, trace); err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, e := range trace.All {
		fmt.Fprintf(&want, "%d %s %s %d %d %v\n", e.Index, e.Path, e.Class, e.Params, e.MACs, e.Output)
	}
	if line := firstDifference(out.String(), want.String()); line != "" {
		t.Error(line)
	}
}
