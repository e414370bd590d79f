package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	_ "image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
)

// readPhotos are the JPEGs of a folder; without one, a photo of the usual size.
func readPhotos(folder string) ([][]byte, error) {
	if folder == "" {
		photo, err := enlarged("docs/img/orange.png", 500, 375)
		return [][]byte{photo}, err
	}
	var all [][]byte
	for _, pattern := range []string{"*.jpg", "*.jpeg", "*.JPEG"} {
		paths, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			all = append(all, data)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("-photos %s: there is no .jpg, .jpeg or .JPEG", folder)
	}
	return all, nil
}

// enlarged is a picture as a JPEG of some size.
func enlarged(path string, width, height int) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	small, _, err := image.Decode(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	large := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			large.Set(x, y, small.At(x*small.Bounds().Dx()/width, y*small.Bounds().Dy()/height))
		}
	}
	var out bytes.Buffer
	err = jpeg.Encode(&out, large, &jpeg.Options{Quality: 90})
	return out.Bytes(), err
}

// parameter is a tensor of a network.
type parameter struct {
	name   string
	shape  []int
	scale  float64 // of its random values around center
	center float32
}

// resNet50 are the parameters of torchvision's ResNet-50, with random values that keep the size of what flows through it.
func resNet50() []parameter {
	var all []parameter
	conv := func(name string, out, in, kernel int) {
		all = append(all, parameter{name + ".weight", []int{out, in, kernel, kernel}, math.Sqrt(2 / float64(in*kernel*kernel)), 0})
	}
	norm := func(name string, channels int) {
		for part, center := range map[string]float32{"weight": 1, "bias": 0, "running_mean": 0, "running_var": 1} {
			all = append(all, parameter{name + "." + part, []int{channels}, 0, center})
		}
	}
	conv("conv1", 64, 3, 7)
	norm("bn1", 64)
	in := 64
	for stage, blocks := range []int{3, 4, 6, 3} {
		width := 64 << stage
		for block := range blocks {
			name := fmt.Sprintf("layer%d.%d.", stage+1, block)
			conv(name+"conv1", width, in, 1)
			norm(name+"bn1", width)
			conv(name+"conv2", width, width, 3)
			norm(name+"bn2", width)
			conv(name+"conv3", 4*width, width, 1)
			norm(name+"bn3", 4*width)
			if block == 0 {
				conv(name+"downsample.0", 4*width, in, 1)
				norm(name+"downsample.1", 4*width)
			}
			in = 4 * width
		}
	}
	return append(all, parameter{"fc.weight", []int{1000, in}, 0.01, 0}, parameter{"fc.bias", []int{1000}, 0, 0})
}

// writeResNet50 writes a ResNet-50 with random weights as a safetensors file.
func writeResNet50(path string) error {
	type entry struct {
		DType   string `json:"dtype"`
		Shape   []int  `json:"shape"`
		Offsets [2]int `json:"data_offsets"`
	}
	all := resNet50()
	slices.SortFunc(all, func(a, b parameter) int { return bytes.Compare([]byte(a.name), []byte(b.name)) })
	head, at := map[string]entry{}, 0
	for _, p := range all {
		size := 4
		for _, n := range p.shape {
			size *= n
		}
		head[p.name] = entry{"F32", p.shape, [2]int{at, at + size}}
		at += size
	}
	text, err := json.Marshal(head)
	if err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	out := bufio.NewWriter(file)
	_, _ = out.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(text)))) // Flush tells what went wrong
	_, _ = out.Write(text)
	random := rand.New(rand.NewPCG(5, 6))
	for _, p := range all {
		for range (head[p.name].Offsets[1] - head[p.name].Offsets[0]) / 4 {
			v := p.center + float32(p.scale*random.NormFloat64())
			_, _ = out.Write(binary.LittleEndian.AppendUint32(out.AvailableBuffer(), math.Float32bits(v)))
		}
	}
	return out.Flush()
}
