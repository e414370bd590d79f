package weights

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Add copies a file that was fetched by hand into the cache, the same way as a download comes there: hashed, checked,
// renamed. It becomes the manifest's set that has its digest or its name; any other checkpoint keeps its file's name.
func (p *Puller) Add(ctx context.Context, path string) (*Entry, error) {
	if err := p.Cache.prepare(); err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for its writer
		return nil, fmt.Errorf("%s: not a regular file", path)
	}
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	part, err := p.Cache.newPartial("add")
	if err != nil {
		return nil, err
	}
	defer func() { _ = part.remove() }()
	part.origin.Total = info.Size()
	err = copyChunks(part, &contextReader{ctx, in}, func(done int64) {
		p.tell(Progress{Name: path, State: Copying, Done: done, Total: info.Size()})
	})
	if full, ok := errors.AsType[*fs.PathError](err); ok && full.Path == part.path() { // nobody has heard of that file
		err = fmt.Errorf("%s: copying it to %s: %w", path, p.Cache.Dir, full.Err)
	}
	if err != nil {
		return nil, err
	}
	digest := sum(part.hash)
	s, err := p.Cache.recognize(filepath.Base(path), digest, part.offset)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := p.Cache.checkFree(s, digest); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	e, err := p.Cache.install(part, s, Record{Name: s.Name, URL: s.URL, From: absolute, SHA256: digest})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	p.tell(Progress{Name: path, State: Done, Done: info.Size(), Total: info.Size()})
	return e, nil
}

// recognize finds the set that a file is: by its digest, else by its name, which must then agree with what is known of
// the digest.
func (c *Cache) recognize(base, digest string, size int64) (Set, error) {
	for _, s := range Sets() {
		if s.SHA256 == digest || s.SHA256Prefix != "" && s.digestFits(digest) && s.sizeFits(size) {
			return s, nil
		}
	}
	for _, s := range Sets() {
		known := c.pinned(s)
		if s.Builtin() || base != filepath.Base(s.URL) && base != s.fileName() || isGeneric(base) {
			continue
		}
		if !known.digestFits(digest) || !s.sizeFits(size) {
			return Set{}, fmt.Errorf("named like %s, but its sha256 is %s and it has %d bytes; fetch it again, or rename it", s.Name, digest, size)
		}
		return s, nil
	}
	s := Set{Name: safeName(strings.TrimSuffix(base, filepath.Ext(base))), extension: filepath.Ext(base)}
	if s.Name == "" {
		return Set{}, errors.New("the file's name has nothing to call the set by")
	}
	if known, taken := Find(s.Name); taken {
		return Set{}, fmt.Errorf("called like the set %s, but not its file; rename it", known.Name)
	}
	return s, nil
}

// checkFree refuses another file than the one that the cache has under the name of a set that no manifest knows.
func (c *Cache) checkFree(s Set, digest string) error {
	old, err := c.Recorded(s)
	if errors.Is(err, ErrAbsent) || s.Source != "" {
		return nil
	}
	if err == nil && old.SHA256 == "" {
		old.SHA256, _, err = hashFile(old.Path, nil)
	}
	if err == nil && old.SHA256 != digest {
		err = fmt.Errorf("there is another set called %s; rename the file, or first: resnet weights rm %s", old.Name, old.Name)
	}
	return err
}

// isGeneric tells names that every model's file on Hugging Face's hub has.
func isGeneric(base string) bool {
	return base == "model.safetensors" || base == "pytorch_model.bin"
}

// contextReader ends reading once the context does.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (r *contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
