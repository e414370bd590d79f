package cam

import "resnet/internal/imaging"

// Box is what a network sees of a photo, in the photo's pixels; it may reach outside.
type Box struct{ MinX, MinY, MaxX, MaxY float64 }

// BoxOf is the box of a crop on the photo at another size: back through crop and resize. The orientation is that of the
// photo as seen.
func BoxOf(steps imaging.Steps, width, height int) Box {
	x, y := float64(width)/float64(steps.Resized.X), float64(height)/float64(steps.Resized.Y)
	return Box{
		MinX: float64(steps.Crop.Min.X) * x, MinY: float64(steps.Crop.Min.Y) * y,
		MaxX: float64(steps.Crop.Max.X) * x, MaxY: float64(steps.Crop.Max.Y) * y,
	}
}
