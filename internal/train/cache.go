package train

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"resnet/internal/atomicfile"
	"resnet/internal/imaging"
	"resnet/internal/labels"
	"resnet/internal/nets"
)

// Source says where photos are, and how they are kept.
type Source struct {
	Path     string  // a folder, an archive, or CIFAR-10's binary files
	Side     int     // that photos are cut to
	Shorter  int     // that their shorter sides are scaled to before
	Valid    float64 // the share of each class that is kept back where there is no test
	Seed     uint64  // of that choice
	Cache    string  // the folder of decoded photos; "": they are kept in a temporary one
	Decoding nets.Decoding
	Workers  int
	Decoded  func() // is called after each photo that was decoded; may be nil
}

// CacheFolder is where decoded photos are kept, below the folder of the cache.
func CacheFolder(dir string) string { return filepath.Join(dir, "photos") }

// cacheVersion changes with what a file of decoded photos holds.
const cacheVersion = "resnet photos 2\n"

// cacheIndex stands at the end of a file of decoded photos, before its length.
type cacheIndex struct {
	Classes []string `json:"classes"`
	Side    int      `json:"side"`
	Labels  []int32  `json:"labels"`
	Sets    []byte   `json:"sets"`
	Digest  string   `json:"sha256"`         // of the pixels
	Failed  int      `json:"failed"`         // photos that could not be read
	Lost    int      `json:"lost,omitempty"` // links of an archive that lead to no file of it
	// Broken are classes of which none could be; Empty are folders without a photo; Skipped is what else there is, in words.
	Broken  []string `json:"broken,omitempty"`
	Empty   []string `json:"empty,omitempty"`
	Skipped string   `json:"skipped,omitempty"`
}

// Open reads the photos, from the cache where they were decoded before.
func Open(ctx context.Context, o *nets.Opener, from Source) (*Data, error) {
	where := o.Path(from.Path)
	key, err := from.key(ctx, where)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from.Path, err)
	}
	file := filepath.Join(from.Cache, key+".bin")
	d, sets, err := load(file)
	if err != nil {
		if err := from.decode(ctx, where, file); err != nil {
			return nil, fmt.Errorf("%s: %w", from.Path, err)
		}
		if d, sets, err = load(file); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	if err := d.divide(sets, from); err != nil {
		d.Close()
		return nil, fmt.Errorf("%s: %w", from.Path, err)
	}
	return d, nil
}

// key names the decoded photos: by the files that they come from, their sizes and times, and by how they are cut.
func (s Source) key(ctx context.Context, where string) (string, error) {
	absolute, err := filepath.Abs(where)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s%d %d %t %d\n", cacheVersion, s.Side, s.Shorter, s.Decoding.IgnoreEXIF, s.Decoding.Limits.MaxPixels)
	err = filepath.WalkDir(absolute, func(file string, entry fs.DirEntry, err error) error {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		switch info, err := os.Stat(file); {
		case err != nil && entry.Type()&fs.ModeSymlink != 0: // a link to nothing: a photo that can't be read
			fmt.Fprintf(h, "%q\n", file)
		case err != nil:
			return err
		case !info.IsDir():
			fmt.Fprintf(h, "%q %d %d\n", file, info.Size(), info.ModTime().UnixNano())
		}
		return nil
	})
	return hex.EncodeToString(h.Sum(nil)[:16]), err
}

// divide makes the sets that are learned from and tested on.
func (d *Data) divide(sets []byte, from Source) error {
	by := [3][]int32{}
	for i, set := range sets {
		by[set] = append(by[set], int32(i))
	}
	d.Train, d.Test = by[setTrain], by[setTest]
	switch {
	case len(d.broken) > 0:
		return fmt.Errorf("no photo can be read of class %s: give others, or take the folder away", someNames(d.broken))
	case len(d.Train) == 0:
		return errors.New("no photo found: want a folder for each class, or train/CLASS and test/CLASS")
	case len(d.Classes) < 2:
		return fmt.Errorf("all photos are of one class, %s: nothing can be told apart; give photos of another one, too, in a folder of its name", d.Classes[0])
	case len(d.Test) > 0 && len(by[setValid]) > 0:
		d.Notes = append(d.Notes, fmt.Sprintf("%s holds train, val and test: val is left alone", from.Path))
	case len(d.Test) == 0 && len(by[setValid]) > 0:
		d.Test = by[setValid]
	case len(d.Test) == 0:
		if err := d.split(from.Valid, from.Seed); err != nil {
			return err
		}
	}
	return d.check()
}

