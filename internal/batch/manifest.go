package batch

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"resnet/internal/atomicfile"
)

// Row is a line of the manifest: a shard that is done. Of several lines of a shard the last one holds. parseHead knows the order
// of the fields.
type Row struct {
	Shard      int       `json:"shard"`
	Open       bool      `json:"open,omitempty"` // it is about to be replaced, and not done until another line says so
	Images     int       `json:"images"`
	Failed     int       `json:"failed"`               // of the images
	NonFinite  int       `json:"non_finite,omitempty"` // images whose numbers are none
	Bytes      int64     `json:"bytes"`                // of the part in out/
	SHA256     string    `json:"sha256"`               // of it
	Quarantine string    `json:"quarantine_sha256,omitempty"`
	Contents   string    `json:"contents_sha256,omitempty"` // of the SHA-256 of the images that were read, one after the other
	Started    time.Time `json:"started"`
	Ended      time.Time `json:"ended"`
	Worker     string    `json:"worker"` // host and process
}

// state is what is known of a shard from the manifest.
type state struct {
	done                      bool
	images, failed, nonFinite int
	bytes                     int64
	at                        int64 // of its line in the manifest
}

// manifest is what its file says, as far as it was read.
type manifest struct {
	path    string
	read    int64 // bytes
	shards  []state
	damaged int // lines that say nothing
}

func (j *Job) manifest() *manifest {
	return &manifest{path: j.path(manifestName), shards: make([]state, len(j.shards))}
}

