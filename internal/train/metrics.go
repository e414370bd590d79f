package train

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"resnet/internal/atomicfile"
	"resnet/internal/engine"
)

// Epoch is what became of one: a row of metrics.csv.
type Epoch struct {
	Epoch      int     // from 1
	Step       int     // steps that were done by its end
	Rate       float64 // the learning rate of its last step
	Loss       float64 // the mean over the photos that were learned from, as they were seen
	TrainError float64 // the share of these that was wrong
	TestLoss   float64
	TestError  float64
	PerSecond  float64 // photos learned from
}

// metricsColumns are those of metrics.csv.
var metricsColumns = []string{"epoch", "step", "learning_rate", "loss", "train_error", "test_loss", "test_error", "images_per_s"}

func (e Epoch) row() []string {
	f := func(x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }
	return []string{strconv.Itoa(e.Epoch), strconv.Itoa(e.Step), f(e.Rate), f(e.Loss), f(e.TrainError), f(e.TestLoss), f(e.TestError), f(e.PerSecond)}
}

// gradientColumns are those of gradients.csv: of the gradient of each parameter at the last step of an epoch.
var gradientColumns = []string{"epoch", "parameter", "norm", "zeros", "nan"}

// gradientRows describes the gradients that a trainer holds: their norm, the share of zeros, and how many are NaN.
func gradientRows(epoch int, params []engine.Trained) [][]string {
	var rows [][]string
	for _, p := range params {
		if p.Gradient == nil {
			continue
		}
		squares, zeros, nan := 0.0, 0, 0
		for _, g := range p.Gradient {
			switch {
			case g == 0:
				zeros++
			case g != g:
				nan++
			}
			squares += float64(float64(g) * float64(g))
		}
		rows = append(rows, []string{
			strconv.Itoa(epoch), p.Name, strconv.FormatFloat(math.Sqrt(squares), 'g', 6, 64),
			strconv.FormatFloat(float64(zeros)/float64(len(p.Gradient)), 'g', 6, 64), strconv.Itoa(nan),
		})
	}
	return rows
}

// ReadMetrics reads a metrics.csv.
func ReadMetrics(path string) ([]Epoch, error) {
	rows, err := readTable(path, metricsColumns)
	if err != nil {
		return nil, err
	}
	return parseMetrics(path, rows)
}

// parseMetrics reads the rows of a metrics.csv.
func parseMetrics(path string, rows [][]string) ([]Epoch, error) {
	epochs := make([]Epoch, len(rows))
	for i, row := range rows {
		var errs []error
		number := func(column int) float64 {
			v, err := strconv.ParseFloat(row[column], 64)
			errs = append(errs, err)
			return v
		}
		epochs[i] = Epoch{int(number(0)), int(number(1)), number(2), number(3), number(4), number(5), number(6), number(7)}
		if err := errors.Join(errs...); err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", path, i+2, err)
		}
	}
	return epochs, nil
}

// maxTable bounds the bytes of a table that is read.
const maxTable = 1 << 28

// readTable reads the rows of a table that has some columns; none where there is no file.
func readTable(path string, columns []string) ([][]string, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.Size() > maxTable {
		return nil, fmt.Errorf("%s: is longer than %d bytes", path, maxTable)
	}
	r := csv.NewReader(file)
	r.FieldsPerRecord = len(columns)
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(rows) == 0 || !slices.Equal(rows[0], columns) {
		return nil, fmt.Errorf("%s: the first line is not %s", path, strings.Join(columns, ","))
	}
	return rows[1:], nil
}

// upTo are the rows of the first epochs.
func upTo(rows [][]string, epochs int) [][]string {
	return slices.DeleteFunc(rows, func(row []string) bool {
		n, err := strconv.Atoi(row[0])
		return err != nil || n > epochs
	})
}

// checkEpochs tells whether a table has so many rows of each epoch up to that of its checkpoint. It is written before the checkpoint,
// so that it may have more where a run was killed in between, but never less.
func checkEpochs(path string, rows [][]string, epochs, each int) error {
	whole := len(rows) == epochs*each
	for i := 0; whole && i < len(rows); i++ {
		whole = rows[i][0] == strconv.Itoa(i/each+1)
	}
	if whole {
		return nil
	}
	return fmt.Errorf("%s: its rows are not those of epochs 1 to %d, which the checkpoint has: bring the file back as it was, or begin a new run", path, epochs)
}

// writeTable writes a table, whole or not at all.
func writeTable(path string, columns []string, rows [][]string) error {
	out, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	defer out.Cleanup()
	w := csv.NewWriter(out)
	if err := errors.Join(w.Write(columns), w.WriteAll(rows)); err != nil {
		return err
	}
	return out.Commit()
}
