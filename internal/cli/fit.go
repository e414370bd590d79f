package cli

import (
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet/internal/learn"
	"resnet/internal/render"
)

type fitOptions struct {
	f       *factory
	command string // as it was typed, but for what changes no result
	args    []string
	again   string // the command that fits with the list of the page

	arch    string
	weights weightsFlags
	images  imageFlags
	engine  engineFlags
	list    string
	valid   string
	seed    uint64
	worst   worst
	verify  bool // the photos that the cache remembers
	augment string
	balance string
	hidden  int  // units of a layer before that of the classes
	only    bool // the head is all that is written
	tune    tuneFlags
	out     string // a folder
	format  formatValue

	from learn.Source
}

// The words of --augment and --class-weights.
const (
	augmentFlip     = "flip"
	augmentNone     = "none"
	weightsNone     = "none"
	weightsBalanced = "balanced"
)

func newFitCmd(f *factory) *cobra.Command {
	opts := &fitOptions{f: f}
	cmd := &cobra.Command{
		Use:   "fit DIR -o FOLDER",
		Short: "Teach a trained network your own classes, from folders of photos",
		Long: `Teach a trained network your own classes: transfer learning. What comes out
is a folder that every command takes as a network: --arch FOLDER.

DIR holds a folder of photos for each class, named as the class is. Or it holds two such sets, train/ and
val/ (or valid/), of which the first is learned from and the second tells how good the result is; test/
is left alone. Or --list names a table of files and their classes, as that of eval, whose column set may
say train or valid. Where there is no second set, a fifth of each class is kept back. --valid says how
much, or names a folder of photos; then a second set in DIR is left alone.

Without --fine-tune the network itself stays as it is: what is learned is one fully connected layer on the
features of its last pool, by multinomial logistic regression. How strongly it is held back (scikit-learn's C) is chosen
by cross-validation on the photos that are learned from. There is no learning rate and no number of
epochs to choose: the loss has one minimum, and it is found. The same photos, flags and kernels give the
same bytes, whatever the threads.

--head N puts a hidden layer of N units before the classes, for features that no line divides; with it the
loss has many minima, and which is found depends on --seed. It takes minutes, and is seldom better: compare
the cards.

--fine-tune LAYER then trains the network further, from LAYER to its end (layer4, or layer3 for more of it), as
fastai's fine_tune does: each photo --epochs times, at a rate that rises to --lr and falls again; the last two
stages have a tenth of it, what is before them a hundredth. Layers before LAYER stay as they are, and so do batch
norms. Folds of the photos that are learned from are held out one after the other, until 200 photos were, and
tell whether that is a gain: the photos that are checked have no say. Where it is no clear gain the head alone is
kept, and the card says so. It takes minutes where the head takes seconds (a ResNet-18 from layer4 on, with 244
photos: up to two minutes of CPU time), and room for temporary files: 0.4 MB a photo there.

Without --weights the fit starts from resnet34 where it is on this disk, else from resnet18, else from the
small network that is built in.

Features are kept in the cache (resnet weights path --features), so that a second fit on the same photos is
done in a moment; resnet weights rm --features removes them.

FOLDER gets the network (model.safetensors, labels.txt, a YAML file), and card.md and card.json: how many
photos there were, what was right of those that were not learned from, with 95 % confidence, how far the
probabilities can be trusted, and what the network was made from. report.html shows all that, and photos to
look at: the largest losses, labels in doubt, what is there twice. What you change on it, it saves as a
list for --list. The folder is there whole or not at all.`,
		Example: `  resnet fit flowers/ -o flower-net
  resnet classify rose.jpg --arch flower-net
  resnet fit photos/ -o net --weights resnet18.safetensors --valid 30
  resnet fit photos/ -o net --fine-tune layer4
  resnet fit photos/ -o net --head 512
  resnet fit --list train.csv --valid val/ -o net --class-weights balanced`,
		GroupID: groupClassify,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 || len(args) == 0 && opts.list == "" {
				return usagef("fit needs one DIR, or --list FILE")
			}
			if opts.out == "" {
				return usagef("fit needs -o FOLDER, for the network")
			}
			opts.args = args
			opts.command = typed(cmd, args, quietFlags)
			opts.again = typed(cmd, []string{opts.root(args)}, append([]string{"list", "valid", "seed"}, quietFlags...)) + " --list=" + listName
			return runFit(cmd.Context(), opts, args)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVarP(&opts.out, "output", "o", "", "write the network to `FOLDER`, which takes the place of one that fit wrote before")
	flags.StringVar(&opts.list, "list", "", "`FILE` of files and their classes, instead of folders")
	flags.StringVar(&opts.valid, "valid", "20", "photos that tell how good it is: `PERCENT` of each class, or a folder")
	flags.StringVar(&opts.arch, "arch", "", archHelp+" (default: that of the weights)")
	completeNets(cmd)
	opts.weights.add(cmd)
	choiceFlag(cmd, flags, &opts.augment, "augment", []string{augmentFlip, augmentNone}, "learn from each photo and its mirror image, or from it alone")
	opts.augment = augmentFlip
	choiceFlag(cmd, flags, &opts.balance, "class-weights", []string{weightsNone, weightsBalanced}, "balanced: each class counts as much as any other, however many photos it has")
	opts.balance = weightsNone
	flags.IntVar(&opts.hidden, "head", 0, "a hidden layer of `N` units, with a ReLU, between the features and the classes")
	opts.tune.add(flags)
	flags.BoolVar(&opts.only, "head-only", false, "write what was learned alone: it is opened where the weights that it stands on are in the store")
	flags.Uint64Var(&opts.seed, "seed", 0, "of the choice of the photos that are kept back, of what --fine-tune draws by chance, and of where --head begins")
	opts.worst.add(flags, "on the page: `N` photos with the largest losses, and with labels in doubt")
	flags.BoolVar(&opts.verify, "verify-cache", false, "hash photos again whose features are kept, however unchanged they look")
	opts.images.add(cmd)
	opts.engine.add(cmd)
	formats := render.Formats(&render.Fit{})
	opts.format = formatValue{name: formats[0], known: formats}
	flags.VarP(&opts.format, "format", "f", "of what is shown: "+strings.Join(formats, ", "))
	completeWords(cmd, "format", formats)
	return cmd
}

// quietFlags change nothing of what is learned.
var quietFlags = []string{"quiet", "color", "width", "threads", "format", "pull", "csv-formulas", "max-image-memory", "timeout", "verify-cache"}

// typed is a command line: its arguments, and the flags that were given but for some.
func typed(cmd *cobra.Command, args, without []string) string {
	words := strings.Fields(cmd.CommandPath())
	for _, arg := range args {
		words = append(words, shellWord(arg))
	}
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		if slices.Contains(without, flag.Name) {
			return
		}
		word := "--" + flag.Name
		if flag.Value.Type() != "bool" {
			word += "=" + shellWord(flag.Value.String())
		}
		words = append(words, word)
	})
	return strings.Join(words, " ")
}

// source is where the photos are, as the flags say.
func (o *fitOptions) source(args []string) error {
	o.from = learn.Source{List: o.list, Seed: o.seed}
	if len(args) > 0 {
		o.from.Dir = args[0]
	}
	percent, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(o.valid), "%"), 64)
	switch {
	case err != nil:
		o.from.Valid = o.valid
	case percent > 0 && percent < 100:
		o.from.Share, o.from.Split = percent/100, o.f.given("valid")
	default:
		return usagef("--valid %s: want a percentage between 0 and 100, or a folder", o.valid)
	}
	return nil
}
