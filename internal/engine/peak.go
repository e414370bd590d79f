package engine

import "resnet/internal/ops"

// PeakGFLOPS measures what one core could do at the most: 1e9 float32 operations a second of fused multiply-adds that
// touch no memory. It takes about 20 ms.
func PeakGFLOPS() float64 { return ops.PeakGFLOPS() }

// PeakInt8 is the same of bytes.
func PeakInt8() float64 { return ops.PeakInt8() }
