package weights

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"resnet/internal/atomicfile"
	"resnet/internal/number"
)

// A partial is a download's own file until it is whole. Its name is new each time (O_EXCL), so that no other process
// writes to it whatever becomes of locks; the ~ is in no set's name. It takes the set's name by a rename once its digest is right.
type partial struct {
	file   *os.File
	hash   hash.Hash // of the bytes written so far
	offset int64     // how many
	origin origin
	pieced bool // it came in more than one piece
}

// origin says of which version of which resource a partial is the beginning.
type origin struct {
	URL   string `json:"url"`
	ETag  string `json:"etag"` // strong, or ""
	Total int64  `json:"total"`
}

const partialExtension = ".partial"

// partialName is that of a partial or of its record.
var partialName = regexp.MustCompile(`.~\d+-[0-9a-f]+\.partial(\.json)?$`)

func (c *Cache) partials() string { return filepath.Join(c.Dir, "partial") }

// createPartial is os.OpenFile but for tests.
var createPartial = func(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}

func (c *Cache) newPartial(name string) (*partial, error) {
	var random [6]byte
	rand.Read(random[:])
	path := filepath.Join(c.partials(), fmt.Sprintf("%s~%d-%s%s", name, os.Getpid(), hex.EncodeToString(random[:]), partialExtension))
	f, err := createPartial(path)
	if err != nil {
		return nil, err
	}
	return &partial{file: f, hash: sha256.New()}, nil
}

func (p *partial) path() string { return p.file.Name() }

// Write appends.
func (p *partial) Write(b []byte) (int, error) {
	n, err := p.file.WriteAt(b, p.offset)
	p.hash.Write(b[:n])
	p.offset += int64(n)
	return n, p.diskError(err)
}

// restart forgets what was written.
func (p *partial) restart() error {
	p.hash.Reset()
	p.offset, p.origin, p.pieced = 0, origin{}, false
	_ = os.Remove(recordPath(p.path()))
	return p.diskError(p.file.Truncate(0))
}

// errDisk marks an error of our own disk: another attempt will not mend it.
var errDisk = errors.New("writing")

// diskError marks an error of writing the partial, and says how much room was missing as far as that is known.
func (p *partial) diskError(err error) error {
	if err == nil {
		return nil
	}
	if !atomicfile.DiskFull(err) {
		return fmt.Errorf("%w: %w", errDisk, err)
	}
	need := ""
	if missing := p.origin.Total - p.offset; missing > 0 {
		need = fmt.Sprintf(": %s more bytes are needed", number.Thousands(missing))
	}
	return fmt.Errorf("%w: no room in %s%s", errDisk, filepath.Dir(filepath.Dir(p.path())), need)
}

// from notes whose beginning the partial holds, for a later download to go on with.
func (p *partial) from(o origin) error {
	if p.origin == o {
		return nil
	}
	p.origin = o
	return p.diskError(writeJSON(recordPath(p.path()), o))
}

func (p *partial) remove() error {
	return errors.Join(ignoreClosed(p.file.Close()), removePartial(p.path()))
}

func removePartial(path string) error {
	_ = os.Remove(recordPath(path))
	return os.Remove(path)
}

func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}

// leftOver lists what downloads of a file that run no longer have left, the longest first.
func (c *Cache) leftOver(name string) []string {
	files, err := os.ReadDir(c.partials())
	if err != nil {
		return nil
	}
	sizes := map[string]int64{}
	var paths []string
	for _, f := range files {
		rest, ok := strings.CutPrefix(f.Name(), name+"~")
		if !ok || !strings.HasSuffix(rest, partialExtension) || alive(ownerOf(rest)) {
			continue
		}
		if info, err := f.Info(); err == nil {
			path := filepath.Join(c.partials(), f.Name())
			sizes[path] = info.Size()
			paths = append(paths, path)
		}
	}
	slices.SortFunc(paths, func(a, b string) int { return cmp.Compare(sizes[b], sizes[a]) })
	return paths
}

// ownerOf is the process that a partial's name ends with.
func ownerOf(rest string) int {
	pid, _, _ := strings.Cut(rest, "-")
	n, err := strconv.Atoi(pid)
	if err != nil || n == os.Getpid() {
		return 0
	}
	return n
}

// resume copies into p what another download of the URL has left, hashing it, and removes the leftovers. The caller holds
// the set's lock, so that nobody writes to them; should the lock not have worked, the copy is wrong at worst, which the
// digest or the ETag of the next answer tells.
func (c *Cache) resume(p *partial, name, url string) error {
	for _, path := range c.leftOver(name) {
		if path == p.path() {
			continue // its owner is this process
		}
		o, err := readOrigin(path)
		if err == nil && o.URL == url && p.offset == 0 {
			if err := p.take(path, o); err != nil {
				return err
			}
		}
		_ = removePartial(path)
	}
	return nil
}

func readOrigin(path string) (o origin, err error) {
	data, err := os.ReadFile(recordPath(path))
	if err != nil {
		return o, err
	}
	return o, json.Unmarshal(data, &o)
}

// take copies a leftover, unless it is longer than the whole.
func (p *partial) take(path string, o origin) error {
	f, err := os.Open(path)
	if err != nil {
		return nil // somebody else has removed it
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() == 0 || o.Total > 0 && info.Size() > o.Total {
		return nil
	}
	if err := copyChunks(p, io.LimitReader(f, info.Size()), nil); err != nil {
		return errors.Join(err, p.restart())
	}
	p.pieced = true
	return p.from(o)
}
