package ops

import "testing"

// TestTileRuns wants every pixel once, in tiles whose taps read where the convolution's definition says, whether a run has
// offsets of its own or shares them; and that few are listed where many are alike.
func TestTileRuns(t *testing.T) {
	for _, tt := range []struct {
		name   string
		conv   Conv
		batch  int
		most   int
		room   int // pixels of a chunk
		top    int
		listed int // pixels with offsets of their own, at the most
	}{
		{"3×3", square(1, 1, 56, 3, 1, 1, 1, 1), 2, 7, 2000, 0, 4 * 56},
		{"3×3 in small chunks", square(1, 1, 56, 3, 1, 1, 1, 1), 1, 7, 113, 0, 2 * 56},
		{"3×3 in chunks too small to share", square(1, 1, 56, 3, 1, 1, 1, 1), 1, 7, 111, 0, 56 * 56},
		{"3×3 of stride 2", square(1, 1, 56, 3, 2, 1, 1, 1), 1, 7, 900, 0, 28},
		{"3×3 without padding, dilated", square(1, 1, 32, 3, 1, 0, 2, 1), 2, 7, 900, 0, 0},
		{"5×5 with wide borders", square(1, 1, 25, 5, 1, 3, 1, 1), 1, 3, 600, 0, 27 * 6},
		{"rows that end inside tiles", square(1, 1, 57, 3, 1, 1, 1, 1), 1, 7, 2000, 0, 57 * 57},
		{"1×1", square(1, 1, 57, 1, 1, 0, 1, 1), 2, 6, 2000, 0, 2 * 96},
		{"1×1 of stride 2", square(1, 1, 56, 1, 2, 0, 1, 1), 2, 7, 900, 0, 0},
		{"1×1 from row 3 on", square(1, 1, 57, 1, 1, 0, 1, 1), 1, 6, 2000, 3, 96},
		{"3×3 from row 3 on", square(1, 1, 56, 3, 1, 1, 1, 1), 1, 7, 2000, 3, 56},
	} {
		c := tt.conv
		taps := c.KernelH * c.KernelW
		d := tileRuns{conv: c, most: tt.most, top: tt.top, offsets: make([]int32, tt.room*taps)}
		pixels, listed := 0, 0
		if tt.top > 0 {
			pixels = (tt.top + c.Padding) * c.OutW
		}
		for pixels < tt.batch*c.OutH*c.OutW {
			next := d.plan(pixels, tt.batch*c.OutH*c.OutW)
			for _, r := range d.runs[:d.planned] {
				if r.image*c.OutH*c.OutW+r.pixel != pixels {
					t.Fatalf("%s: a run begins at pixel %d of image %d, want %d", tt.name, r.pixel, r.image, pixels)
				}
				if &r.offsets[0] != &d.offsets[0] || d.sharedPixels() == 0 {
					listed += r.tiles * r.size
				}
				for i, offset := range r.offsets[:r.tiles*r.size*taps] {
					tile, tap, p := i/(r.size*taps), i/r.size%taps, i%r.size
					pixel := r.pixel + tile*r.size + p
					row := pixel/c.OutW*c.Stride - c.Padding + tap/c.KernelW*c.Dilation
					col := pixel%c.OutW*c.Stride - c.Padding + tap%c.KernelW*c.Dilation
					want := -1
					if row >= 0 && col >= 0 && row < c.InH && col < c.InW {
						want = ((row-tt.top)*c.InW + col) * lanes * 4
					}
					if got := int(offset); got >= 0 && got+r.shift != want || got < 0 && want != -1 {
						t.Fatalf("%s: tap %d of pixel %d reads at %d + %d, want %d", tt.name, tap, pixel, got, r.shift, want)
					}
				}
				pixels += r.tiles * r.size
			}
			if next != pixels {
				t.Fatalf("%s: the runs end at pixel %d, want %d", tt.name, pixels, next)
			}
		}
		if listed > tt.listed {
			t.Errorf("%s: %d pixels have offsets of their own, want %d at the most", tt.name, listed, tt.listed)
		}
	}
}
