package learn

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"resnet/internal/imaging"
	"resnet/internal/nets"
)

// TestDoubts: what counts is how sure a head usually is of a class, not that it is surer of another.
func TestDoubts(t *testing.T) {
	probabilities := []float64{
		0.9, 0.1,
		0.8, 0.2,
		0.1, 0.9, // of the other class
		0.4, 0.6,
		0.45, 0.55, // less than usual
		0.7, 0.3, // more than usual
	}
	class := []int{0, 0, 0, 1, 0, 1}
	got := Doubts(probabilities, class, 2)
	if want := []Doubt{{2, 1, 0.1, 0.9}, {5, 0, 0.3, 0.7}, {4, 1, 0.45, 0.55}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := Doubts([]float64{0.1, 0.2, 0.7, 0.3, 0.3, 0.4}, []int{0, 1}, 3); len(got) != 0 {
		t.Errorf("%v of a class without a photo", got)
	}
}

// TestDoubtsOfFlipped: of labels that were flipped in two clouds of points most are found, and little else.
func TestDoubtsOfFlipped(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	data := &Data{Width: lanes, Copies: 1, Classes: 2}
	flipped := map[int]bool{}
	for i := range 120 {
		class := i % 2
		for j := range lanes {
			data.Features = append(data.Features, float32(random.NormFloat64()+float64(3*class*((j+1)%2))))
		}
		if i%10 == 3 || i%20 == 4 {
			flipped[i] = true
			class = 1 - class
		}
		data.Class = append(data.Class, class)
	}
	precision, recall := flips(t, data, flipped)
	if precision < 0.8 || recall < 0.7 {
		t.Errorf("precision %.2f, recall %.2f", precision, recall)
	}
}

// flips is how many of the photos that are in doubt were flipped, and how many of these are in doubt.
func flips(t *testing.T, data *Data, flipped map[int]bool) (precision, recall float64) {
	t.Helper()
	fitted, err := Fit(t.Context(), data, Options{})
	if err != nil {
		t.Fatal(err)
	}
	doubts := Doubts(fitted.OutOfFoldProbabilities(), data.Class, data.Classes)
	hit := 0.0
	for _, d := range doubts {
		if flipped[d.Photo] {
			hit++
		}
	}
	return hit / float64(len(doubts)), hit / float64(len(flipped))
}

// TestDoubtsOfPhotos flips a tenth of the labels of ants and bees.
func TestDoubtsOfPhotos(t *testing.T) {
	root := os.Getenv("RESNET_TESTDATA")
	if root == "" {
		t.Skip("RESNET_TESTDATA is not set: no photos and no ImageNet weights")
	}
	photos, features := antsAndBees(t, root)
	const draws = 10
	var precision, recall float64
	for seed := range uint64(draws) {
		random := rand.New(rand.NewPCG(seed, 0))
		data, flipped := NewData(photos, features, 2), map[int]bool{}
		for _, i := range random.Perm(len(photos))[:len(photos)/10] {
			flipped[i] = true
			data.Class[i] = 1 - data.Class[i]
		}
		p, r := flips(t, data, flipped)
		t.Logf("seed %d: precision %.3f, recall %.3f", seed, p, r)
		precision, recall = precision+p/draws, recall+r/draws
	}
	if precision < 0.8 || recall < 0.7 {
		t.Errorf("precision %.3f, recall %.3f, want 0.8 and 0.7", precision, recall)
	}
}

// antsAndBees are the photos that are learned from, and what a ResNet-18 knows of them.
func antsAndBees(t *testing.T, root string) (photos []Photo, features []*Features) {
	t.Helper()
	file, err := os.Open(filepath.Join(root, "learn", "ants-bees.tar"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for archive := tar.NewReader(file); ; {
		head, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		dir, set := path.Dir(head.Name), path.Base(path.Dir(path.Dir(head.Name)))
		if head.Typeflag != tar.TypeReg || set != "train" || !strings.HasSuffix(head.Name, ".jpg") {
			continue
		}
		data, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		photos = append(photos, Photo{&nets.Image{Name: head.Name, Data: data, Class: path.Base(dir)}, 0})
	}
	slices.SortFunc(photos, func(a, b Photo) int { return strings.Compare(a.Name, b.Name) })
	for i, p := range photos {
		if p.Image.Class == "bees" {
			photos[i].Class = 1
		}
	}
	opener := &nets.Opener{}
	net, err := opener.Open(t.Context(), nets.Choice{Weights: filepath.Join(root, "weights", "resnet18-imagenet-fp16.safetensors"), Trained: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { net.Close() })
	p, err := net.Predictor(t.Context(), nets.PredictorOptions{Sessions: 2, Compute: nets.Compute{Threads: 1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	e := &Extractor{Predictor: p, Mirror: true}
	images := func(ctx context.Context, yield func(*nets.Image) error) error {
		for _, p := range photos {
			if err := yield(p.Image); err != nil {
				return err
			}
		}
		return nil
	}
	err = nets.Each(t.Context(), images, 2, func(ctx context.Context, im *nets.Image) (*Features, error) {
		return e.Features(ctx, im, nets.Decoding{}, true)
	}, func(job *nets.Done[*Features]) error {
		features = append(features, job.Value)
		return job.Err
	})
	if err != nil {
		t.Fatal(err)
	}
	return photos, features
}

// TestHash: size, brightness and mirrors change what they should of a hash.
func TestHash(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var light [8][8]byte
	for y := range light {
		for x := range light[y] {
			light[y][x] = byte(random.IntN(180))
		}
	}
	picture := func(width, height, more int) *imaging.Image {
		im := imaging.NewImage(width, height)
		for y := range height {
			for x := range width {
				for c := range 3 {
					im.Row(y)[3*x+c] = light[y*8/height][x*8/width] + byte(more)
				}
			}
		}
		return im
	}
	hash := NewHash(picture(224, 224, 0))
	for name, other := range map[string]*imaging.Image{"smaller": picture(96, 96, 0), "brighter": picture(224, 224, 60), "wider": picture(320, 224, 0)} {
		if d := hash.Distance(NewHash(other)); d > 5 {
			t.Errorf("%s: %d bits differ", name, d)
		}
	}
	flipped := mirror(&imaging.Crop{Image: picture(224, 224, 0)}).Image
	if d := hash.Distance(NewHash(flipped)); d < 20 {
		t.Errorf("mirrored: %d bits differ", d)
	}
	if NewHash(imaging.NewImage(1, 1)) != 0 || NewHash(imaging.NewImage(3, 2)) != 0 {
		t.Error("a tiny photo of one colour has a hash")
	}
}

// TestFindNear: both hash and features must say so, groups join what is near to one of them, and what lies in both sets leaks.
func TestFindNear(t *testing.T) {
	at := func(hash Hash, angle float64) *Features {
		return &Features{Hash: hash, Rows: [][]float32{{float32(math.Cos(angle)), float32(math.Sin(angle))}}}
	}
	features := []*Features{
		at(0, 0), at(0b11, 0.1), at(0, 3), // the third looks alike and is something else
		at(0xffff<<32, 0), at(0x3f<<48, 1.5),
		at(0b1111, 0.2), at(0xffff<<32|1, 0), {Rows: [][]float32{{0, 0}}, Hash: 0}, // of the second set
	}
	found, err := FindNear(t.Context(), features, 5)
	if err != nil {
		t.Fatal(err)
	}
	if want := [][]int{{0, 1, 3, 5, 6}}; !slices.EqualFunc(found.Groups, want, slices.Equal) {
		t.Errorf("groups %v, want %v", found.Groups, want)
	}
	if found.Pairs != 8 || found.Leaks() != 2 || !found.Leaked[5] || !found.Leaked[6] {
		t.Errorf("%d pairs, leaked %v", found.Pairs, found.Leaked)
	}
	if best := found.Best[3]; best.A != 3 || best.B != 6 || best.Bits != 1 {
		t.Errorf("%+v is closest to the fourth photo", best)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := FindNear(canceled, features, 5); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

// TestPlane: the directions are those along which features vary most, and point the same way each time.
func TestPlane(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var features []*Features
	for i := range 2 * MostOnPlane {
		far, near := 10*float64(i/7%2), random.NormFloat64()
		features = append(features, &Features{Rows: [][]float32{{float32(-far), 5, float32(2 * near), float32(0.1 * random.NormFloat64())}}})
	}
	p := NewPlane(features)
	if p == nil || p.From != MostOnPlane || p.Share < 0.99 {
		t.Fatalf("%+v", p)
	}
	for i, f := range features {
		row := f.Rows[0]
		if math.Abs(math.Abs(p.X[i])-5) > 1 || (p.X[i] < 0) != (row[0] == 0) && (p.X[i] > 0) != (row[0] == 0) || math.Abs(math.Abs(p.Y[i])-math.Abs(float64(row[2]))) > 1 {
			t.Fatalf("photo %d, %v, is at %.2f, %.2f", i, row, p.X[i], p.Y[i])
		}
	}
	if NewPlane(features[:2]) != nil || NewPlane([]*Features{features[0], features[0], features[0]}) != nil {
		t.Error("a plane without two directions")
	}
}
