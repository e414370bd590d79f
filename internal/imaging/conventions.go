package imaging

import (
	"fmt"
	"strings"

	"resnet/internal/nearest"
)

// conventions are the ways in which people prepare pixels for a network, by the name that they are known by.
var conventions = []struct {
	name      string
	mean, std [3]float32
	order     string
	scale     int
}{
	{"imagenet", ImageNet.Mean, ImageNet.Std, "", 0},
	// The statistics of the training images.
	{"cifar10", [3]float32{0.4914, 0.4822, 0.4465}, [3]float32{0.2470, 0.2435, 0.2616}, "", 0},
	{"cifar100", [3]float32{0.5071, 0.4865, 0.4409}, [3]float32{0.2673, 0.2564, 0.2762}, "", 0},
	{"half", [3]float32{0.5, 0.5, 0.5}, [3]float32{0.5, 0.5, 0.5}, "", 0},
	{"unit", [3]float32{}, [3]float32{1, 1, 1}, "", 0},
	// keras.applications.resnet.preprocess_input: BGR, less ImageNet's mean in 0 … 255.
	{"caffe", [3]float32{103.939, 116.779, 123.68}, [3]float32{1, 1, 1}, OrderBGR, 255},
}

// Convention is the name of the one that p prepares pixels by; "" for none that is known.
func (p Preprocess) Convention() string {
	for _, c := range conventions {
		as, _ := p.As(c.name)
		if p.Gray {
			as = as.OneChannel()
		}
		if as.Mean == p.Mean && as.Std == p.Std && as.Order == p.Order && max(1, as.Range) == max(1, p.Range) {
			return c.name
		}
	}
	return ""
}

// Conventions lists the names that Preprocess.As knows.
func Conventions() []string {
	names := make([]string, len(conventions))
	for i, c := range conventions {
		names[i] = c.name
	}
	return names
}

// As is p with the pixels prepared as a convention has it; sizes and filter stay.
func (p Preprocess) As(name string) (Preprocess, error) {
	for _, c := range conventions {
		if c.name == name {
			p.Mean, p.Std, p.Order, p.Range = c.mean, c.std, c.order, c.scale
			return p, nil
		}
	}
	return p, fmt.Errorf("%q is none of %s%s", name, strings.Join(Conventions(), ", "), nearest.Hint(name, Conventions()))
}