// follow reads what was written since.
func (m *manifest) follow() error {
	f, _, err := openRegular(m.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Seek(m.read, io.SeekStart); err != nil {
		return err
	}
	n, err := scanLines(f, func(line []byte, at int64) {
		shard, now, ok := parseHead(line)
		if !ok || shard >= int64(len(m.shards)) {
			m.damaged++
			return
		}
		now.at = m.read + at
		m.shards[shard] = now
	})
	m.read += n
	return err
}

// mostRow bounds a line of the manifest.
const mostRow = 1 << 16

// scanLines calls take with each whole line, and where it begins. It returns the bytes of these lines:
// the last one may be half of one, of a process that was killed.
func scanLines(r io.Reader, take func(line []byte, at int64)) (n int64, err error) {
	lines := bufio.NewReaderSize(r, mostRow)
	for {
		line, err := lines.ReadSlice('\n')
		switch {
		case errors.Is(err, io.EOF):
			return n, nil
		case errors.Is(err, bufio.ErrBufferFull):
			return n, fmt.Errorf("%s: a line of more than %d bytes", manifestName, mostRow)
		case err != nil:
			return n, err
		}
		take(line, n)
		n += int64(len(line))
	}
}

// row is the line of a shard that is done.
func (m *manifest) row(shard int) (row Row, err error) {
	f, _, err := openRegular(m.path)
	if err != nil {
		return row, err
	}
	defer f.Close()
	line, err := bufio.NewReader(io.NewSectionReader(f, m.shards[shard].at, mostRow)).ReadBytes('\n')
	if err != nil {
		return row, err
	}
	if found := parseRow(line); found != nil && found.Shard == shard {
		return *found, nil
	}
	return row, &DamagedError{m.path, errors.New("has changed")}
}

// parseHead is what the beginning of a row says, as it is written: a million rows are read in less than a second by it, and
// not by what reads any JSON. A row that says its shard is about to be replaced is a shard that is not done.
func parseHead(line []byte) (shard int64, s state, ok bool) {
	if !bytes.HasSuffix(line, []byte("}\n")) {
		return 0, s, false
	}
	p := headParser{left: line, ok: true}
	shard = p.number(`{"shard":`)
	if rest, open := bytes.CutPrefix(p.left, []byte(`,"open":true`)); open {
		p.left = rest
	} else {
		s.done = true
	}
	s.images, s.failed = int(p.number(`,"images":`)), int(p.number(`,"failed":`))
	if bytes.HasPrefix(p.left, []byte(nonFiniteField)) {
		s.nonFinite = int(p.number(nonFiniteField))
	}
	s.bytes = p.number(`,"bytes":`)
	if !s.done {
		return shard, state{}, p.ok
	}
	return shard, s, p.ok && s.images > 0 && s.failed <= s.images
}

const nonFiniteField = `,"non_finite":`

// headParser reads numbers behind what stands before each.
type headParser struct {
	left []byte
	ok   bool
}

// mostDigits are those of a number that is no overflow.
const mostDigits = 18

func (p *headParser) number(after string) (n int64) {
	rest, ok := bytes.CutPrefix(p.left, []byte(after))
	digits := 0
	for digits < len(rest) && digits < mostDigits && rest[digits] >= '0' && rest[digits] <= '9' {
		n = 10*n + int64(rest[digits]-'0')
		digits++
	}
	p.left, p.ok = rest[digits:], p.ok && ok && digits > 0
	return n
}

func parseRow(line []byte) *Row {
	var row Row
	if json.Unmarshal(line, &row) != nil {
		return nil
	}
	return &row
}

// append adds a row, so that it lasts.
func (j *Job) append(row Row) error {
	line, err := json.Marshal(row)
	if err != nil {
		return err
	}
	unlock, err := j.lockWrites(context.Background())
	if err != nil {
		return err
	}
	defer unlock()
	f, err := os.OpenFile(j.path(manifestName), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return err
	}
	defer f.Close()
	end, err := endOfLines(f)
	if err != nil {
		return err
	}
	if err := f.Truncate(end); err != nil { // half a line, of a process that was killed or whose disk was full
		return err
	}
	if _, err := f.WriteAt(append(line, '\n'), end); err != nil {
		return err
	}
	return f.Sync()
}

// endOfLines is where the last whole line of a file ends.
func endOfLines(f *os.File) (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	last := make([]byte, min(info.Size(), mostRow))
	if _, err := f.ReadAt(last, info.Size()-int64(len(last))); err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	return info.Size() - int64(len(last)) + int64(bytes.LastIndexByte(last, '\n')) + 1, nil
}

// Totals are the sums over the shards that are done.
type Totals struct {
	Shards, Done      int
	Images, Computed  int64 // all; of the shards that are done, those that failed among them
	Failed, NonFinite int64
	Bytes             int64
}

func (j *Job) totals(m *manifest) Totals {
	t := Totals{Shards: len(j.shards), Images: j.Images()}
	for _, s := range m.shards {
		if s.done {
			t.Done++
			t.Computed += int64(s.images)
			t.Failed += int64(s.failed)
			t.NonFinite += int64(s.nonFinite)
			t.Bytes += s.bytes
		}
	}
	return t
}

// Success is what _SUCCESS says of a job that is done.
type Success struct {
	Shards int    `json:"shards"`
	Images int64  `json:"images"`
	Failed int64  `json:"failed"`
	Plan   string `json:"plan_sha256,omitempty"` // of plan.json
}

// finish writes _SUCCESS.
func (j *Job) finish(t Totals) error {
	plan, err := j.planDigest()
	if err != nil {
		return err
	}
	text, err := json.Marshal(Success{t.Shards, t.Images, t.Failed, plan})
	if err != nil {
		return err
	}
	return atomicfile.WriteFile(j.path(successName), append(text, '\n'))
}

// notDone removes _SUCCESS, before anything that it says may change.
func (j *Job) notDone() error {
	err := os.Remove(j.path(successName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// reopen makes shards whose parts are gone, or have another size than the manifest says, ones that are not done, and tells how
// many.
func (j *Job) reopen(m *manifest) (opened int, err error) {
	there := make([]bool, len(j.shards))
	err = j.eachFile(outDir, func(name string) {
		if shard := j.shardOf(name, j.Plan.Identity.Format); shard >= 0 {
			there[shard] = j.isWhole(shard, m.shards[shard])
		}
	})
	for shard, s := range m.shards {
		if err == nil && s.done && !there[shard] {
			m.shards[shard] = state{}
			opened++
		}
	}
	return opened, err
}

// isWhole tells that a shard's part has the size that the manifest says.
func (j *Job) isWhole(shard int, s state) bool {
	info, err := os.Stat(j.outPath(shard))
	return err == nil && info.Mode().IsRegular() && info.Size() == s.bytes
}

// eachFile calls yield with the names in a folder of the job, in no order.
func (j *Job) eachFile(folder string, yield func(name string)) error {
	dir, err := os.Open(j.path(folder))
	if err != nil {
		return err
	}
	defer dir.Close()
	for {
		names, err := dir.Readdirnames(1024)
		for _, name := range names {
			yield(name)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// shardOf is the shard whose part has a name; -1: none has.
func (j *Job) shardOf(name, extension string) int {
	digits, _, _ := strings.Cut(strings.TrimPrefix(name, "part-"), "-")
	shard, err := strconv.Atoi(digits)
	if err != nil || shard < 0 || shard >= len(j.shards) || name != j.partName(shard)+"."+extension {
		return -1
	}
	return shard
}
