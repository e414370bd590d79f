package weights

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"resnet/internal/checkpoint"
	"resnet/internal/imaging"
	"resnet/internal/labels"
)

// A Source is where weights come from, and what travels with them. What nobody says is nil or "".
type Source struct {
	Name string // for every output: resnet50.tv2_in1k, or the path of a file
	Path string // of the checkpoint; "" for one inside the binary
	Set  *Set   // of the manifest
	// Configs are the paths of the files beside the checkpoint that were read.
	Configs []string

	Arch       string // that is said to belong to the weights; may be none that is known here
	Preprocess *imaging.Preprocess
	Labels     *labels.List
	// StrideIn and FirstStride are what a transformers' config says of the network and its tensors do not.
	StrideIn    string
	FirstStride int
	// Problem is what a transformers' config says that the network was trained for, where that is not one of several classes.
	Problem string
	// OutputStride is what a timm's config says of how much smaller the last map is than the input; 0: nothing.
	OutputStride int
	// AA is the anti-aliasing that the name of a timm's network says (model.Spec); "": none.
	AA string
	// Told is what the file itself says, once it was opened; it outweighs what lies beside it.
	Told *Told

	sha256 string // "" until it is asked for
}

// Builtin tells whether the weights are inside the binary.
func (s *Source) Builtin() bool { return s.Path == "" }

// HeadOnly tells whether the file, once it was opened, is a classifier alone, of a network whose other weights it names.
func (s *Source) HeadOnly() bool { return s.Told != nil && s.Told.Base != "" }

// Open opens the checkpoint, and takes over what it says of itself unless it is that of a set. Its tensors are read one at
// a time.
func (s *Source) Open() (*checkpoint.File, error) {
	if s.Builtin() {
		return OpenBuiltin(s.Name)
	}
	file, err := checkpoint.Open(s.Path)
	if err != nil || s.Set != nil {
		return file, err
	}
	if s.Told, err = ToldBy(file.Metadata(), s.Name); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if t := s.Told; t != nil {
		s.Preprocess, s.Labels = cmp.Or(t.Preprocess, s.Preprocess), cmp.Or(t.Labels, s.Labels)
	}
	return file, nil
}

// Network is the name that an opened file itself gives its network; "" where it gives none.
func (s *Source) Network() string {
	if s.Told == nil {
		return ""
	}
	return s.Told.Network
}

// YAML is the description that an opened file itself gives of its network; "" where it gives none.
func (s *Source) YAML() string {
	if s.Told == nil {
		return ""
	}
	return s.Told.YAML
}

// SHA256 is the digest of the checkpoint: the recorded one of a set, else the file is hashed.
func (s *Source) SHA256() (string, error) {
	if s.sha256 == "" {
		digest, _, err := hashFile(s.Path, nil)
		if err != nil {
			return "", err
		}
		s.sha256 = digest
	}
	return s.sha256, nil
}

// NotPulledError is a set that is not on this disk.
type NotPulledError struct{ Set Set }

func (e *NotPulledError) Error() string {
	return fmt.Sprintf("the weights %s are not on this disk", e.Set.Name)
}

// DamagedSetError is a set whose file in the cache is not what it should be: pulling fetches it again.
type DamagedSetError struct {
	Set Set
	Err *DamagedError
}

func (e *DamagedSetError) Error() string { return e.Err.Error() }
func (e *DamagedSetError) Unwrap() error { return e.Err }

// Resolve finds weights by what a user calls them: a file, a folder with a checkpoint and its config, or a set by its name
// or alias. A set that is not on this disk is downloaded if pull says so, else a *NotPulledError. It touches no network
// otherwise, and hashes nothing.
func (p *Puller) Resolve(ctx context.Context, what string, pull bool) (*Source, error) {
	if source, err := Local(what); source != nil || err != nil {
		return source, err
	}
	if s, known := Find(what); known {
		return p.fromSet(ctx, s, pull)
	}
	if _, err := os.Stat(what); looksLikePath(what) {
		return nil, fmt.Errorf("weights %w", err)
	}
	e, err := p.Cache.Named(what)
	if err == nil {
		e.Touch()
		return &Source{Name: e.Name, Path: e.Path, sha256: e.SHA256}, nil
	}
	if !errors.Is(err, ErrAbsent) {
		return nil, err
	}
	_, err = MustFind(what)
	return nil, err
}

