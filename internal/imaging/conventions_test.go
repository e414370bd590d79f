package imaging

import "testing"

// TestConventions has values of keras.applications.imagenet_utils.preprocess_input, Keras 3.15, for the pixel (10, 128,
// 250): modes caffe, tf and torch.
func TestConventions(t *testing.T) {
	im := &Image{Width: 1, Height: 1, Pix: []uint8{10, 128, 250}}
	for name, want := range map[string][3]float32{
		"caffe":    {146.061, 11.221, -113.68},
		"half":     {-0.92156863, 0.003921628, 0.96078432},
		"imagenet": {-1.9466565, 0.20518216, 2.5528543},
	} {
		p, err := ImageNet.As(name)
		if err != nil {
			t.Fatal(err)
		}
		got := p.Tensor(im).Data
		for i, v := range got {
			if d := v - want[i]; d > 2e-6*max(1, want[i]) || d < -2e-6*max(1, -want[i], want[i]) {
				t.Errorf("%s: %v, want %v", name, got, want)
				break
			}
		}
	}
	if _, err := ImageNet.As("cafe"); err == nil {
		t.Error("cafe is known")
	}
}
