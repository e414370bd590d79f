package learn

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"resnet/internal/nets"
)

// Photo is a photo of a set and its class.
type Photo struct {
	*nets.Image
	Class int
}

// Sets are the photos to learn from, and those that tell how good a head is. Photos stand in the order of ImageFolder's:
// by class, and then by name.
type Sets struct {
	Classes      []string // in the order of their names
	Train, Valid []Photo
	Notes        []string // what was taken for granted, and what is left out
}

// Source is where the photos are.
type Source struct {
	Dir   string  // a folder for each class, or two sets of them
	List  string  // files and their classes, instead of folders; "": none
	Valid string  // a folder of the other set; "": none
	Share float64 // of the photos of each class, which become the other set where no folder is one
	Split bool    // Share was asked for: a folder of the other set that Dir holds is left alone, and a list names no sets
	Seed  uint64  // of their choice
}

// ReadSets finds the photos of both sets.
func ReadSets(ctx context.Context, o *nets.Opener, from Source) (*Sets, error) {
	s := &Sets{}
	dir, valid := s.folders(o, from)
	train, err := s.read(ctx, o, dir, from.List)
	if err != nil {
		return nil, err
	}
	train, other, err := bySet(train)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", from.List, err)
	case other != nil && (valid != "" || from.Split):
		return nil, fmt.Errorf("%s says which photos are checked; leave --valid out, or the list's column set", from.List)
	case other != nil:
		valid = from.List
	case valid != "":
		if other, err = s.read(ctx, o, valid, ""); err != nil {
			return nil, err
		}
	}
	for _, im := range train {
		s.Classes = append(s.Classes, im.Class)
	}
	slices.Sort(s.Classes)
	s.Classes = slices.Compact(s.Classes)
	if s.Train, err = s.of(train); err != nil {
		return nil, err
	}
	if s.Valid, err = s.of(other); err != nil {
		return nil, fmt.Errorf("%s: %w", valid, err)
	}
	if valid == "" {
		s.split(from.Share, from.Seed)
	}
	return s, nil
}

// bySet parts the photos of a list that names sets; other is nil where it names none.
func bySet(photos []*nets.Image) (train, other []*nets.Image, err error) {
	var errs []error
	for _, im := range photos {
		switch im.Set {
		case "", TrainSet:
			train = append(train, im)
		case ValidSet, "val":
			other = append(other, im)
		default:
			errs = append(errs, fmt.Errorf("%s: set %q; want %s or %s", im.Name, im.Set, TrainSet, ValidSet))
		}
	}
	if errs == nil && train == nil {
		errs = append(errs, errors.New("all photos are of the set "+ValidSet+": there is nothing to learn from"))
	}
	return train, other, errors.Join(errs...)
}

// How lists name the two sets.
const (
	TrainSet = "train"
	ValidSet = "valid"
)

func (s *Sets) note(format string, a ...any) { s.Notes = append(s.Notes, fmt.Sprintf(format, a...)) }

// none is the error of a folder in which there is nothing to learn from; flat is the number of photos that lie in it itself.
func none(dir string, flat int) error {
	what := "no photo found in " + dir
	if flat > 0 {
		what = fmt.Sprintf("the photos of %s lie in no folder, and folders are the classes", dir)
	}
	return fmt.Errorf("%s; make a folder for each class, %s, or give the classes with --list FILE", what, filepath.Join(dir, "CLASS", "…"))
}

// folders are those of the two sets, which a folder that is named may hold; valid is "" where there is no second one.
func (s *Sets) folders(o *nets.Opener, from Source) (dir, valid string) {
	dir, valid = from.Dir, from.Valid
	if valid != "" {
		if _, v := o.Sets(valid); v != "" {
			s.note("%s holds both sets: %s to check", valid, filepath.Base(v))
			valid = v
		}
	}
	if from.List != "" {
		return dir, valid
	}
	train, own := o.Sets(dir)
	switch {
	case train == "":
		return dir, valid
	case own == "":
		s.note("%s holds %s to learn from, and a test, which is left alone", dir, filepath.Base(train))
	case valid != "" && filepath.Clean(valid) == own:
	case valid != "" || from.Split:
		s.note("%s holds both sets: %s to learn from; %s is left alone, as other photos are to check", dir, filepath.Base(train), filepath.Base(own))
	default:
		s.note("%s holds both sets: %s to learn from, %s to check", dir, filepath.Base(train), filepath.Base(own))
		valid = own
	}
	return train, valid
}

