//go:build !linux

package engine

func adviseHugePages([]byte) {}