// BuiltinOf is the set inside the binary whose file has that digest; nil where there is none.
func BuiltinOf(digest string) *Source {
	for _, s := range Builtins() {
		if s.SHA256 == digest {
			return builtinSource(s)
		}
	}
	return nil
}

// OfDigest finds weights in the cache by the digest of their file; ErrAbsent where there are none.
func (p *Puller) OfDigest(ctx context.Context, digest string) (*Source, error) {
	entries, err := p.Cache.List()
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.SHA256 == digest {
			return p.Resolve(ctx, e.Name, false)
		}
	}
	return nil, ErrAbsent
}

// Local finds weights that need no cache: a file, a folder, or a set inside the binary. It is nil for others.
func Local(what string) (*Source, error) {
	s, known := Find(what)
	info, err := os.Stat(what)
	switch {
	case err == nil && info.IsDir():
		source, err := fromFolder(what)
		if err == nil || !known { // a folder without a checkpoint may have a set's name by chance
			return source, err
		}
	case err == nil:
		return fromFile(what)
	}
	if known && s.Builtin() {
		return builtinSource(s), nil
	}
	return nil, nil
}

func looksLikePath(what string) bool {
	return checkpoint.HasExtension(what) || strings.ContainsAny(what, `/\`)
}

func builtinSource(s Set) *Source {
	source := &Source{Name: s.Name, sha256: s.SHA256}
	source.setSet(s)
	return source
}

// fromSet takes a set from the cache.
func (p *Puller) fromSet(ctx context.Context, s Set, pull bool) (*Source, error) {
	e, err := p.Cache.Get(s)
	if errors.Is(err, ErrAbsent) {
		if !pull {
			return nil, &NotPulledError{s}
		}
		e, err = p.Pull(ctx, s)
	}
	if damaged, ok := errors.AsType[*DamagedError](err); ok {
		return nil, &DamagedSetError{s, damaged}
	}
	if err != nil {
		return nil, err
	}
	e.Touch()
	source := &Source{Name: s.Name, Path: e.Path, sha256: e.SHA256}
	source.setSet(s)
	return source, nil
}

// setSet takes over what the manifest says.
func (s *Source) setSet(set Set) {
	s.Set, s.Arch, s.Preprocess = &set, set.Arch, &set.Preprocess
	if list, err := labels.Builtin(set.Labels); err == nil {
		s.Labels = list
	}
}

// fromFile takes a file, and what lies beside it where it is the only checkpoint there.
func fromFile(path string) (*Source, error) {
	s := &Source{Name: path, Path: path}
	if found := antiAliasedFile.FindStringSubmatch(filepath.Base(path)); found != nil {
		s.AA = antiAliasing[strings.ToLower(found[1])]
	}
	dir := filepath.Dir(path)
	if own, err := checkpointIn(dir); err == nil && filepath.Base(own) == filepath.Base(path) {
		return s, s.readBeside(dir)
	}
	return s, nil
}

// Identify looks a file up in the manifest by its digest, and takes over what the manifest says of it. Only a file of the
// right size is hashed.
func (s *Source) Identify() error {
	if s.Set != nil || s.Preprocess != nil || s.Path == "" {
		return nil
	}
	info, err := os.Stat(s.Path)
	if err != nil {
		return err
	}
	for _, set := range Sets() {
		if set.Builtin() || set.AboutBytes() == 0 && !strings.Contains(filepath.Base(s.Path), set.SHA256Prefix) || !set.sizeFits(info.Size()) {
			continue
		}
		if set.SHA256 == "" && set.SHA256Prefix == "" {
			continue
		}
		digest, err := s.SHA256()
		if err != nil {
			return err
		}
		if set.digestFits(digest) {
			s.setSet(set)
			return nil
		}
	}
	return nil
}
