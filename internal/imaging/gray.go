package imaging

// OneChannel is the preprocessing for a network that sees gray. Where Mean and Std are of three colours, one number stands for
// them: their average, as in timm.
func (p Preprocess) OneChannel() Preprocess {
	p.Gray, p.Order = true, ""
	for _, c := range []*[3]float32{&p.Mean, &p.Std} {
		average := float32((float64(c[0]) + float64(c[1]) + float64(c[2])) / 3)
		*c = [3]float32{average, average, average}
	}
	return p
}

// grayRows are rows as Pillow's convert("L") makes them, in all three channels: before the picture is resized, as in timm.
type grayRows struct{ rows }

func (g grayRows) row(dst []byte, y int) error {
	if err := g.rows.row(dst, y); err != nil {
		return err
	}
	for i := 0; i+2 < len(dst); i += 3 {
		// Pillow 13, Convert.c: ITU-R 601-2, rounded.
		l := byte((uint32(dst[i])*19595 + uint32(dst[i+1])*38470 + uint32(dst[i+2])*7471 + 1<<15) >> 16)
		dst[i], dst[i+1], dst[i+2] = l, l, l
	}
	return nil
}
