//go:build amd64 && !purego && !noasm

package isa

import "golang.org/x/sys/cpu"

func hasAVX2() bool { return cpu.X86.HasAVX2 && cpu.X86.HasFMA }

func hasAVXVNNI() bool { return cpu.X86.HasAVXVNNI }

func hasAVX512VNNI() bool { return cpu.X86.HasAVX512VNNI }

func hasAVX512() bool {
	x := &cpu.X86
	return x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL
}
