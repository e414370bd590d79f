package cli

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"resnet/internal/train"
)

// TestTrainPlot: what is drawn while a run goes on is taken away again, to the line, and is not drawn where there is no room for it.
func TestTrainPlot(t *testing.T) {
	w := newWorld(t)
	w.file("run/"+train.MetricsFile, "epoch,step,learning_rate,loss,train_error,test_loss,test_error,images_per_s\n1,10,0.1,2,0.8,2,0.7,900\n2,20,0.1,1.5,0.5,1.4,0.45,900\n")
	for _, test := range []struct {
		name      string
		rows      int
		plots     bool
		terminals bool
		want      bool
	}{
		{"terminal", 24, true, true, true},
		{"not asked for", 24, false, true, false},
		{"few rows", 12, true, true, false},
		{"pipe", 0, true, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var shown, out bytes.Buffer
			f := &factory{Out: &out, progress: &shown, dir: w.dir, outTerminal: test.terminals, errTerminal: test.terminals, columns: 80, rows: test.rows, getenv: func(string) string { return "" }}
			p := &trainPlot{t: &training{f: f, plots: test.plots, config: &trainConfig{net: "resnet20_cifar", dir: "run"}}}
			p.show()
			if got := strings.Contains(shown.String(), "error by epoch"); got != test.want {
				t.Fatalf("drawn: %t\n%s", got, shown.String())
			}
			lines := strings.Count(shown.String(), "\n")
			shown.Reset()
			p.clear()
			if want := fmt.Sprintf("\x1b[%dA", lines); test.want != strings.HasPrefix(shown.String(), want) {
				t.Errorf("%d lines are cleared by %q", lines, shown.String())
			}
			p.t.many = true
			if err := p.write(); err != nil || test.plots != strings.Contains(out.String(), "resnet20_cifar, error by epoch") {
				t.Errorf("%v\n%s", err, out.String())
			}
			f.Out = goneReader{}
			if err := p.write(); err != nil {
				t.Errorf("a training ends where nobody reads its plot: %v", err)
			}
		})
	}
}

// goneReader is a pipe that nobody reads any more.
type goneReader struct{}

func (goneReader) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
