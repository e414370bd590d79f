package batch

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"strconv"

	"resnet/internal/atomicfile"
)

// InputSet is an inventory: the images that were found at a time, and how they are shared out. The first one is made with the
// plan, and each addition brings another. The n-th is in inputs/n.tsv, and where its shards begin in inputs/n.index.
type InputSet struct {
	Images int64  `json:"images"`
	Shards int    `json:"shards"`
	SHA256 string `json:"sha256"` // of the inventory: names, sizes, times
	Index  string `json:"index_sha256"`
}

// slice is where the images of a shard are.
type slice struct {
	set           int   // number of the inventory, from 0
	offset, bytes int64 // in it
	images        int
	sum           [sha256.Size]byte // of these bytes
}

const (
	imagesPerShard = 1_000   // where nobody says how many shards there are
	mostPerShard   = 100_000 // the names of a shard are in memory
)

func (j *Job) inventoryPath(set int) string { return j.path(inputsDir, strconv.Itoa(set+1)+".tsv") }
func (j *Job) indexPath(set int) string     { return j.path(inputsDir, strconv.Itoa(set+1)+".index") }

// writeInputs writes an inventory and where its shards begin: the images in order, as even as can be.
func (j *Job) writeInputs(ctx context.Context, set int, from sortedInputs, shards int) (*InputSet, error) {
	inventory, err := atomicfile.Create(j.inventoryPath(set))
	if err != nil {
		return nil, err
	}
	defer inventory.Cleanup()
	sum, w := sha256.New(), bufio.NewWriter(inventory)
	made := &InputSet{}
	var line []byte
	for {
		in, err := from.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		line = in.appendTo(line[:0])
		sum.Write(line)
		if _, err := w.Write(line); err != nil {
			return nil, err
		}
		made.Images++
	}
	if err := w.Flush(); err != nil {
		return nil, err
	}
	made.SHA256 = hex.EncodeToString(sum.Sum(nil))
	if made.Images == 0 {
		return made, nil
	}
	if made.Shards, err = shardsFor(made.Images, shards); err != nil {
		return nil, err
	}
	if _, err := inventory.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	if made.Index, err = j.writeIndex(ctx, set, inventory, made); err != nil {
		return nil, err
	}
	return made, inventory.Commit()
}

// shardsFor is the number of shards: as many as were asked for, 0: one for each thousand images.
func shardsFor(images int64, asked int) (int, error) {
	least := int((images + mostPerShard - 1) / mostPerShard)
	switch {
	case asked == 0:
		return int((images + imagesPerShard - 1) / imagesPerShard), nil
	case asked < least:
		return 0, usagef("--shards %d: a shard has %d images at most; want %d or more", asked, mostPerShard, least)
	}
	return int(min(int64(asked), images)), nil
}

// firstOf is the number of the first image of a shard, of the one behind the last shard the number of images.
func (s *InputSet) firstOf(shard int) int64 {
	q, r := s.Images/int64(s.Shards), s.Images%int64(s.Shards)
	return int64(shard)*q + min(int64(shard), r) // the first r shards have one more
}

// indexLine is a line of an index; all are of one length: offset, bytes, images, SHA-256.
const (
	indexLine   = "%020d %020d %06d %x\n"
	indexLength = 20 + 1 + 20 + 1 + 6 + 1 + 2*sha256.Size + 1
)

func (j *Job) writeIndex(ctx context.Context, set int, inventory io.Reader, made *InputSet) (string, error) {
	index, err := atomicfile.Create(j.indexPath(set))
	if err != nil {
		return "", err
	}
	defer index.Cleanup()
	sum := sha256.New()
	w := bufio.NewWriter(index)
	lines := bufio.NewReaderSize(inventory, 1<<16)
	at := int64(0)
	for shard := range made.Shards {
		s := slice{offset: at, images: int(made.firstOf(shard+1) - made.firstOf(shard))}
		if s.bytes, s.sum, err = hashLines(lines, s.images); err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return "", err
		}
		at += s.bytes
		if _, err := fmt.Fprintf(io.MultiWriter(w, sum), indexLine, s.offset, s.bytes, s.images, s.sum); err != nil {
			return "", err
		}
	}
	if err := w.Flush(); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), index.Commit()
}

