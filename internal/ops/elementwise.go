package ops

// ReLU writes max(x, 0) for the part's share of the values of src, with vectors in AVX2. A NaN passes, as in PyTorch.
func ReLU(dst, src []float32, vectors bool, part, parts int) {
	must(len(dst) >= len(src), "ops: the destination of a ReLU is too short")
	mustBePart(part, parts)
	first, last := shareFloats(len(src), part, parts)
	dst, src = dst[first:last], src[first:last]
	done := 0
	if vectors {
		done = reluBlocks(dst, src)
	}
	clamp(dst[done:], src[done:])
}

func clamp(dst, src []float32) {
	for i, v := range src {
		if v < 0 {
			v = 0
		}
		dst[i] = v
	}
}

// Add writes a + b for the part's share of the values of dst, with vectors in AVX2.
func Add(dst, a, b []float32, vectors bool, part, parts int) {
	must(len(a) >= len(dst) && len(b) >= len(dst), "ops: a summand is too short")
	mustBePart(part, parts)
	first, last := shareFloats(len(dst), part, parts)
	dst, a, b = dst[first:last], a[first:last], b[first:last]
	done := 0
	if vectors {
		done = addBlocks(dst, a, b)
	}
	for i := done; i < len(dst); i++ {
		dst[i] = a[i] + b[i]
	}
}

// shareFloats is share in whole cache lines.
func shareFloats(n, part, parts int) (first, last int) {
	first, last = share((n+lanes-1)/lanes, part, parts)
	return min(n, first*lanes), min(n, last*lanes)
}