// preprocess cuts photos to the squares that are kept.
func (s Source) preprocess() imaging.Preprocess {
	return imaging.Preprocess{Resize: imaging.Single(s.Shorter), Crop: imaging.Single(s.Side), Interpolation: imaging.Bilinear, Std: [3]float32{1, 1, 1}}
}

// decode writes a file of decoded photos: version, pixels, index, length of the index. Photos are in the order of their paths, as a
// folder has them, and those of a binary file as it has them: an archive of other order is the same photos.
func (s Source) decode(ctx context.Context, where, file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	out, err := atomicfile.Create(file)
	if err != nil {
		return err
	}
	defer out.Cleanup()
	if _, err := out.Write([]byte(cacheVersion)); err != nil {
		return err
	}
	w := &walker{path: where, name: s.Path, limits: s.Decoding.Limits, skipped: nets.Skipped{}, folders: map[string]bool{}, holds: map[string]bool{}}
	index := cacheIndex{Side: s.Side}
	var photos []found
	failed := map[string]bool{} // classes
	about := map[*nets.Image]found{}
	var mu sync.Mutex // of about
	images := func(ctx context.Context, yield func(*nets.Image) error) error {
		return w.each(ctx, func(im *nets.Image, what found) error {
			mu.Lock()
			about[im] = what
			mu.Unlock()
			return yield(im)
		})
	}
	p := s.preprocess()
	decode := func(ctx context.Context, im *nets.Image) ([]byte, error) {
		crop, err := s.Decoding.Load(ctx, im, p)
		if err != nil {
			return nil, err
		}
		return crop.Pix, nil
	}
	err = nets.Each(ctx, images, s.Workers, decode, func(job *nets.Done[[]byte]) error {
		mu.Lock()
		what := about[job.Image]
		delete(about, job.Image)
		mu.Unlock()
		if s.Decoded != nil {
			s.Decoded()
		}
		if job.Err != nil {
			index.Failed++
			failed[what.class] = true
			if s.Decoding.Warn != nil {
				s.Decoding.Warn(job.Name, "left out: "+job.Err.Error())
			}
			return nil
		}
		photos = append(photos, what)
		_, err := out.Write(job.Value)
		return err
	})
	if err != nil {
		return err
	}
	if len(photos) == 0 {
		return errors.New("no photo found: want a folder for each class, train/CLASS and test/CLASS, an archive of such, or CIFAR-10's binary files")
	}
	index.Lost = w.lost
	sorted, err := s.sort(ctx, file, out, photos, &index)
	if err != nil {
		return err
	}
	defer sorted.Cleanup()
	classes := make([]string, len(photos))
	for i, photo := range photos {
		classes[i], index.Sets = photo.class, append(index.Sets, photo.set)
		delete(failed, photo.class)
	}
	if err := index.label(classes, w); err != nil {
		return err
	}
	index.Broken, index.Empty, index.Skipped = slices.Sorted(maps.Keys(failed)), w.empty(), w.skipped.String()
	text, err := json.Marshal(index)
	if err != nil {
		return err
	}
	if _, err := sorted.Write(binary.LittleEndian.AppendUint64(text, uint64(len(text)))); err != nil {
		return err
	}
	return sorted.Commit()
}

