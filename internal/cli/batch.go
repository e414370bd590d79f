package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"resnet/internal/batch"
)

func newBatchCmd(f *factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "batch",
		Short: "Compute very many images as a job that can be killed and goes on",
		Long: `Compute very many images as a job that can be killed and goes on: labels as classify has them, or the
vectors of features, in parts that are there whole or not at all.

A job is a folder. The images are looked for once, and shared out in shards; plan.json says what is computed,
of what and by what. Results alone are in out/, a part for each shard; images that can't be computed are in
quarantine/, with the reason; manifest.jsonl has a line for each shard that is done, and _SUCCESS is there
once all are.`,
		Example: `  resnet batch classify photos/ -o job
  resnet batch status job
  resnet batch verify job`,
		GroupID: groupClassify,
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newBatchClassifyCmd(f), newBatchFeaturesCmd(f), newBatchStatusCmd(f), newBatchVerifyCmd(f))
	return cmd
}

type batchOptions struct {
	f       *factory
	command string // batch.Classify or batch.Features

	trained    trainedFlags
	preprocess preprocessFlags
	decoding   decodingFlags
	engine     engineFlags
	top        topFlag // of classify
	vector     vectorFlags
	out        string
	format     formatValue
	shards     int
	add        bool
	retry      bool
	worker     bool
	try        string // SHARD:IMAGE, in a child process alone; "": this computes the job
}

const sourceHelp = `

SOURCE is a directory (with all images below), a .tar as webdataset has it, an image, or a file that names such
tars and images, one a line, relative to the working directory. The same command goes on with a job that was
stopped or killed, and computes what is left; where the network, a setting or the images are others it says
what differs, and computes nothing.`

const batchHelp = sourceHelp + ` --add computes images that have come since, as shards of their own.

An image that can't be read is a line in the job's quarantine, and the exit code is 1 at the end; --retry-failed
computes these images again, with other limits where they are given. One that was mended needs another name,
and --add. An image that ends the process itself is
found after the second time, by a process that tries the images of its shard, and is put there, too.

Ctrl-C and SIGTERM end the job once the shards that are being computed are done; the same a second time ends it
at once, and costs these shards. --worker lets any number of processes compute the job together, also of other
machines that see the same files: give each the same command.

Results are Parquet, or with --format ndjson a line an image (as `

func newBatchClassifyCmd(f *factory) *cobra.Command {
	opts := &batchOptions{f: f, command: batch.Classify, trained: trainedFlags{classes: true}}
	cmd := opts.newCmd("Label very many images", `classify --format ndjson has it).`, `  resnet batch classify photos/ -o job
  resnet batch classify photos/ -o job --add         what has come since
  resnet batch classify shards/*.tar -o job --arch 50 --weights resnet50.safetensors --top 5`)
	cmd.Flags().VarP(&opts.top, "top", "k", "labels of an image: a number, or all (default 1)")
	opts.addFlags(cmd)
	return cmd
}

func newBatchFeaturesCmd(f *factory) *cobra.Command {
	opts := &batchOptions{f: f, command: batch.Features}
	cmd := opts.newCmd("Write the feature vectors of very many images", `{"file":…,"features":[…]}).`, `  resnet batch features photos/ -o job
  resnet batch features photos.txt -o job --layer layer4 --shards 100`)
	opts.vector.add(cmd)
	opts.addFlags(cmd)
	return cmd
}

// newCmd makes a command whose results are lines as it is said, each for an image.
func (o *batchOptions) newCmd(short, lines, example string) *cobra.Command {
	long := short + ", as a job that can be killed and goes on." + batchHelp + lines
	if o.f.engine != nil {
		long, example = short+o.f.engine.Where+sourceHelp, "  "+o.f.engine.Program+" "+o.command+" "+o.f.engine.Example
	}
	cmd := &cobra.Command{
		Use: o.command + " SOURCE... -o DIR", Short: short, Long: long, Example: example,
		Args: needArgs("a directory, a .tar, or a file that names images"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			return runBatch(cmd.Context(), o, args)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVarP(&o.out, "output", "o", "", "the job's `DIR`, new or begun")
	o.format = formatValue{name: batch.Formats()[0], known: batch.Formats()}
	flags.VarP(&o.format, "format", "f", "of the results: "+strings.Join(batch.Formats(), ", "))
	completeWords(cmd, "format", batch.Formats())
	flags.IntVar(&o.shards, "shards", 0, "share the images out in `N` parts (0: one for each thousand)")
	if o.f.engine != nil {
		o.f.engine.Flags(flags)
	} else {
		flags.BoolVar(&o.add, "add", false, "compute images that have come since the job was planned, too")
		flags.BoolVar(&o.retry, "retry-failed", false, "compute the images in quarantine again")
		flags.BoolVar(&o.worker, "worker", false, "share the job with other processes")
	}
	flags.StringVar(&o.try, "try", "", "")
	_ = flags.MarkHidden("try") // there is a flag of that name
	o.trained.add(cmd)
	return cmd
}

func (o *batchOptions) addFlags(cmd *cobra.Command) {
	o.preprocess.add(cmd)
	o.decoding.add(cmd)
	o.engine.add(cmd)
}

// check refuses flags that would do nothing, or harm, together.
func (o *batchOptions) check(cmd *cobra.Command) error {
	switch {
	case o.out == "":
		return usagef("%s needs -o DIR", cmd.CommandPath())
	case strings.Contains(o.out, "://"):
		return usagef("-o %s: want a folder: a bucket must be mounted, with locks and renames as a file system has them", o.out)
	case o.shards < 0:
		return usagef("--shards %d: must not be negative", o.shards)
	case o.worker && (o.add || o.retry):
		return usagef("--worker: --add and --retry-failed are for one process alone; start the others afterwards")
	case o.add && o.retry:
		return usagef("--add and --retry-failed: one after the other")
	}
	return o.decoding.check()
}

func newBatchStatusCmd(f *factory) *cobra.Command {
	var output outputFlags
	cmd := &cobra.Command{
		Use:   "status DIR",
		Short: "Tell how far a job is",
		Long: `Tell how far a job is, by its manifest.

Exit code: 0 all is done, 1 something is left.`,
		Example: `  resnet batch status job
  resnet batch status job --format json | jq .images_done`,
		Args: oneJob,
		RunE: func(cmd *cobra.Command, args []string) error { return runBatchStatus(f, &output, args[0]) },
	}
	output.add(cmd, lookFormats...)
	return cmd
}

// lookFormats are those of what is told of a job.
var lookFormats = []string{"text", "json"}

func newBatchVerifyCmd(f *factory) *cobra.Command {
	var output outputFlags
	cmd := &cobra.Command{
		Use:   "verify DIR",
		Short: "Read all results of a job, and check that none is missing, double or damaged",
		Long: `Read all results of a job, and check that each image is in one result or in quarantine, once and in order,
and that every file has the digest that it was written with.

Exit code: 0 all is well, 1 something is not as it must be.`,
		Example: `  resnet batch verify job`,
		Args:    oneJob,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runBatchVerify(cmd.Context(), f, &output, args[0])
		},
	}
	output.add(cmd, lookFormats...)
	return cmd
}

func oneJob(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usagef("%s takes the folder of one job, got %q", cmd.CommandPath(), args)
	}
	return nil
}
