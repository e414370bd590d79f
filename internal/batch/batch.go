// Package batch computes very many images as a job that can be killed: a plan of shards that is made once, results that
// are there whole or not at all, and a manifest that says what is done. A job is a folder:
//
//	plan.json      what is computed, of what and by what, with digests
//	inputs/        the images in their order, and where each shard begins
//	out/           results alone, a part for each shard
//	quarantine/    the images that could not be computed, and why; a part for each shard that has some
//	leases/        which shards are being computed, and by whom
//	manifest.jsonl a line for each shard that is done
//	_SUCCESS       there once every shard is done
//
// The bytes of a part follow from the plan and the images alone. So a shard may be computed twice, by a process that comes
// after a killed one or by two at a time, and whoever is last changes nothing.
package batch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// The parts of a job's folder.
const (
	planName       = "plan.json"
	inputsDir      = "inputs"
	outDir         = "out"
	quarantineDir  = "quarantine"
	leasesDir      = "leases"
	manifestName   = "manifest.jsonl"
	successName    = "_SUCCESS"
	runLock        = ".lock"       // held by whoever computes, together by workers that share a job
	writeLock      = ".write.lock" // held for the moment of a change
	quarantineKind = "ndjson"
)

// UsageError is a job that cannot be computed as it is asked for, and why.
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }
func (e *UsageError) Unwrap() error { return e.Err }

func usagef(format string, a ...any) error { return &UsageError{fmt.Errorf(format, a...)} }

// DamagedError is a file of a job that is not as it was written.
type DamagedError struct {
	File string
	Err  error
}

func (e *DamagedError) Error() string { return e.File + ": " + e.Err.Error() }
func (e *DamagedError) Unwrap() error { return e.Err }

// Job is the folder of a job.
type Job struct {
	Dir  string // to open
	Name string // as shown
	Plan Plan

	shards []slice // of all inventories, by number
	locks  locks
}

func (j *Job) path(parts ...string) string {
	return filepath.Join(append([]string{j.Dir}, parts...)...)
}

// Shards is how many there are.
func (j *Job) Shards() int { return len(j.shards) }

// Images is how many there are.
func (j *Job) Images() int64 {
	var total int64
	for _, set := range j.Plan.Inputs {
		total += set.Images
	}
	return total
}

// makeDirs makes what a job's folder has.
func (j *Job) makeDirs() error {
	for _, name := range []string{inputsDir, outDir, quarantineDir, leasesDir} {
		if err := os.MkdirAll(j.path(name), 0o777); err != nil {
			return err
		}
	}
	return nil
}

// openRegular opens a file of a job, which may come from anybody: nothing but a regular file is opened, as a pipe would
// wait and a device never ends.
func openRegular(path string) (*os.File, os.FileInfo, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, &DamagedError{path, errors.New("is no regular file")}
	}
	f, err := os.Open(path)
	return f, info, err
}