// sort brings photos into the order of their paths, with their pixels: those of written stand behind the version. The result is a file
// in the place of written where they were in another order. It takes the digest of the pixels.
func (s Source) sort(ctx context.Context, file string, written *atomicfile.File, photos []found, index *cacheIndex) (*atomicfile.File, error) {
	size := s.Side * s.Side * 3
	order := make([]int, len(photos))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(photos[a].at, photos[b].at) })
	out := written
	if !slices.IsSorted(order) {
		var err error
		if out, err = atomicfile.Create(file); err != nil {
			return nil, err
		}
		if _, err := out.Write([]byte(cacheVersion)); err != nil {
			return nil, errors.Join(err, out.Cleanup())
		}
	}
	before := slices.Clone(photos)
	in, err := os.Open(written.Name())
	if err != nil {
		return nil, errors.Join(err, out.Cleanup())
	}
	defer in.Close()
	h, pixels := sha256.New(), make([]byte, size)
	for to, from := range order {
		photos[to] = before[from]
		_, err := in.ReadAt(pixels, int64(len(cacheVersion))+int64(from)*int64(size))
		h.Write(pixels)
		if err == nil && out != written {
			_, err = out.Write(pixels)
		}
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return nil, errors.Join(err, out.Cleanup())
		}
	}
	index.Digest = hex.EncodeToString(h.Sum(nil))
	return out, nil
}

// label gives the photos the numbers of their classes.
func (x *cacheIndex) label(classes []string, w *walker) error {
	if w.binary {
		names := w.names
		if len(names) != 10 {
			builtin, err := labels.Builtin("cifar10")
			if err != nil {
				return err
			}
			names = builtin.Classes
		}
		for i, c := range classes {
			if len(c) != 1 || c[0] < '0' || c[0] > '9' {
				return fmt.Errorf("holds CIFAR-10's binary files and photos in folders: want one of them")
			}
			classes[i] = names[c[0]-'0']
		}
	}
	x.Classes = slices.Compact(slices.Sorted(slices.Values(classes)))
	for _, c := range classes {
		label, _ := slices.BinarySearch(x.Classes, c)
		x.Labels = append(x.Labels, int32(label))
	}
	return nil
}

// load maps a file of decoded photos. One that is damaged is an error.
func load(file string) (*Data, []byte, error) {
	data, unmap, err := mapFile(file)
	if err != nil {
		return nil, nil, err
	}
	d, sets, err := parse(data)
	if err != nil {
		unmap()
		return nil, nil, err
	}
	d.close = unmap
	return d, sets, nil
}

// parse reads a file of decoded photos.
func parse(data []byte) (*Data, []byte, error) {
	damaged := errors.New("is no file of decoded photos, or damaged")
	head := len(cacheVersion)
	if len(data) < head+8 || string(data[:head]) != cacheVersion {
		return nil, nil, damaged
	}
	end := len(data) - 8
	length := binary.LittleEndian.Uint64(data[end:])
	if length > uint64(end-head) {
		return nil, nil, damaged
	}
	var index cacheIndex
	text, pixels := data[end-int(length):end], data[head:end-int(length)]
	if err := json.Unmarshal(text, &index); err != nil {
		return nil, nil, damaged
	}
	n := len(index.Labels)
	ok := index.Side > 0 && index.Side < 1<<15 && len(index.Sets) == n && len(pixels) == n*index.Side*index.Side*3
	for i := range n {
		ok = ok && index.Labels[i] >= 0 && int(index.Labels[i]) < len(index.Classes) && i < len(index.Sets) && index.Sets[i] <= setValid
	}
	if sum := sha256.Sum256(pixels); !ok || hex.EncodeToString(sum[:]) != index.Digest {
		return nil, nil, damaged
	}
	d := &Data{Classes: index.Classes, Side: index.Side, Labels: index.Labels, pixels: pixels, broken: index.Broken}
	if index.Failed > 0 {
		d.Notes = append(d.Notes, fmt.Sprintf("photos that could not be read are left out: %d", index.Failed))
	}
	if len(index.Empty) > 0 {
		d.Notes = append(d.Notes, "without a photo: "+someNames(index.Empty))
	}
	if index.Skipped != "" {
		d.Notes = append(d.Notes, "what is no photo by its name: "+index.Skipped)
	}
	if index.Lost > 0 {
		d.Notes = append(d.Notes, fmt.Sprintf("links of the archive that lead to no file of it are left out: %d", index.Lost))
	}
	index.Broken, index.Empty, index.Skipped, index.Lost = nil, nil, "", 0
	own, err := json.Marshal(index) // with the digest of the pixels
	if err != nil {
		return nil, nil, err
	}
	sum := sha256.Sum256(own)
	d.Digest = hex.EncodeToString(sum[:])
	return d, index.Sets, nil
}
