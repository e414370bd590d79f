package batch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Status is how far a job is.
type Status struct {
	Totals
	Running  int  // leases
	Left     int  // of these, those whose worker is dead
	Success  bool // there is a _SUCCESS
	Damaged  int  // lines of the manifest that say nothing
	Reopened int  // shards that the manifest has and whose parts are gone, or of another size
	Complete bool
}

// Status tells how far the job is.
func (j *Job) Status() (*Status, error) {
	m := j.manifest()
	if err := m.follow(); err != nil {
		return nil, err
	}
	reopened, err := j.reopen(m)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	s := &Status{Totals: j.totals(m), Damaged: m.damaged, Reopened: reopened}
	others := &leases{dir: j.path(leasesDir), stale: workerSilent}
	if err := j.eachFile(leasesDir, func(name string) {
		if !strings.HasSuffix(name, leaseSuffix) {
			return
		}
		s.Running++
		if _, dead := others.look(j.path(leasesDir, name)); dead {
			s.Left++
		}
	}); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	_, err = j.success()
	s.Success = err == nil
	s.Complete = s.Success && s.Done == s.Shards
	return s, nil
}

// mostSuccess bounds _SUCCESS.
const mostSuccess = 4096

func (j *Job) success() (s Success, err error) {
	f, _, err := openRegular(j.path(successName))
	if err != nil {
		return s, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostSuccess))
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	return s, err
}

// Verify reads all that a job has, and tells fault of what is not as it must be: the inventory as the plan has it, each image
// in one result or in quarantine, in order and once, every part with the digest of the manifest, and no other part. It calls
// step after each shard.
func (j *Job) Verify(ctx context.Context, fault func(error), step func()) (Totals, error) {
	m := j.manifest()
	if err := m.follow(); err != nil {
		return Totals{}, err
	}
	totals := j.totals(m)
	if m.damaged > 0 {
		fault(&DamagedError{m.path, fmt.Errorf("lines that can't be read, or are of no shard of the job: %d; delete them", m.damaged)})
	}
	for set := range j.Plan.Inputs {
		if err := j.verifyInventory(set); err != nil {
			fault(err)
		}
	}
	for shard := range j.shards {
		if err := ctx.Err(); err != nil {
			return totals, err
		}
		if !m.shards[shard].done {
			fault(fmt.Errorf("shard %d: is not done", shard))
		} else if err := j.verifyShard(m, shard); j.isPart(err, shard) {
			fault(fmt.Errorf("%w; delete %s, and the job's command computes the shard again", err, filepath.Base(j.outPath(shard))))
		} else if err != nil {
			fault(err)
		}
		step()
	}
	for _, folder := range []struct{ name, extension string }{{outDir, j.Plan.Identity.Format}, {quarantineDir, quarantineKind}} {
		err := j.eachFile(folder.name, func(name string) {
			shard := j.shardOf(name, folder.extension)
			none := folder.name == quarantineDir && shard >= 0 && m.shards[shard].failed == 0
			if (shard < 0 || none) && !strings.HasPrefix(name, ".") {
				fault(&DamagedError{j.path(folder.name, name), errors.New("is no part of the job")})
			}
		})
		if err != nil {
			return totals, err
		}
	}
	if err := j.verifySuccess(totals); err != nil {
		fault(err)
	}
	return totals, nil
}

// isPart tells damage of a shard's results, which are computed again where they are gone.
func (j *Job) isPart(err error, shard int) bool {
	var damaged *DamagedError
	return errors.As(err, &damaged) && (damaged.File == j.outPath(shard) || damaged.File == j.quarantinePath(shard))
}

// verifySuccess wants _SUCCESS to be of the plan and the manifest. One of an earlier version has no digest of the plan.
func (j *Job) verifySuccess(totals Totals) error {
	plan, err := j.planDigest()
	if err != nil {
		return err
	}
	said, err := j.success()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return err
	case err != nil:
		return &DamagedError{j.path(successName), err}
	case said.Plan != "" && said.Plan != plan:
		return &DamagedError{j.path(planName), errors.New("has changed since the job was done")}
	case said.Shards != totals.Shards || said.Images != totals.Images || said.Failed != totals.Failed:
		return &DamagedError{j.path(successName), errors.New("says something else than the manifest")}
	}
	return nil
}

func (j *Job) verifyInventory(set int) error {
	name := j.inventoryPath(set)
	f, _, err := openRegular(name)
	if err != nil {
		return err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != j.Plan.Inputs[set].SHA256 {
		return &DamagedError{name, errors.New("is not as it was when the job was planned")}
	}
	return nil
}

// verifyShard wants each image of a shard in one place.
func (j *Job) verifyShard(m *manifest, shard int) error {
	row, err := m.row(shard)
	if err != nil {
		return err
	}
	inputs, err := j.inputs(shard)
	if err != nil {
		return err
	}
	if row.Images != len(inputs) || row.Failed < 0 || row.Failed > len(inputs) {
		return &DamagedError{m.path, fmt.Errorf("says of shard %d that it has %d images, %d failed, and it has %d", shard, row.Images, row.Failed, len(inputs))}
	}
	identity := j.Plan.Identity
	results, f, err := openPart(j.outPath(shard), identity.Format, identity.Command, row.Bytes, row.SHA256)
	if err != nil {
		return err
	}
	defer f.Close()
	var failures reader = nothing{}
	name := "quarantine"
	if row.Failed > 0 {
		var quarantined *os.File
		if failures, quarantined, err = openPart(j.quarantinePath(shard), quarantineKind, identity.Command, -1, row.Quarantine); err != nil {
			return err
		}
		defer quarantined.Close()
		name = quarantined.Name()
	}
	return matchAll(inputs, row.Failed, &peeked{from: results, name: f.Name()}, &peeked{from: failures, name: name})
}

// matchAll wants the results and the failures, merged, to be the inputs.
func matchAll(inputs []Input, failed int, results, failures *peeked) error {
	for _, in := range inputs {
		name := shownName(in)
		switch {
		case results.is(name, false):
		case failures.is(name, true):
			failed--
		default:
			if err := errors.Join(results.err(), failures.err()); err != nil {
				return err
			}
			return &DamagedError{results.name, fmt.Errorf("has no result of %s, and none is in quarantine", in.Name)}
		}
	}
	for _, p := range []*peeked{results, failures} {
		if r := p.peek(); r != nil {
			return &DamagedError{p.name, fmt.Errorf("has %s once too often", r.File)}
		} else if err := p.err(); err != nil {
			return err
		}
	}
	if failed != 0 {
		return &DamagedError{failures.name, errors.New("has another number of images than the manifest says")}
	}
	return nil
}

// nothing is a part without results.
type nothing struct{}

func (nothing) next() (*Result, error) { return nil, io.EOF }

// peeked is a reader whose next result can be looked at.
type peeked struct {
	from reader
	name string // of the file
	head *Result
	end  error
}

func (p *peeked) peek() *Result {
	if p.head == nil && p.end == nil {
		p.head, p.end = p.from.next()
	}
	return p.head
}

// is takes the next result if it is that of a file, and a failure or none.
func (p *peeked) is(name string, failure bool) bool {
	r := p.peek()
	if r == nil || r.File != name || (r.Err != nil) != failure {
		return false
	}
	p.head = nil
	return true
}

// err is what reading ended by, but the end.
func (p *peeked) err() error {
	if p.end == nil || errors.Is(p.end, io.EOF) {
		return nil
	}
	return &DamagedError{p.name, p.end}
}
