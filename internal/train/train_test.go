package train

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"resnet/internal/engine"
	"resnet/internal/graph"
	"resnet/internal/imaging"
	"resnet/internal/labels"
	"resnet/internal/nets"
	"resnet/internal/random"
)

// picture is a small one whose colours tell its class, with a pattern of its own.
func picture(t *testing.T, class, n int) []byte {
	t.Helper()
	im := imaging.NewImage(8, 8)
	for i := range im.Pix {
		im.Pix[i] = byte((i*7 + n*31) % 64)
		if i%3 == class {
			im.Pix[i] += 150
		}
	}
	var b bytes.Buffer
	if err := im.EncodePNG(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// photoFiles are those of a small set.
func photoFiles(t *testing.T) map[string][]byte {
	files := map[string][]byte{}
	for class, name := range []string{"blue", "green", "red"} {
		for n := range 12 {
			files[fmt.Sprintf("set/train/%s/%02d.png", name, n)] = picture(t, class, n)
		}
		for n := range 4 {
			files[fmt.Sprintf("set/test/%s/%02d.png", name, n)] = picture(t, class, 100+n)
		}
	}
	return files
}

func writeFolder(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, data, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "set")
}

func writeArchive(t *testing.T, files map[string][]byte, packed bool) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	slices.Reverse(names) // an order that no folder has
	for _, name := range names {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(files[name]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(files[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	data := b.Bytes()
	if packed {
		var z bytes.Buffer
		zw := gzip.NewWriter(&z)
		if _, err := zw.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := zw.Close(); err != nil {
			t.Fatal(err)
		}
		data = z.Bytes()
	}
	path := filepath.Join(t.TempDir(), "photos")
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func source(path, cache string) Source {
	return Source{Path: path, Side: 8, Shorter: 8, Valid: 0.25, Cache: cache, Workers: 2}
}

func open(t *testing.T, s Source) *Data {
	t.Helper()
	d, err := Open(t.Context(), &nets.Opener{}, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// TestArchiveLinks: links of an archive are photos, as they are in the folder that it was made of, and of several files of one name
// the last counts.
func TestArchiveLinks(t *testing.T) {
	files := photoFiles(t)
	var first string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if nets.IsImageName(name) {
			first = name
			break
		}
	}
	whole, err := os.ReadFile(writeArchive(t, files, false))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	second := path.Dir(first) + "/zz" + path.Ext(first)
	for _, h := range []*tar.Header{
		{Typeflag: tar.TypeLink, Name: second, Linkname: first},
		{Typeflag: tar.TypeSymlink, Name: path.Dir(first) + "/out.png", Linkname: "/etc/passwd"},
		{Typeflag: tar.TypeReg, Name: first, Size: int64(len(files[first]))},
	} {
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Write(files[first]); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	end := len(whole) - 1024 // two empty blocks
	file := filepath.Join(t.TempDir(), "photos.tar")
	if err := os.WriteFile(file, append(whole[:end:end], b.Bytes()...), 0o666); err != nil {
		t.Fatal(err)
	}
	plain := open(t, source(writeArchive(t, files, false), t.TempDir()))
	got := open(t, source(file, t.TempDir()))
	if n, m := len(got.Labels), len(plain.Labels); n != m+1 {
		t.Errorf("%d photos, want %d", n, m+1)
	}
	if want := []string{"links of the archive that lead to no file of it are left out: 1"}; !slices.Equal(got.Notes, append(plain.Notes, want...)) {
		t.Errorf("notes %q", got.Notes)
	}
}

// TestSources: a folder and archives of it are the same photos, which are decoded once.
func TestSources(t *testing.T) {
	files := photoFiles(t)
	cache := t.TempDir()
	decoded := 0
	folder := source(writeFolder(t, files), cache)
	folder.Decoded = func() { decoded++ }
	want := open(t, folder)
	if len(want.Train) != 36 || len(want.Test) != 12 || !slices.Equal(want.Classes, []string{"blue", "green", "red"}) {
		t.Fatalf("%d photos to learn from, %d to test, classes %v", len(want.Train), len(want.Test), want.Classes)
	}
	open(t, folder)
	if decoded != 48 {
		t.Errorf("%d photos were decoded, want 48", decoded)
	}
	for _, packed := range []bool{false, true} {
		got := open(t, source(writeArchive(t, files, packed), cache))
		if got.Digest != want.Digest {
			t.Errorf("an archive (packed: %t) holds other photos than the folder", packed)
		}
	}
	test := want.photo(want.Test[0])
	if !bytes.Equal(test, decode(t, files["set/test/blue/00.png"])) {
		t.Error("the first photo of the test is not set/test/blue/00.png")
	}
}

func decode(t *testing.T, data []byte) []byte {
	t.Helper()
	crop, err := imaging.Preprocess{Interpolation: imaging.Bilinear, Std: [3]float32{1, 1, 1}}.Load(t.Context(), data, imaging.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return crop.Pix
}

// TestLeftOut: what is not learned from is told of; a class of which nothing can be read is an error.
func TestLeftOut(t *testing.T) {
	files := photoFiles(t)
	for n := range 4 {
		delete(files, fmt.Sprintf("set/test/red/%02d.png", n))
	}
	for _, name := range []string{"set/train/red/notes.txt", "set/train/red/a.heic", "set/loose.png"} {
		files[name] = picture(t, 0, 1)
	}
	dir := writeFolder(t, files)
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "train", "none"), 0o777), os.Symlink("nothing", filepath.Join(dir, "train", "red", "link.png"))); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"photos that could not be read are left out: 1", "without a photo: train/none",
		"what is no photo by its name: 3 skipped (1 .heic, 1 .txt, 1 outside of a class folder)", "without a photo to test: red",
	}
	if d := open(t, source(dir, t.TempDir())); !slices.Equal(d.Notes, want) || len(d.Train) != 36 {
		t.Errorf("%q, %d photos", d.Notes, len(d.Train))
	}
	for name := range files {
		if strings.Contains(name, "/blue/") {
			files[name] = []byte("no photo")
		}
	}
	if _, err := Open(t.Context(), &nets.Opener{}, source(writeFolder(t, files), t.TempDir())); err == nil || !strings.Contains(err.Error(), "no photo can be read of class blue") {
		t.Errorf("a class of damaged photos: %v", err)
	}
}

// TestSplit: without a test a share of each class is kept back, another one with another seed.
func TestSplit(t *testing.T) {
	files := map[string][]byte{}
	for name, data := range photoFiles(t) {
		files["set/"+strings.SplitN(name, "/", 3)[2]] = data
	}
	s := source(writeFolder(t, files), t.TempDir())
	a := open(t, s)
	s.Seed = 1
	b := open(t, s)
	if len(a.Train) != 27 || len(a.Test) != 9 {
		t.Errorf("%d and %d photos, want 27 and 9", len(a.Train), len(a.Test))
	}
	if slices.Equal(a.Test, b.Test) {
		t.Error("another seed keeps back the same photos")
	}
}

// TestCIFAR reads the binary version, a record of which is its label and three planes.
func TestCIFAR(t *testing.T) {
	record := func(label byte) []byte {
		r := make([]byte, cifarRecord)
		r[0] = label
		for i := range r[1:] {
			r[1+i] = byte(i/1024*50) + label
		}
		return r
	}
	files := map[string][]byte{
		"set/data_batch_1.bin": append(record(3), record(5)...), "set/data_batch_2.bin": append(record(3), record(5)...), "set/test_batch.bin": record(5),
	}
	s := source(writeFolder(t, files), t.TempDir())
	s.Side, s.Shorter = 32, 32
	d := open(t, s)
	if !slices.Equal(d.Classes, []string{"cat", "dog"}) || len(d.Train) != 4 || len(d.Test) != 1 {
		t.Fatalf("classes %v, %d and %d photos", d.Classes, len(d.Train), len(d.Test))
	}
	if p := d.photo(d.Test[0]); !bytes.Equal(p[:3], []byte{5, 55, 105}) {
		t.Errorf("the first pixel is %v, want [5 55 105]", p[:3])
	}
	files["set/test_batch.bin"] = record(10)
	s.Path = writeFolder(t, files)
	if _, err := Open(t.Context(), &nets.Opener{}, s); err == nil || !strings.Contains(err.Error(), "test_batch.bin: photo 0 is of class 10") {
		t.Errorf("a label of 10: %v", err)
	}
	files["set/test_batch.bin"] = record(1)[:500]
	s.Path = writeFolder(t, files)
	if _, err := Open(t.Context(), &nets.Opener{}, s); err == nil || !strings.Contains(err.Error(), "test_batch.bin: photo 0: unexpected EOF") {
		t.Errorf("a short record: %v", err)
	}
}

// TestSourceErrors: what holds nothing to learn from says so.
func TestSourceErrors(t *testing.T) {
	text := filepath.Join(t.TempDir(), "words.txt")
	if err := os.WriteFile(text, bytes.Repeat([]byte("no archive "), 100), 0o666); err != nil {
		t.Fatal(err)
	}
	one := map[string][]byte{"set/train/a/1.png": picture(t, 0, 1), "set/test/a/1.png": picture(t, 0, 2)}
	for _, test := range []struct{ path, want string }{
		{filepath.Join(t.TempDir(), "none"), "no such file"},
		{t.TempDir(), "no photo found"},
		{text, "is neither a folder nor an archive"},
		{writeFolder(t, one), "all photos are of one class, a: nothing can be told apart; give photos of another one, too"},
		{writeFolder(t, map[string][]byte{"set/a/1.png": picture(t, 0, 1)}), "all photos are of one class, a"},
		{writeFolder(t, map[string][]byte{"set/a/1.png": picture(t, 0, 1), "set/b/1.png": picture(t, 0, 1)}), "2 photos of 2 classes are too few for the share that is; give more of either"},
		{writeFolder(t, map[string][]byte{"set/train/a/1.png": one["set/train/a/1.png"], "set/test/b/1.png": one["set/test/a/1.png"]}), "class b has no photo to learn from"},
	} {
		if _, err := Open(t.Context(), &nets.Opener{}, source(test.path, t.TempDir())); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.path, err, test.want)
		}
	}
}

// TestDamagedCache: a file of decoded photos that is cut off or changed is decoded again.
func TestDamagedCache(t *testing.T) {
	s := source(writeFolder(t, photoFiles(t)), t.TempDir())
	want := open(t, s).Digest
	files, err := filepath.Glob(filepath.Join(s.Cache, "*.bin"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	whole, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	changed := slices.Clone(whole)
	changed[len(cacheVersion)+5] ^= 1
	for _, data := range [][]byte{whole[:len(whole)-9], changed, nil, whole[:30], bytes.Repeat([]byte{255}, 200)} {
		if err := errors.Join(os.Remove(files[0]), os.WriteFile(files[0], data, 0o666)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := load(files[0]); err == nil {
			t.Errorf("a damaged file of %d bytes was read", len(data))
		}
		if got := open(t, s).Digest; got != want {
			t.Errorf("after a damaged file of %d bytes the photos are others", len(data))
		}
	}
}

// tinyYAML is a network that trains in a moment.
const tinyYAML = `block: basic
layers: [1, 1]
planes: [4, 8]
strides: [1, 2]
shortcut: pad
stem:
  conv: {kernel: 3, planes: 4, stride: 1, padding: 1}
  pool: none
num_classes: 7
input: [3, 8, 8]
preprocess: {resize: 8, crop: 8}
`

func newRun(t *testing.T, d *Data, dir string, threads int) *Run {
	t.Helper()
	file := filepath.Join(t.TempDir(), "tiny.yaml")
	if err := os.WriteFile(file, []byte(tinyYAML), 0o666); err != nil {
		t.Fatal(err)
	}
	p := imaging.Preprocess{Resize: imaging.Single(8), Crop: imaging.Single(8), Interpolation: imaging.Bilinear}
	p.Mean, p.Std = d.Pixels()
	var o nets.Opener
	tiny, err := o.OpenGraph(t.Context(), nets.Choice{Net: file})
	if err != nil {
		t.Fatal(err)
	}
	net, err := o.Untrained(tiny, &labels.List{Classes: d.Classes}, p)
	if err != nil {
		t.Fatal(err)
	}
	team := engine.NewTeam(threads)
	t.Cleanup(team.Close)
	recipe := DefaultRecipe(8)
	recipe.Epochs, recipe.Batch, recipe.Accumulate, recipe.Pad, recipe.Warmup = 4, 6, 2, 1, 0.5
	return &Run{Net: net, Data: d, Recipe: recipe, Dir: dir, Team: team}
}

// TestResume: a run that is stopped after each epoch, and in the middle of the next, ends with the bytes of one that was not, on any
// number of threads; and it learns.
func TestResume(t *testing.T) {
	d := open(t, source(writeFolder(t, photoFiles(t)), t.TempDir()))
	whole, parts := t.TempDir(), t.TempDir()
	r := newRun(t, d, whole, 2)
	var last Epoch
	r.Epoch = func(e Epoch) { last = e }
	progress, err := r.Train(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if progress.Epoch != 4 || progress.Step != 12 || last.TestError > 0.34 {
		t.Errorf("after the run: %+v, %+v", progress, last)
	}
	for n := range 4 {
		ctx, cancel := context.WithCancel(t.Context())
		r := newRun(t, d, parts, 1+n%2)
		r.Batch = func(s Status) {
			if s.Epoch == n+2 && s.Batch == 3 {
				cancel()
			}
		}
		if _, err := r.Train(ctx); n < 3 && !errors.Is(err, context.Canceled) {
			t.Fatalf("epoch %d: %v", n, err)
		}
		cancel()
	}
	for _, name := range []string{CheckpointFile, BestFile, GradientsFile} {
		a, err1 := os.ReadFile(filepath.Join(whole, name))
		b, err2 := os.ReadFile(filepath.Join(parts, name))
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s has other bytes after interruptions", name)
		}
	}
	epochs, err := ReadMetrics(filepath.Join(parts, MetricsFile))
	if err != nil || len(epochs) != 4 || epochs[3].Epoch != 4 || epochs[3].Step != 12 {
		t.Errorf("metrics: %+v, %v", epochs, err)
	}
}

// TestResumeRefuses what would not go on as it began.
func TestResumeRefuses(t *testing.T) {
	d := open(t, source(writeFolder(t, photoFiles(t)), t.TempDir()))
	dir := t.TempDir()
	r := newRun(t, d, dir, 1)
	r.Recipe.Epochs, r.Recipe.Warmup = 1, 0
	if _, err := r.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		change func(*Run)
		want   string
	}{
		{func(r *Run) { r.Recipe.Rate = 0.2 }, "another recipe"},
		{func(r *Run) { r.Exact = true }, "another recipe"},
		{func(r *Run) { other := *r.Data; other.Digest = "x"; r.Data = &other }, "the photos are not those"},
		{func(r *Run) { r.Recipe.Batch = 100 }, "36 photos to learn from are less than a step of 200"},
	} {
		r := newRun(t, d, dir, 1)
		r.Recipe.Epochs, r.Recipe.Warmup = 1, 0
		test.change(r)
		if _, err := r.Train(t.Context()); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v, want %q", err, test.want)
		}
	}
}

// TestResumeTables: a run goes on only where its tables have the rows of all epochs that its checkpoint has; more, as a run that was
// killed before it wrote the checkpoint leaves them, are taken away.
func TestResumeTables(t *testing.T) {
	d := open(t, source(writeFolder(t, photoFiles(t)), t.TempDir()))
	dir := t.TempDir()
	again := func(epochs int) *Run {
		r := newRun(t, d, dir, 1)
		r.Recipe.Epochs, r.Recipe.Warmup = epochs, 0
		return r
	}
	if _, err := again(2).Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		file   string
		change func(lines []string) []string // nil: the file goes
		ok     bool
	}{
		{MetricsFile, func(l []string) []string { return l }, true},
		{MetricsFile, func(l []string) []string { return append(l, strings.Replace(l[2], "2", "3", 1)) }, true},
		{MetricsFile, nil, false},
		{MetricsFile, func(l []string) []string { return l[:1] }, false},
		{MetricsFile, func(l []string) []string { return l[:2] }, false},
		{MetricsFile, func(l []string) []string { return []string{l[0], l[2]} }, false},
		{MetricsFile, func(l []string) []string { return []string{l[0], l[1], l[1]} }, false},
		{GradientsFile, nil, false},
		{GradientsFile, func(l []string) []string { return l[:len(l)-1] }, false},
	} {
		path := filepath.Join(dir, test.file)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if test.change != nil {
			text := strings.Join(test.change(strings.Split(strings.TrimSpace(string(whole)), "\n")), "\n") + "\n"
			if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		r := again(2)
		_, err = r.Train(t.Context())
		if test.ok {
			if epochs, err2 := r.Epochs(); errors.Join(err, err2) != nil || len(epochs) != 2 || epochs[1].Epoch != 2 {
				t.Errorf("%s: %v, %v, %v", test.file, epochs, err, err2)
			}
		} else if err == nil || !strings.Contains(err.Error(), test.file+": its rows are not those of epochs 1 to 2, which the checkpoint has") {
			t.Errorf("%s: got %v", test.file, err)
		}
		if err := os.WriteFile(path, whole, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOtherKernels: a run that went on with other kernels says so, and one that is done has none any more.
func TestOtherKernels(t *testing.T) {
	d := open(t, source(writeFolder(t, photoFiles(t)), t.TempDir()))
	dir := t.TempDir()
	next := func() *Run {
		r := newRun(t, d, dir, 1)
		r.Recipe.Epochs, r.Recipe.Warmup = 2, 0
		return r
	}
	r := next()
	if err := r.Prepare(); err != nil {
		t.Fatal(err)
	}
	own := r.progress.Kernels
	ctx, cancel := context.WithCancel(t.Context())
	r.progress.Kernels, r.Epoch = "others", func(Epoch) { cancel() }
	if _, err := r.Train(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	r = next()
	notices := 0
	r.Notice = func(string) { notices++ }
	if p, err := r.Train(t.Context()); err != nil || !slices.Equal(p.Before, []string{"others to epoch 1"}) || p.Kernels != own || notices != 1 {
		t.Errorf("%+v, %v, %d notices", p, err, notices)
	}
	if p, err := next().Train(t.Context()); err != nil || !slices.Equal(p.Before, []string{"others to epoch 1"}) || p.Kernels != own {
		t.Errorf("a run that is done: %+v, %v", p, err)
	}
}

// TestNotFinite: a learning rate that is far too large ends the run, and says where.
func TestNotFinite(t *testing.T) {
	d := open(t, source(writeFolder(t, photoFiles(t)), t.TempDir()))
	r := newRun(t, d, t.TempDir(), 1)
	r.Recipe.Rate, r.Recipe.Warmup = 1e6, 0
	_, err := r.Train(t.Context())
	if _, ok := errors.AsType[*engine.NotFiniteError](err); !ok || !strings.Contains(err.Error(), "epoch ") {
		t.Errorf("got %v", err)
	}
}

// TestFirst: it is asked once before anything is kept, and prevents it.
func TestFirst(t *testing.T) {
	d := open(t, source(writeFolder(t, photoFiles(t)), t.TempDir()))
	r := newRun(t, d, t.TempDir(), 1)
	asked, taken := 0, errors.New("taken")
	r.Epoch = func(Epoch) { t.Error("an epoch was kept") }
	r.First = func() error { asked++; return taken }
	if _, err := r.Train(t.Context()); !errors.Is(err, taken) {
		t.Error(err)
	}
	if left, err := os.ReadDir(r.Dir); err != nil || len(left) > 0 {
		t.Errorf("kept: %v, %v", left, err)
	}
	r = newRun(t, d, t.TempDir(), 1)
	r.First = func() error { asked++; return nil }
	if _, err := r.Train(t.Context()); err != nil || asked != 2 {
		t.Errorf("asked %d times, %v", asked-1, err)
	}
}

// TestInit: a run begins with the weights of another, but for a classifier of other classes; what is frozen stays, its running
// statistics too, and the rest moves.
func TestInit(t *testing.T) {
	d := open(t, source(writeFolder(t, photoFiles(t)), t.TempDir()))
	dir := t.TempDir()
	first := newRun(t, d, dir, 1)
	first.Recipe.Epochs, first.Recipe.Warmup = 1, 0
	if _, err := first.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	begun := held(first.trainer.Params())
	next := newRun(t, d, t.TempDir(), 1)
	next.Init, next.Recipe.Init, next.Recipe.Freeze = begun, "digest", "conv1,bn1,layer1"
	if _, err := next.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, p := range next.trainer.Params() {
		frozen := strings.HasPrefix(p.Name, "conv1") || strings.HasPrefix(p.Name, "bn1") || strings.HasPrefix(p.Name, "layer1.")
		if same := slices.Equal(p.Values, begun[i].Values); same != frozen {
			t.Errorf("%s: the same as before: %t, frozen: %t", p.Name, same, frozen)
		}
	}
	next = newRun(t, d, t.TempDir(), 1)
	next.Init, next.NewClassifier = begun, true
	own := random.Weights(next.Net.Graph.Graph, next.Recipe.Seed)
	for name, other := range map[string]graph.Weights{"fc.weight": own, "fc.bias": own, "conv1.weight": begun} {
		info, _ := own.Info(name)
		got, want := make([]float32, info.Shape.Elements()), make([]float32, info.Shape.Elements())
		if err := errors.Join(next.first().Read(name, got), other.Read(name, want)); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s of a run with a new classifier: %v", name, err)
		}
	}
	next.Recipe.Freeze = "layer1,fc"
	if _, err := next.Train(t.Context()); err == nil || !strings.Contains(err.Error(), "freeze: the classifier, fc, begins at random") {
		t.Errorf("a new classifier that is frozen: %v", err)
	}
	next = newRun(t, d, t.TempDir(), 1)
	next.Recipe.Freeze = "layer9"
	if _, err := next.Train(t.Context()); err == nil || !strings.Contains(err.Error(), "layer9") {
		t.Errorf("a layer that is not there: %v", err)
	}
}

// biased are weights whose biases are all 1.
type biased struct{ graph.Weights }

func (b biased) Read(name string, dst []float32) error {
	err := b.Weights.Read(name, dst)
	if strings.HasSuffix(name, ".bias") {
		for i := range dst {
			dst[i] = 1
		}
	}
	return err
}

// TestWithoutStatistics: batch norms of first weights that hold no statistics are told of once, unless they stay as they are; those
// that have learned nothing yet, and those of a run that goes on, are not.
func TestWithoutStatistics(t *testing.T) {
	d := open(t, source(writeFolder(t, photoFiles(t)), t.TempDir()))
	trained := newRun(t, d, t.TempDir(), 1)
	trained.Recipe.Epochs, trained.Recipe.Warmup = 1, 0
	if _, err := trained.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	fresh := random.Weights(trained.Net.Graph.Graph, 1)
	for name, test := range map[string]struct {
		init   graph.Weights
		freeze string
		want   string
	}{
		"none":         {biased{fresh}, "", " batch norms that are trained hold no statistics in the first weights (mean 0, variance 1). "},
		"some stay":    {biased{fresh}, "conv1,bn1", "with --freeze conv1,bn1,BatchNorm2d, or take"},
		"all stay":     {biased{fresh}, "BatchNorm2d", ""},
		"statistics":   {held(trained.trainer.Params()), "", ""},
		"random":       {nil, "", ""},
		"fresh a file": {fresh, "", ""},
	} {
		r := newRun(t, d, t.TempDir(), 1)
		r.Init, r.Recipe.Freeze = test.init, test.freeze
		var told []string
		r.Notice = func(text string) { told = append(told, text) }
		if err := r.Prepare(); err != nil {
			t.Fatal(err)
		}
		if want := min(1, len(test.want)); len(told) != want || !strings.Contains(strings.Join(told, ""), test.want) {
			t.Errorf("%s: told %q", name, told)
		}
	}
	trained.Recipe.Epochs, trained.Init = 1, biased{fresh}
	trained.Notice = func(text string) { t.Errorf("a run that goes on: %s", text) }
	if err := trained.Prepare(); err != nil {
		t.Fatal(err)
	}
}