// read lists the photos of a list, or of a folder's folders.
func (s *Sets) read(ctx context.Context, o *nets.Opener, dir, list string) ([]*nets.Image, error) {
	var found []*nets.Image
	add := func(im *nets.Image) error {
		switch {
		case im.Fault != nil:
			return im.Fault
		case list == "" && strings.EqualFold(filepath.Ext(im.Name), ".gif"):
			s.note("%s: a GIF is left out, as torchvision's ImageFolder does", im.Name)
		default:
			found = append(found, im)
		}
		return nil
	}
	if list != "" {
		root := dir
		if root == "" {
			root = filepath.Dir(list)
		}
		images, err := o.ReadList(ctx, list, root, func(string) error { return nil })
		if err == nil {
			err = images(ctx, add)
		}
		return found, err
	}
	finder := o.Find([]string{dir}, true, nil)
	if err := finder.EachOfClass(ctx, add); err != nil {
		return nil, err
	}
	if err := s.empty(o, dir, found); err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, none(dir, finder.Skipped[nets.OutsideOfClass])
	}
	if skipped := finder.Skipped.String(); skipped != "" {
		s.note("%s: %s", dir, skipped)
	}
	return found, nil
}

// empty notes folders of a class without a photo.
func (s *Sets) empty(o *nets.Opener, dir string, found []*nets.Image) error {
	entries, err := os.ReadDir(o.Path(dir))
	if err != nil {
		return err
	}
	for _, e := range entries {
		has := func(im *nets.Image) bool { return im.Class == e.Name() }
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && !slices.ContainsFunc(found, has) {
			s.note("%s: no photo in it, no class is made of it", filepath.Join(dir, e.Name()))
		}
	}
	return nil
}

// of gives images the numbers of their classes. One of a class that there is nothing to learn of is an error.
func (s *Sets) of(images []*nets.Image) ([]Photo, error) {
	var photos []Photo
	unknown := map[string]bool{}
	var errs []error
	for _, im := range images {
		class, ok := slices.BinarySearch(s.Classes, im.Class)
		if !ok {
			if !unknown[im.Class] {
				errs = append(errs, fmt.Errorf("class %s (%s) is in this set alone: there is nothing to learn it from", im.Class, im.Name))
			}
			unknown[im.Class] = true
			continue
		}
		photos = append(photos, Photo{im, class})
	}
	return photos, errors.Join(errs...)
}

// split moves a share of each class to the other set: at random, and so that two photos are left to learn from.
func (s *Sets) split(share float64, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 0))
	moved := make([]bool, len(s.Train))
	for class := range s.Classes {
		var own []int
		for i, p := range s.Train {
			if p.Class == class {
				own = append(own, i)
			}
		}
		random.Shuffle(len(own), func(i, j int) { own[i], own[j] = own[j], own[i] })
		n := int(math.Round(share * float64(len(own))))
		for _, i := range own[:max(0, min(n, len(own)-2))] {
			moved[i] = true
		}
	}
	var train []Photo
	for i, p := range s.Train {
		if moved[i] {
			s.Valid = append(s.Valid, p)
		} else {
			train = append(train, p)
		}
	}
	s.Train = train
}

// Check tells whether a head can be fitted to the photos that could be read: each class has two, and there are two classes.
func (s *Sets) Check() error {
	if len(s.Classes) < 2 {
		return fmt.Errorf("all photos are of one class, %s: nothing can be told apart; give photos of another one, too, in a folder of its name", s.Classes[0])
	}
	counts, of := make([]int, len(s.Classes)), make([]string, len(s.Classes))
	for _, p := range s.Train {
		counts[p.Class]++
		of[p.Class] = " (" + p.Name + ")"
	}
	var errs []error
	for class, n := range counts {
		if n < 2 {
			errs = append(errs, fmt.Errorf("class %s has %d photos to learn from%s: want 2 or more", s.Classes[class], n, of[class]))
		}
	}
	return errors.Join(errs...)
}

// Same finds photos with the same bytes: of two classes, which is an error of the labels, and in both sets, which makes
// the head look better than it is. digest is that of each photo.
func (s *Sets) Same(digest func(Photo) string) (classes, sets [][2]string) {
	seen := map[string]Photo{}
	for _, p := range s.Train {
		if other, ok := seen[digest(p)]; ok && other.Class != p.Class {
			classes = append(classes, [2]string{other.Name, p.Name})
		} else if !ok {
			seen[digest(p)] = p
		}
	}
	for _, p := range s.Valid {
		if other, ok := seen[digest(p)]; ok {
			if other.Class != p.Class {
				classes = append(classes, [2]string{other.Name, p.Name})
			} else {
				sets = append(sets, [2]string{other.Name, p.Name})
			}
		}
	}
	return classes, sets
}
