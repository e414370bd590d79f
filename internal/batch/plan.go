package batch

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"resnet/internal/atomicfile"
	"resnet/internal/isa"
)

// PlanSchema is the version of the contract of plan.json.
const PlanSchema = "resnet.batch-plan/v1"

// Plan is what a job computes, of what, and by what.
type Plan struct {
	Schema   string     `json:"schema"`
	Identity Identity   `json:"computes"`
	Limits   Limits     `json:"limits"`
	Inputs   []InputSet `json:"inputs"`
}

// Identity is all that the bytes of a result depend on beside the images: a process that has another one computes another
// job.
type Identity struct {
	Command   string          `json:"command"` // classify, features
	Version   string          `json:"version"` // of the program
	Platform  string          `json:"platform"`
	Kernel    string          `json:"kernel"` // isa.Level; KernelAny of a network that is computed in bytes
	Exact     bool            `json:"exact"`
	Precision string          `json:"precision"`
	Network   string          `json:"network"`
	Structure string          `json:"structure_sha256"` // of the network's description
	Weights   string          `json:"weights_sha256"`
	Labels    string          `json:"labels_sha256,omitempty"`
	Familiar  string          `json:"familiar_sha256,omitempty"` // of the photos of a fitted network that images are compared with
	Pixels    json.RawMessage `json:"preprocess"`
	EXIF      string          `json:"exif"`
	Top       int             `json:"top,omitempty"` // labels of an image; 0: all
	Layer     string          `json:"layer,omitempty"`
	Pool      string          `json:"pool,omitempty"`
	Format    string          `json:"format"`
}

// KernelAny is the kernel of a network whose sums are exact: all kernels compute the same bits.
const KernelAny = "any"

// Limits decide which images fail. A retry of those may have others.
type Limits struct {
	Pixels  int64  `json:"max_pixels"`
	Memory  int64  `json:"max_image_memory"` // MiB
	Timeout string `json:"timeout"`
}

// DifferentError is a job that was planned for something else than is asked for.
type DifferentError struct {
	Job    string
	Images bool     // the images alone differ
	Lines  []string // what differs, a line each
}

func (e *DifferentError) Error() string {
	what := " was planned otherwise; give another folder, or the same command as before:\n  "
	if e.Images {
		what = " was planned with other images than are there now:\n  "
	}
	return e.Job + what + strings.Join(e.Lines, "\n  ")
}

// differences says what of two values, as JSON has them, is not the same; what is planned comes first. Of another network the digests
// follow, and are left out.
func differences(planned, now any) ([]string, error) {
	a, err := fields(planned)
	if err != nil {
		return nil, err
	}
	b, err := fields(now)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(a)
	maps.Copy(all, b)
	const network, digest = "network", "_sha256"
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(all)), func(name string) bool { return name == network })
	if !bytes.Equal(a[network], b[network]) {
		names = slices.DeleteFunc(names, func(name string) bool { return strings.HasSuffix(name, digest) })
		names = slices.Insert(names, 0, network)
	}
	var lines []string
	for _, name := range names {
		x, y := string(a[name]), string(b[name])
		if x == y {
			continue
		}
		if strings.HasSuffix(name, digest) {
			x, y = shortDigest(x), shortDigest(y)
		}
		lines = append(lines, fmt.Sprintf("%s: planned %s, now %s", name, cmp.Or(x, "none"), cmp.Or(y, "none")))
	}
	return lines, nil
}

// shortDigest is as much of a digest, as JSON has it, as tells two apart.
func shortDigest(text string) string {
	const begin = 1 + 12 // the quotation mark, and the digits
	if len(text) <= begin+1 {
		return text
	}
	return text[:begin] + `…"`
}

func fields(v any) (map[string]json.RawMessage, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var all map[string]json.RawMessage
	return all, json.Unmarshal(text, &all)
}

// check is a *DifferentError where a job is not what is asked for. A retry may have other limits.
func (j *Job) check(now Identity, limits *Limits) error {
	planned := j.Plan.Identity
	kernel := ""
	if planned.Kernel != now.Kernel {
		kernel = kernelAdvice(planned.Kernel, now.Kernel)
		now.Kernel = planned.Kernel
	}
	lines, err := differences(planned, now)
	if err != nil {
		return err
	}
	if limits != nil {
		more, err := differences(j.Plan.Limits, limits)
		if err != nil {
			return err
		}
		lines = append(lines, more...)
	}
	if kernel != "" {
		lines = append(lines, kernel)
	}
	if len(lines) == 0 {
		return nil
	}
	return &DifferentError{Job: j.Name, Lines: lines}
}

// kernelAdvice says how this machine would compute the bits of a plan, if it can.
func kernelAdvice(planned, now string) string {
	text := fmt.Sprintf("kernel: planned %s, now %s, which computes other bits; ", planned, now)
	if _, err := isa.Parse(planned); err != nil {
		return text + "this machine can't run those of the plan: " + err.Error()
	}
	return text + fmt.Sprintf("set %s=%s", isa.EnvKernel, planned)
}

// mostPlan bounds a plan's file.
const mostPlan = 16 << 20

// readPlan reads the plan of a job.
func (j *Job) readPlan() error {
	name := j.path(planName)
	f, info, err := openRegular(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if info.Size() > mostPlan {
		return &DamagedError{name, errors.New("is too long for a plan")}
	}
	text, err := io.ReadAll(io.LimitReader(f, mostPlan))
	if err != nil {
		return err
	}
	var plan Plan
	if err := json.Unmarshal(text, &plan); err != nil {
		return &DamagedError{name, err}
	}
	if plan.Schema != PlanSchema {
		return &DamagedError{name, fmt.Errorf("is %q, and %q is known here", plan.Schema, PlanSchema)}
	}
	if !slices.Contains(Formats(), plan.Identity.Format) || plan.Identity.Command != Classify && plan.Identity.Command != Features {
		return &DamagedError{name, fmt.Errorf("has results of %.20q in format %.20q, which are not known here", plan.Identity.Command, plan.Identity.Format)}
	}
	total := int64(0)
	for _, set := range plan.Inputs {
		if set.Images < 1 || set.Shards < 1 || int64(set.Shards) > set.Images || set.Images > 1<<40 {
			return &DamagedError{name, errors.New("has inputs that cannot be")}
		}
		total += int64(set.Shards)
	}
	if total == 0 || total > 1<<30 {
		return &DamagedError{name, fmt.Errorf("has %d shards", total)}
	}
	j.Plan = plan
	return nil
}

// planDigest is that of plan.json as it is.
func (j *Job) planDigest() (string, error) {
	f, _, err := openRegular(j.path(planName))
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, io.LimitReader(f, mostPlan))
	return hex.EncodeToString(sum.Sum(nil)), err
}

func (j *Job) writePlan() error {
	text, err := json.MarshalIndent(j.Plan, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteFile(j.path(planName), append(text, '\n'))
}

// partName is the name of a shard's part, without an extension: of how many it is one says how many there were when it was
// planned.
func (j *Job) partName(shard int) string {
	of := 0
	for set := range j.shards[shard].set + 1 {
		of += j.Plan.Inputs[set].Shards
	}
	return fmt.Sprintf("part-%05d-of-%05d", shard, of)
}

func (j *Job) outPath(shard int) string {
	return j.path(outDir, j.partName(shard)+"."+j.Plan.Identity.Format)
}

func (j *Job) quarantinePath(shard int) string {
	return j.path(quarantineDir, j.partName(shard)+"."+quarantineKind)
}
