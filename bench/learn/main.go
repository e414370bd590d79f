// Learn fits a head to the features that resnet features wrote, for bench.py: what it prints is compared with what
// scikit-learn makes of the same files. The class of a photo is the folder that it is in.
//
//	learn train.npy test.npy
//	learn --rows 50000 --width 2048 --classes 10     random features: time and memory alone
//	learn --photos DIR --weights FILE --cache DIR    the time of features that may be kept
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"resnet/internal/learn"
	"resnet/internal/nets"
	"resnet/internal/vectors"
)

func main() {
	rows, width, classes := flag.Int("rows", 0, "random rows"), flag.Int("width", 2048, "values of a random row"), flag.Int("classes", 10, "of random rows")
	photos, weights, cache := flag.String("photos", "", "folder a class"), flag.String("weights", "", "of --photos"), flag.String("cache", "", "folder of --photos' features")
	flag.Parse()
	var err error
	switch {
	case *rows > 0:
		err = random(*rows, *width, *classes)
	case *photos != "":
		err = kept(context.Background(), *photos, *weights, *cache)
	default:
		err = files(flag.Args())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// result is what bench.py reads.
type result struct {
	C       float64   `json:"c"`
	Seconds float64   `json:"seconds"` // of the fit after the features
	Right   int       `json:"right"`
	Photos  int       `json:"photos"`
	LogLoss float64   `json:"log_loss"`
	Losses  []float64 `json:"losses"` // by C, as far as they were tried
	Anon    string    `json:"rss_anon,omitempty"`
}

func files(names []string) error {
	if len(names) != 2 {
		return fmt.Errorf("want the features to learn from and those to check")
	}
	train, classes, err := read(names[0], nil)
	if err != nil {
		return err
	}
	test, _, err := read(names[1], classes)
	if err != nil {
		return err
	}
	r, fitted, err := fit(train)
	if err != nil {
		return err
	}
	r.Photos = len(test.Class)
	for i, class := range test.Class {
		z := fitted.Logits(test.Features[i*test.Width:][:test.Width])
		top, sum := slices.Max(z), 0.0
		for _, v := range z {
			sum += math.Exp(v - top)
		}
		r.LogLoss += (math.Log(sum) + top - z[class]) / float64(len(test.Class))
		if slices.Index(z, top) == class {
			r.Right++
		}
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

func fit(data *learn.Data) (*result, *learn.Fitted, error) {
	start := time.Now()
	fitted, err := learn.Fit(context.Background(), data, learn.Options{Threads: runtime.GOMAXPROCS(0)})
	if err != nil {
		return nil, nil, err
	}
	r := &result{C: fitted.C, Seconds: time.Since(start).Seconds()}
	for _, t := range fitted.Trials {
		r.Losses = append(r.Losses, t.LogLoss)
	}
	return r, fitted, nil
}

// read reads features; classes are those of the other set, or nil.
func read(name string, classes []string) (*learn.Data, []string, error) {
	file, err := vectors.Open(name)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	d := &learn.Data{Width: (file.Width + 15) / 16 * 16, Copies: 1}
	var own []string
	err = file.Rows(context.Background(), func(name string, vector []float32) error {
		own = append(own, filepath.Base(filepath.Dir(name)))
		d.Features = append(append(d.Features, vector...), make([]float32, d.Width-file.Width)...)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if classes == nil {
		classes = slices.Clone(own)
		slices.Sort(classes)
		classes = slices.Compact(classes)
	}
	d.Classes = len(classes)
	for _, c := range own {
		d.Class = append(d.Class, slices.Index(classes, c))
	}
	return d, classes, nil
}

// random fits a head to features of clusters that overlap, and tells the memory of the process that is no file's.
func random(rows, width, classes int) error {
	features, err := learn.Allocate(rows * width)
	if err != nil {
		return err
	}
	defer learn.Release(features)
	source := rand.New(rand.NewPCG(1, 2))
	centres := make([]float32, classes*width)
	for i := range centres {
		centres[i] = float32(source.NormFloat64() / 16)
	}
	d := &learn.Data{Features: features, Width: width, Copies: 1, Classes: classes}
	for row := range rows {
		class := row % classes
		d.Class = append(d.Class, class)
		for j := range width {
			features[row*width+j] = centres[class*width+j] + float32(source.NormFloat64())
		}
	}
	most := make(chan string, 1)
	done := make(chan struct{})
	go func() {
		largest := 0
		for {
			select {
			case <-done:
				most <- fmt.Sprintf("%d MiB", largest>>10)
				return
			case <-time.After(100 * time.Millisecond):
				largest = max(largest, anonymous())
			}
		}
	}()
	r, _, err := fit(d)
	close(done)
	if err != nil {
		return err
	}
	r.Anon = <-most
	return json.NewEncoder(os.Stdout).Encode(r)
}

// kept asks for the features of photos and their mirror images, as a fit does, and tells how long that takes.
func kept(ctx context.Context, dir, weights, cache string) error {
	var o nets.Opener
	sets, err := learn.ReadSets(ctx, &o, learn.Source{Dir: dir, Share: 0.2})
	if err != nil {
		return err
	}
	net, err := o.Open(ctx, nets.Choice{Weights: weights, Trained: true})
	if err != nil {
		return err
	}
	defer net.Close()
	sessions := runtime.GOMAXPROCS(0)
	p, err := net.Predictor(ctx, nets.PredictorOptions{Compute: nets.Compute{Threads: 1}, Sessions: sessions})
	if err != nil {
		return err
	}
	defer p.Close()
	start := time.Now()
	c, err := learn.OpenCache(cache, p)
	if err != nil {
		return err
	}
	e := &learn.Extractor{Predictor: p, Mirror: true, Cache: c}
	photos := slices.Concat(sets.Train, sets.Valid)
	images := func(ctx context.Context, yield func(*nets.Image) error) error {
		for _, photo := range photos {
			if err := yield(photo.Image); err != nil {
				return err
			}
		}
		return nil
	}
	work := func(ctx context.Context, im *nets.Image) (*learn.Features, error) {
		return e.Features(ctx, im, nets.Decoding{}, true)
	}
	if err := nets.Each(ctx, images, sessions, work, func(job *nets.Done[*learn.Features]) error { return job.Err }); err != nil {
		return err
	}
	if err := c.Save(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(result{Photos: len(photos), Seconds: time.Since(start).Seconds()})
}

// anonymous is RssAnon in KiB; 0 where the system does not tell.
func anonymous() int {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), "RssAnon:")
	var kib int
	fmt.Sscan(after, &kib)
	return kib
}
