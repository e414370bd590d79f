//go:build !amd64 || purego || noasm

package isa

func detected() Level { return Generic }
