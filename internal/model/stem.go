package model

import (
	"strconv"

	"resnet/internal/graph"
)

// stem is what stands before layer1: one convolution or several, batch norm, ReLU and a max pool or none.
func stem(b *builder, x graph.Value, s Stem) graph.Value {
	if len(s.Convs) == 1 {
		x = b.Conv("conv1", x, s.Convs[0].conv())
	} else {
		x = b.Module("conv1", "Sequential", x, func(x graph.Value) graph.Value { return deepStem(b, x, s.Convs) })
	}
	x = b.BatchNorm("bn1", x)
	x = b.ReLU("relu", x)
	if p := s.Pool; p != nil {
		x = stemPool(b, x, *p)
	}
	return x
}

// deepStem names its modules as timm's Sequential does: 0, 1, 2 are the first convolution, its batch norm and ReLU; the
// last convolution's batch norm is the network's bn1.
func deepStem(b *builder, x graph.Value, convs []StemConv) graph.Value {
	for i, c := range convs {
		x = b.Conv(strconv.Itoa(3*i), x, c.conv())
		if i < len(convs)-1 {
			x = b.BatchNorm(strconv.Itoa(3*i+1), x)
			x = b.ReLU(strconv.Itoa(3*i+2), x)
		}
	}
	return x
}

func (c StemConv) conv() graph.Conv {
	return graph.Conv{Out: c.Planes, Kernel: c.Kernel, Stride: c.Stride, Padding: c.Padding}
}
