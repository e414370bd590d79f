package model

import (
	"fmt"

	"resnet/internal/tensor"
)

// Op is what a leaf call computes. Zero fields of a Conv mean PyTorch's defaults while a network is built; in a finished
// graph every field has its value.
type Op interface {
	// class is PyTorch's class name, or that of the function for what has no module.
	class() string
	// shape is the output's, or an error where the input is too small or does not fit.
	shape(in []tensor.Shape) (tensor.Shape, error)
	// macs is the multiply-adds of one call; only Conv and Linear have any.
	macs(out tensor.Shape) int64
}

// Conv is PyTorch's Conv2d without a bias, with square kernels.
type Conv struct{ In, Out, Kernel, Stride, Padding, Dilation, Groups int }

// BatchNorm is BatchNorm2d in inference: running statistics, eps BatchNormEps.
type BatchNorm struct{ Channels int }

// BatchNormEps is PyTorch's default.
const BatchNormEps = 1e-5

// ReLU is max(x, 0); a NaN passes.
type ReLU struct{}

// MaxPool is MaxPool2d; padding never wins.
type MaxPool struct{ Kernel, Stride, Padding int }

// AvgPool is AvgPool2d with ceil_mode and without count_include_pad: a window that sticks out is averaged over what
// lies inside.
type AvgPool struct{ Kernel, Stride int }

// AdaptiveAvgPool averages each channel to 1×1.
type AdaptiveAvgPool struct{}

// Flatten makes (n, c, 1, 1) to (n, c).
type Flatten struct{}

// Linear is a fully connected layer with a bias.
type Linear struct{ In, Out int }

// Add is the residual add: residual branch first, shortcut second.
type Add struct{}

// Pad is shortcut A: every Stride-th pixel, with Before and After channels of zeros around.
type Pad struct{ Stride, Before, After int }

func (Conv) class() string            { return "Conv2d" }
func (BatchNorm) class() string       { return "BatchNorm2d" }
func (ReLU) class() string            { return "ReLU" }
func (MaxPool) class() string         { return "MaxPool2d" }
func (AvgPool) class() string         { return "AvgPool2d" }
func (AdaptiveAvgPool) class() string { return "AdaptiveAvgPool2d" }
func (Flatten) class() string         { return "Flatten" }
func (Linear) class() string          { return "Linear" }
func (Add) class() string             { return "Add" }
func (Pad) class() string             { return "Pad" }

func (c Conv) shape(in []tensor.Shape) (tensor.Shape, error) {
	x := in[0]
	if x[1] != c.In {
		return nil, fmt.Errorf("input %v has %d channels, want %d", x, x[1], c.In)
	}
	window := c.Dilation*(c.Kernel-1) + 1
	h, w := (x[2]+2*c.Padding-window)/c.Stride+1, (x[3]+2*c.Padding-window)/c.Stride+1
	if x[2]+2*c.Padding < window || x[3]+2*c.Padding < window {
		return nil, fmt.Errorf("a map of %d×%d is smaller than the %d×%d kernel", x[2], x[3], c.Kernel, c.Kernel)
	}
	return tensor.Shape{x[0], c.Out, h, w}, nil
}

func (b BatchNorm) shape(in []tensor.Shape) (tensor.Shape, error) { return in[0], nil }

func (ReLU) shape(in []tensor.Shape) (tensor.Shape, error) { return in[0], nil }

func (p MaxPool) shape(in []tensor.Shape) (tensor.Shape, error) {
	x := in[0]
	if x[2]+2*p.Padding < p.Kernel || x[3]+2*p.Padding < p.Kernel {
		return nil, fmt.Errorf("a map of %d×%d is smaller than the %d×%d window", x[2], x[3], p.Kernel, p.Kernel)
	}
	return tensor.Shape{x[0], x[1], (x[2]+2*p.Padding-p.Kernel)/p.Stride + 1, (x[3]+2*p.Padding-p.Kernel)/p.Stride + 1}, nil
}

func (p AvgPool) shape(in []tensor.Shape) (tensor.Shape, error) {
	x := in[0]
	return tensor.Shape{x[0], x[1], p.out(x[2]), p.out(x[3])}, nil
}

// out is PyTorch's output size in ceil mode: a last window must start inside the input.
func (p AvgPool) out(n int) int {
	out := max(0, n-p.Kernel+p.Stride-1)/p.Stride + 1
	if n < p.Kernel {
		out = 1
	}
	if (out-1)*p.Stride >= n {
		out--
	}
	return out
}

func (AdaptiveAvgPool) shape(in []tensor.Shape) (tensor.Shape, error) {
	return tensor.Shape{in[0][0], in[0][1], 1, 1}, nil
}

func (Flatten) shape(in []tensor.Shape) (tensor.Shape, error) {
	return tensor.Shape{in[0][0], in[0][1:].Elements()}, nil
}

func (l Linear) shape(in []tensor.Shape) (tensor.Shape, error) {
	return tensor.Shape{in[0][0], l.Out}, nil
}

func (Add) shape(in []tensor.Shape) (tensor.Shape, error) {
	if !in[0].Equal(in[1]) {
		return nil, fmt.Errorf("residual branch %v and shortcut %v differ", in[0], in[1])
	}
	return in[0], nil
}

func (p Pad) shape(in []tensor.Shape) (tensor.Shape, error) {
	x := in[0]
	return tensor.Shape{x[0], p.Before + x[1] + p.After, (x[2]-1)/p.Stride + 1, (x[3]-1)/p.Stride + 1}, nil
}

func (c Conv) macs(out tensor.Shape) int64 {
	return int64(out.Elements()) * int64(c.In/c.Groups*c.Kernel*c.Kernel)
}

func (l Linear) macs(out tensor.Shape) int64 { return int64(out.Elements()) * int64(l.In) }

func (BatchNorm) macs(tensor.Shape) int64       { return 0 }
func (ReLU) macs(tensor.Shape) int64            { return 0 }
func (MaxPool) macs(tensor.Shape) int64         { return 0 }
func (AvgPool) macs(tensor.Shape) int64         { return 0 }
func (AdaptiveAvgPool) macs(tensor.Shape) int64 { return 0 }
func (Flatten) macs(tensor.Shape) int64         { return 0 }
func (Add) macs(tensor.Shape) int64             { return 0 }
func (Pad) macs(tensor.Shape) int64             { return 0 }
