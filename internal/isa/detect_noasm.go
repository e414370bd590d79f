//go:build !amd64 || purego || noasm

package isa

func hasAVX2() bool   { return false }
func hasAVX512() bool { return false }

func hasAVXVNNI() bool    { return false }
func hasAVX512VNNI() bool { return false }
