//go:build !amd64 || purego || noasm

package ops

func fmaRounds(rounds int) float64 { return portableRounds(rounds) }

func int8Rounds(rounds int) float64 { return portableRounds(rounds) }
