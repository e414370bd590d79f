package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"resnet/internal/config"
	"resnet/internal/train"
)

// trained makes a folder that looks like the run of a network after two epochs.
func (w *world) trained(dir, net string) {
	w.t.Helper()
	c := &trainConfig{net: net, data: "photos", recipe: train.DefaultRecipe(32)}
	values, err := config.FormatValues("a run", c.keys())
	if err != nil {
		w.t.Fatal(err)
	}
	w.file(filepath.Join(dir, configFile), string(values))
	w.file(filepath.Join(dir, train.MetricsFile), "epoch,step,learning_rate,loss,train_error,test_loss,test_error,images_per_s\n"+
		"1,390,0.1,1.5,0.5,1.3,0.45,800\n2,780,0.01,1.1,0.4,1,0.35,800\n")
}

// TestCurves draws the runs of a folder, and says what is no run.
func TestCurves(t *testing.T) {
	w := newWorld(t)
	w.trained("run/plain20", "plain20_cifar")
	w.trained("run/resnet20", "resnet20_cifar")
	w.expect(0, "", "", "curves", "run", "-o", "c.svg")
	svg, err := os.ReadFile(filepath.Join(w.dir, "c.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Plain-20 · test 35.00 % · training 40.00 %", "ResNet-20 · test 35.00", "2 epochs; the paper about 164"} {
		if !strings.Contains(string(svg), want) {
			t.Errorf("the figure does not say %q", want)
		}
	}
	w.expect(0, "Plain-20, error by epoch", "", "curves", "run")
	w.expect(0, "\n\nResNet-20, error by epoch", "", "curves", "run")
	w.expect(2, "", "--theme is for svg, png, pdf, not for text", "curves", "run", "--theme", "dark")
	w.expect(2, "", "there is no run", "curves", "c.svg")
	w.expect(2, "", "there is no run", "curves", ".")
	w.expect(2, "", "the folder of a RUN", "curves")
}
