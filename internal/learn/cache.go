package learn

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sync"

	"resnet/internal/atomicfile"
	"resnet/internal/isa"
	"resnet/internal/nets"
)

// Cache keeps features between fits, by what they were made of: the bytes of the photo, the weights, the preprocessing and
// the kernels. It may be used by several goroutines. Files that can't be read, or are damaged, are empty ones.
type Cache struct {
	Hash bool // photos are hashed, though their paths, sizes, times and inodes are known

	file, paths string // of the rows of one network, and of the digests of photos
	width       int

	mu    sync.Mutex
	rows  map[cached]cachedRow
	files map[string]fileSeen
	grown bool // there is something to save
}

// cached is a row: the digest of its photo, and whether it is mirrored.
type cached struct {
	digest   [sha256.Size]byte
	mirrored bool
}

// cachedRow is what is kept of it. The hash is that of the photo as it is.
type cachedRow struct {
	hash   Hash
	values []float32
}

// fileSeen is how a file is known again, and its digest.
type fileSeen struct {
	Size   int64  `json:"size"`
	Time   int64  `json:"time"` // of the last change, in nanoseconds
	Inode  uint64 `json:"inode"`
	Digest string `json:"sha256"`
}

// CacheFolder is where features are kept, below the folder of the cache.
func CacheFolder(dir string) string { return filepath.Join(dir, "features") }

// OpenCache reads what is kept for the network of a predictor in a folder. with says what else the features depend on.
func OpenCache(dir string, p *nets.Predictor, with ...any) (*Cache, error) {
	weights, err := p.Net.SHA256()
	if err != nil {
		return nil, err
	}
	spec, err := json.Marshal([]any{weights, p.Net.Arch.Spec, p.Preprocess, isa.Allowed().String(), with})
	if err != nil {
		return nil, err
	}
	key := sha256.Sum256(spec)
	c := &Cache{
		file: filepath.Join(dir, hex.EncodeToString(key[:8])+".features"), paths: filepath.Join(dir, "photos.json"),
		rows: map[cached]cachedRow{}, files: map[string]fileSeen{}, width: p.Net.Features(),
	}
	data, err := os.ReadFile(c.file)
	if err == nil {
		c.parse(data)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if text, err := os.ReadFile(c.paths); err == nil && json.Unmarshal(text, &c.files) != nil {
		c.files = map[string]fileSeen{}
	}
	return c, nil
}

// cacheMagic begins a file of rows; its digest, of all that follows, stands behind it.
const cacheMagic = "resnet features 2\n"

// recordSize is that of a row in the file: digest, 0 or 1 for mirrored, hash, values.
func (c *Cache) recordSize() int { return recordHead + 4*c.width }

const recordHead = sha256.Size + 1 + 8

func (c *Cache) parse(data []byte) {
	body, ok := bytes.CutPrefix(data, []byte(cacheMagic))
	if !ok || len(body) < sha256.Size {
		return
	}
	sum, body := body[:sha256.Size], body[sha256.Size:]
	if want := sha256.Sum256(body); !bytes.Equal(sum, want[:]) || len(body)%c.recordSize() != 0 {
		return
	}
	for ; len(body) > 0; body = body[c.recordSize():] {
		row := make([]float32, c.width)
		for i := range row {
			row[i] = math.Float32frombits(binary.LittleEndian.Uint32(body[recordHead+4*i:]))
		}
		hash := Hash(binary.LittleEndian.Uint64(body[sha256.Size+1:]))
		c.rows[cached{[sha256.Size]byte(body), body[sha256.Size] == 1}] = cachedRow{hash, row}
	}
}

// digest is that of a photo: the one that is remembered, else its bytes are hashed.
func (c *Cache) digest(im *nets.Image) (sum [sha256.Size]byte, err error) {
	path, err := filepath.Abs(im.Path)
	if err != nil || im.Path == "" {
		return im.SHA256()
	}
	info, err := os.Stat(path)
	if err != nil {
		return sum, err
	}
	now := fileSeen{Size: info.Size(), Time: info.ModTime().UnixNano(), Inode: inode(info)}
	c.mu.Lock()
	before, known := c.files[path]
	c.mu.Unlock()
	now.Digest = before.Digest
	if known && before == now && !c.Hash {
		if n, err := hex.Decode(sum[:], []byte(before.Digest)); err == nil && n == len(sum) {
			return sum, nil
		}
	}
	if sum, err = im.SHA256(); err != nil {
		return sum, err
	}
	now.Digest = hex.EncodeToString(sum[:])
	c.mu.Lock()
	defer c.mu.Unlock()
	c.grown = c.grown || before != now
	c.files[path] = now
	return sum, nil
}

// get fills in what is kept of the photo that has f's digest, and tells whether that is all.
func (c *Cache) get(f *Features, mirrored bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	row, ok := c.rows[cached{f.Digest, false}]
	rows := [][]float32{row.values}
	if mirrored && ok {
		var other cachedRow
		other, ok = c.rows[cached{f.Digest, true}]
		rows = append(rows, other.values)
	}
	if ok {
		f.Hash, f.Rows = row.hash, rows
	}
	return ok
}

// put keeps the rows of a photo, of which the second is mirrored.
func (c *Cache) put(f *Features) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, row := range f.Rows {
		c.rows[cached{f.Digest, i == 1}] = cachedRow{f.Hash, row}
	}
	c.grown = true
}

// Save writes what has come new, if anything has.
func (c *Cache) Save() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.grown {
		return nil
	}
	var body bytes.Buffer
	for key, row := range c.rows {
		body.Write(key.digest[:])
		body.WriteByte(map[bool]byte{true: 1}[key.mirrored])
		if err := errors.Join(binary.Write(&body, binary.LittleEndian, row.hash), binary.Write(&body, binary.LittleEndian, row.values)); err != nil {
			return err
		}
	}
	sum := sha256.Sum256(body.Bytes())
	files, err := json.Marshal(c.files)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(c.file), 0o777); err != nil {
		return err
	}
	err = errors.Join(atomicfile.WriteFile(c.file, []byte(cacheMagic), sum[:], body.Bytes()), atomicfile.WriteFile(c.paths, files))
	if err != nil {
		return fmt.Errorf("features are not kept: %w", err)
	}
	c.grown = false
	return nil
}