// hashLines reads some lines, and gives their length and digest.
func hashLines(r *bufio.Reader, lines int) (n int64, sum [sha256.Size]byte, err error) {
	h := sha256.New()
	for lines > 0 {
		piece, err := r.ReadSlice('\n')
		h.Write(piece)
		n += int64(len(piece))
		switch {
		case err == nil:
			lines--
		case !errors.Is(err, bufio.ErrBufferFull):
			return 0, sum, err
		}
	}
	return n, [sha256.Size]byte(h.Sum(nil)), nil
}

// readIndexes reads where all shards begin.
func (j *Job) readIndexes() error {
	j.shards = nil
	for set, inputs := range j.Plan.Inputs {
		if err := j.readIndex(set, inputs); err != nil {
			return err
		}
	}
	return nil
}

func (j *Job) readIndex(set int, inputs InputSet) error {
	name := j.indexPath(set)
	f, info, err := openRegular(name)
	if err != nil {
		return err
	}
	defer f.Close()
	damaged := &DamagedError{name, errors.New("is not as the plan has it")}
	if info.Size() != int64(inputs.Shards)*indexLength {
		return damaged
	}
	sum := sha256.New()
	r := bufio.NewReader(io.TeeReader(f, sum))
	line := make([]byte, indexLength)
	for range inputs.Shards {
		if _, err := io.ReadFull(r, line); err != nil {
			return err
		}
		s := slice{set: set}
		if !s.parse(line) {
			return damaged
		}
		j.shards = append(j.shards, s)
	}
	if hex.EncodeToString(sum.Sum(nil)) != inputs.Index {
		return damaged
	}
	return nil
}

func (s *slice) parse(line []byte) bool {
	fields := bytes.Fields(line)
	if len(fields) != 4 {
		return false
	}
	images := int64(0)
	for i, n := range []*int64{&s.offset, &s.bytes, &images} {
		var err error
		if *n, err = strconv.ParseInt(string(fields[i]), 10, 64); err != nil || *n < 0 {
			return false
		}
	}
	s.images = int(images)
	n, err := hex.Decode(s.sum[:], fields[3])
	return err == nil && n == sha256.Size
}

// inputs are the images of a shard.
func (j *Job) inputs(shard int) ([]Input, error) {
	s := j.shards[shard]
	name := j.inventoryPath(s.set)
	f, _, err := openRegular(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readSlice(name, f, s)
}

func readSlice(name string, f *os.File, s slice) ([]Input, error) {
	sum := sha256.New()
	all := newLines(io.TeeReader(io.NewSectionReader(f, s.offset, s.bytes), sum))
	var inputs []Input
	for {
		in, err := all.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, &DamagedError{name, err}
		}
		if inputs = append(inputs, in); len(inputs) > s.images {
			break
		}
	}
	if len(inputs) != s.images || !isSum(sum, s.sum) {
		return nil, &DamagedError{name, errors.New("is not as it was when the job was planned")}
	}
	return inputs, nil
}

func isSum(h hash.Hash, want [sha256.Size]byte) bool { return [sha256.Size]byte(h.Sum(nil)) == want }

// stored are all images of the inventories that there are. They are closed by the caller.
func (j *Job) stored() (sortedInputs, func(), error) {
	var all []sortedInputs
	var files []*os.File
	done := func() {
		for _, f := range files {
			f.Close()
		}
	}
	for set := range j.Plan.Inputs {
		f, _, err := openRegular(j.inventoryPath(set))
		if err != nil {
			done()
			return nil, nil, err
		}
		files = append(files, f)
		all = append(all, newLines(f))
	}
	merged, err := merge(all)
	if err != nil {
		done()
		return nil, nil, err
	}
	return merged, done, nil
}
