package batch

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"strings"
	"time"

	"resnet/internal/imaging"
	"resnet/internal/render"
)

// shardRun is a shard that is being computed: its results are written in the order of its images as they come.
type shardRun struct {
	job     *Job
	number  int
	inputs  []Input
	todo    []int // numbers of the images that are computed; the others have their results
	crashed map[int]string

	next       int    // number of the image whose result is written next
	kept       reader // results of an earlier run
	keptFile   *os.File
	out        *part
	quarantine *part
	contents   hash.Hash
	read       int // images in contents

	row Row
}

func (j *Job) newShard(number int, worker string) (*shardRun, error) {
	inputs, err := j.inputs(number)
	if err != nil {
		return nil, err
	}
	s := &shardRun{job: j, number: number, inputs: inputs, contents: sha256.New()}
	s.row = Row{Shard: number, Images: len(inputs), Started: now(), Worker: worker}
	s.all()
	s.out, err = newPart(j.outPath(number), j.Plan.Identity.Format, j.Plan.Identity.Command)
	return s, err
}

// all makes every image one that is computed.
func (s *shardRun) all() {
	s.closeKept()
	s.kept, s.todo = nil, make([]int, len(s.inputs))
	for i := range s.todo {
		s.todo[i] = i
	}
}

// now is the time as the manifest has it.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// retry keeps the results that there are, and computes what failed. What it keeps from must be as the manifest says.
func (s *shardRun) retry(row Row) error {
	identity := s.job.Plan.Identity
	failed, file, err := openPart(s.job.quarantinePath(s.number), quarantineKind, identity.Command, -1, row.Quarantine)
	if err != nil {
		return err
	}
	defer file.Close()
	s.todo = nil
	for i := 0; ; i++ {
		r, err := failed.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		for i < len(s.inputs) && shownName(s.inputs[i]) != r.File {
			i++
		}
		if i == len(s.inputs) {
			return &DamagedError{file.Name(), fmt.Errorf("has %s, which is not of this shard", r.File)}
		}
		s.todo = append(s.todo, i)
	}
	s.kept, s.keptFile, err = openPart(s.job.outPath(s.number), identity.Format, identity.Command, row.Bytes, row.SHA256)
	return err
}

// shownName is the name of an input as results have it.
func shownName(in Input) string { return strings.ToValidUTF8(in.Name, "\ufffd") }

// take writes what became of an image, and before it the results that are kept.
func (s *shardRun) take(c *content, r *Result, failure *render.ImageError) error {
	if err := s.keep(c.at); err != nil {
		return err
	}
	s.next = c.at + 1
	if failure != nil {
		return s.fail(&Result{File: shownName(c.in), Err: failure})
	}
	if c.sum != nil {
		s.contents.Write(c.sum.Sum(nil))
		s.read++
	}
	r.File = shownName(c.in)
	if !r.finite() {
		s.row.NonFinite++
	}
	return s.out.write(r)
}

// keep copies results of an earlier run, up to those of an image.
func (s *shardRun) keep(end int) error {
	for ; s.next < end; s.next++ {
		r, err := s.kept.next()
		if err == nil && r.File != shownName(s.inputs[s.next]) {
			err = errors.New("has " + r.File)
		}
		if err != nil {
			return &DamagedError{s.keptFile.Name(), fmt.Errorf("where %s is expected: %w", s.inputs[s.next].Name, err)}
		}
		if !r.finite() {
			s.row.NonFinite++
		}
		if err := s.out.write(r); err != nil {
			return err
		}
	}
	return nil
}

func (s *shardRun) fail(r *Result) (err error) {
	s.row.Failed++
	if s.quarantine == nil {
		s.quarantine, err = newPart(s.job.quarantinePath(s.number), quarantineKind, s.job.Plan.Identity.Command)
		if err != nil {
			return err
		}
	}
	return s.quarantine.write(r)
}

// done tells that every image was taken.
func (s *shardRun) done(c *content) bool { return c.at == s.todo[len(s.todo)-1] }

// commit gives the parts their names, and writes the shard into the manifest. Whoever is killed between leaves a shard that is
// not done.
func (s *shardRun) commit() error {
	if err := s.keep(len(s.inputs)); err != nil {
		return err
	}
	if err := s.out.finish(); err != nil {
		return err
	}
	s.row.SHA256, s.row.Bytes = s.out.digest(), s.out.bytes
	if s.read == len(s.inputs)-s.row.Failed {
		s.row.Contents = hex.EncodeToString(s.contents.Sum(nil))
	}
	if s.kept != nil {
		if err := s.job.append(Row{Shard: s.number, Open: true, Started: s.row.Started, Ended: now(), Worker: s.row.Worker}); err != nil {
			return err
		}
	}
	if err := s.commitQuarantine(); err != nil {
		return err
	}
	s.closeKept()
	if err := s.out.file.Commit(); err != nil {
		return err
	}
	s.row.Ended = now()
	return s.job.append(s.row)
}

func (s *shardRun) commitQuarantine() error {
	if s.quarantine == nil {
		err := os.Remove(s.job.quarantinePath(s.number))
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return err
	}
	if err := s.quarantine.finish(); err != nil {
		return err
	}
	s.row.Quarantine = s.quarantine.digest()
	return s.quarantine.file.Commit()
}

func (s *shardRun) closeKept() {
	if s.keptFile != nil {
		s.keptFile.Close()
		s.keptFile = nil
	}
}

// abandon removes what is not committed.
func (s *shardRun) abandon() {
	s.closeKept()
	for _, p := range []*part{s.out, s.quarantine} {
		if p != nil {
			_ = p.file.Cleanup() // the run ends by another error
		}
	}
}

// imageError is a failure as a result has it.
func imageError(err error, hint func(error) string) *render.ImageError {
	if crash, ok := errors.AsType[*crashError](err); ok {
		return &render.ImageError{Class: "crashed", Message: crash.Error()}
	}
	return &render.ImageError{Class: string(imaging.ClassOf(err)), Message: err.Error() + hint(err)}
}
