package cli

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEval(t *testing.T) {
	w := newWorld(t)
	w.image("val/goldfish/a.png", 64, 64, 1)   // by label
	w.image("val/n01443537/b.png", 64, 64, 2)  // by WordNet id
	w.image("val/3/c.png", 64, 64, 3)          // by index
	w.image("val/stray.png", 64, 64, 4)        // in no class
	w.file("val/goldfish/notes.txt", "hello")  // no image
	w.file("val/goldfish/d.jpg", "no picture") // a failure
	w.expect(1, "3 images", "3 evaluated, 1 failed (1 unknown_format), 2 skipped", "eval", "val")
	w.expect(1, "index,class,images,top1,top5", "", "eval", "val", "--format", "csv")

	w.expect(1, "", "", "eval", "val", "--format", "json")
	var got struct {
		Schema         string
		Images, Failed int
		Top1           float64 `json:"top1"`
		Top1Err        float64 `json:"top1_err"`
		Interval       [2]float64
		Classes        []struct{ Index, Images int }
	}
	if err := json.Unmarshal(w.out.Bytes(), &got); err != nil {
		t.Fatalf("%v:\n%s", err, w.out.String())
	}
	if got.Schema != "resnet.eval/v1" || got.Images != 3 || got.Failed != 1 || len(got.Classes) != 2 || got.Classes[0].Images != 2 {
		t.Errorf("%+v", got)
	}
	if math.Abs(got.Top1+got.Top1Err-100) > 1e-9 {
		t.Errorf("top1 %v and top1_err %v", got.Top1, got.Top1Err)
	}

	w.file("broken/0/d.jpg", "no picture")
	w.image("other/x/e.png", 64, 64, 1)
	w.expect(2, "", `other/x: no class "x"`, "eval", "other")
	w.file("list.csv", "file,label\nval/3/c.png,tailed frog\nval/stray.png,0\n")
	w.expect(0, "2 images", "2 evaluated", "eval", "--list", "list.csv")
	w.file("list.json", `{"3/c.png": 3}`)
	w.expect(0, "1 images", "", "eval", "val", "--list", "list.json")
	w.file("short.csv", "one\n")
	w.expect(2, "", "line 1: one column, want two", "eval", "--list", "short.csv")
	w.file("own.csv", "file,rank,index,label,probability,error\nval/3/c.png,1,3,tailed frog,0.9,\n")
	w.expect(0, "1 images", "", "eval", "--list", "own.csv")
	w.file("twice.csv", "file,class\nval/3/c.png,3\nval/stray.png,0\n./val/3/c.png,3\n")
	w.expect(0, "3 images", "twice.csv: 1 of 3 entries name an image again, line 4 (./val/3/c.png) first; each counts", "eval", "--list", "twice.csv")
	w.file("typo.csv", "val/3/c.png,tailed frog\nval/stray.png,goldfsh\n")
	w.expect(2, "", `typo.csv: line 2: val/stray.png: no class "goldfsh" among the network's 200; did you mean "goldfish"?`, "eval", "--list", "typo.csv")
	w.expect(2, "", "needs one DIR", "eval")
	w.expect(2, "", "nowhere: no such file or directory", "eval", "nowhere")
	w.expect(2, "", "list.csv is no directory", "eval", "list.csv")
	w.expect(2, "", "make a folder for each class, "+filepath.Join("val", "goldfish", "LABEL", "…")+", or give the classes with --list FILE", "eval", "val/goldfish")
	w.expect(2, "", "0 evaluated, 1 failed", "eval", "broken")
	w.expect(0, "B is right in +0.00 % of the images more than A", "2 evaluated", "eval", "--list", "list.csv", "--against", "resnet18_tiny")
	w.expect(0, `"against":`, "", "eval", "--list", "list.csv", "--against", "resnet18_tiny", "--format", "json")
}

// TestEvalPhotos counts what PyTorch gets right of real photos; testdata/photos_reference.py has its predictions.
func TestEvalPhotos(t *testing.T) {
	data := os.Getenv("RESNET_TESTDATA")
	if data == "" {
		t.Skip("RESNET_TESTDATA is not set: no photos and no ImageNet weights")
	}
	reference, err := os.ReadFile("testdata/photos_reference.json")
	if err != nil {
		t.Fatal(err)
	}
	labels, err := os.ReadFile(filepath.Join(data, "photos", "labels.json"))
	if err != nil {
		t.Fatal(err)
	}
	var predicted map[string]struct{ Top5 []int }
	var truth map[string]int
	if err := json.Unmarshal(reference, &predicted); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(labels, &truth); err != nil {
		t.Fatal(err)
	}
	top1, top5 := 0, 0
	for file, class := range truth {
		for rank, p := range predicted[file].Top5 {
			if p == class {
				top5++
				if rank == 0 {
					top1++
				}
			}
		}
	}
	w := newWorld(t)
	w.expect(0, "", "", "eval", filepath.Join(data, "photos"), "--list", filepath.Join(data, "photos", "labels.json"),
		"--arch", "18", "--weights", filepath.Join(data, "weights", "resnet18-imagenet-fp16.safetensors"), "--format", "json", "--exif", "ignore")
	var got struct {
		Top1 int `json:"top1_count"`
		Top5 int `json:"top5_count"`
	}
	if err := json.NewDecoder(strings.NewReader(w.out.String())).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Top1 != top1 || got.Top5 != top5 {
		t.Errorf("top-1 %d, top-5 %d of %d; PyTorch has %d and %d", got.Top1, got.Top5, len(truth), top1, top5)
	}
}
