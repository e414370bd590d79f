package model

import "strconv"

// stem is what stands before layer1: one convolution or several, batch norm, ReLU and a max pool or none.
func stem(g *Graph, x Value, s Stem) Value {
	if len(s.Convs) == 1 {
		x = g.Conv("conv1", x, s.Convs[0].conv())
	} else {
		x = g.Module("conv1", "Sequential", x, func(x Value) Value { return deepStem(g, x, s.Convs) })
	}
	x = g.BatchNorm("bn1", x)
	x = g.ReLU("relu", x)
	if p := s.Pool; p != nil {
		x = g.MaxPool("maxpool", x, MaxPool{Kernel: p.Kernel, Stride: p.Stride, Padding: p.Padding})
	}
	return x
}

// deepStem names its modules as timm's Sequential does: 0, 1, 2 are the first convolution, its batch norm and ReLU; the
// last convolution's batch norm is the network's bn1.
func deepStem(g *Graph, x Value, convs []StemConv) Value {
	for i, c := range convs {
		x = g.Conv(strconv.Itoa(3*i), x, c.conv())
		if i < len(convs)-1 {
			x = g.BatchNorm(strconv.Itoa(3*i+1), x)
			x = g.ReLU(strconv.Itoa(3*i+2), x)
		}
	}
	return x
}

func (c StemConv) conv() Conv {
	return Conv{Out: c.Planes, Kernel: c.Kernel, Stride: c.Stride, Padding: c.Padding}
}
