package weights

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"resnet/internal/imaging"
)

func TestManifest(t *testing.T) {
	digest := regexp.MustCompile(`^[0-9a-f]{64}$`)
	names := map[string]string{}
	for _, s := range Sets() {
		for _, name := range append([]string{s.Name}, s.Aliases...) {
			if other, taken := names[fold(name)]; taken {
				t.Errorf("%s is %s and %s", name, s.Name, other)
			}
			names[fold(name)] = s.Name
		}
		if s.SHA256 != "" && !digest.MatchString(s.SHA256) || s.SHA256 != "" && s.SHA256Prefix != "" {
			t.Errorf("%s: sha256 %q, prefix %q", s.Name, s.SHA256, s.SHA256Prefix)
		}
		if base, _, _ := strings.Cut(s.URL, "?"); s.SHA256 != "" && !s.Builtin() && !strings.Contains(base, s.SHA256[:8]) {
			t.Errorf("%s: the file's name %s has not the first digits of %s", s.Name, base, s.SHA256)
		}
		if err := s.Preprocess.Validate(); err != nil || s.Preprocess.Crop.IsZero() {
			t.Errorf("%s: %v", s.Name, err)
		}
		if u, err := url.Parse(s.URL); err != nil || !s.Builtin() && checkURL(u) != nil {
			t.Errorf("%s: %s: %v", s.Name, s.URL, err)
		}
		if s.Top1 == 0 || s.Top5 <= s.Top1 || s.Labels == "" || s.Source == "" {
			t.Errorf("%s: incomplete: %+v", s.Name, s)
		}
		if filepath.Base(s.fileName()) != s.fileName() {
			t.Errorf("%s: file %q", s.Name, s.fileName())
		}
	}
}

// What torchvision has, by the names of its files.
func TestManifestHasTorchvisions(t *testing.T) {
	for name, want := range map[string]string{
		"resnet18": "resnet18-f37072fd", "resnet34": "resnet34-b627a593",
		"resnet50.IMAGENET1K_V1": "resnet50-0676ba61", "resnet50.IMAGENET1K_V2": "resnet50-11ad3fa6", "resnet50": "resnet50-11ad3fa6",
		"resnet101.tv_in1k": "resnet101-63fe2227", "resnet101.DEFAULT": "resnet101-cd907fc2",
		"resnet152.imagenet1k_v1": "resnet152-394f9c45", "ResNet152.DEFAULT": "resnet152-f82ba261",
		"resnext50_32x4d.tv_in1k": "resnext50_32x4d-7cdf4587", "resnext50-32x4d": "resnext50_32x4d-1a0047aa",
		"resnext101_32x8d.tv_in1k": "resnext101_32x8d-8ba56ff5", "resnext101_32x8d": "resnext101_32x8d-110c445d",
		"resnext101_64x4d":        "resnext101_64x4d-173b62eb",
		"wide_resnet50_2.tv_in1k": "wide_resnet50_2-95faca4d", "wide_resnet50_2": "wide_resnet50_2-9ba9bcbe",
		"wide_resnet101_2.tv_in1k": "wide_resnet101_2-32ee1156", "wide_resnet101_2": "wide_resnet101_2-d733dc28",
	} {
		s, ok := Find(name)
		if !ok || s.URL != "https://download.pytorch.org/models/"+want+".pth" {
			t.Errorf("%s is %s at %s", name, s.Name, s.URL)
		}
		resize := 256
		if strings.Contains(s.Name, "tv2") || s.Arch == "resnext101_64x4d" {
			resize = 232
		}
		if s.Preprocess.Resize != imaging.Single(resize) {
			t.Errorf("%s resizes to %v, want %d", s.Name, s.Preprocess.Resize, resize)
		}
	}
	if _, err := MustFind("resnet50.tv3_in1k"); err == nil || !strings.Contains(err.Error(), `did you mean "resnet50.tv`) {
		t.Errorf("got %v", err)
	}
}

func TestBuiltinIsWhatTheManifestSays(t *testing.T) {
	files, err := fs.Glob(builtin, "builtin/*.safetensors")
	if err != nil || len(files) != len(Builtins()) {
		t.Errorf("%d files of %d sets, %v", len(files), len(Builtins()), err)
	}
	for _, s := range Builtins() {
		data := builtinFile(t, s.Name)
		digest := sha256.Sum256(data)
		if got := hex.EncodeToString(digest[:]); got != s.SHA256 || int64(len(data)) != s.Size {
			t.Errorf("%s: %d bytes, sha256 %s", s.Name, len(data), got)
		}
		if found := BuiltinOf(s.SHA256); found == nil || found.Name != s.Name || found.Preprocess == nil || found.Labels == nil {
			t.Errorf("%s is found by its digest as %v", s.Name, found)
		}
	}
}

func builtinFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := builtin.ReadFile("builtin/" + name + ".safetensors")
	if err != nil {
		t.Fatal(err)
	}
	return data
}
