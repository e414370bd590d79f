package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"resnet/internal/evaluate"
	"resnet/internal/isa"
	"resnet/internal/labels"
	"resnet/internal/learn"
	"resnet/internal/nets"
	"resnet/internal/number"
	"resnet/internal/printable"
	"resnet/internal/render"
	"resnet/internal/weights"
)

// mostHidden bounds the units of --head: their weights, and what L-BFGS remembers of them, are held several times.
const mostHidden = 4096

func runFit(ctx context.Context, o *fitOptions, args []string) error {
	if err := o.source(args); err != nil {
		return err
	}
	if o.hidden < 0 || o.hidden > mostHidden || o.hidden == 0 && o.f.given("head") {
		return usagef("--head %d: want 1 to %s units", o.hidden, number.Thousands(mostHidden))
	}
	if err := errors.Join(o.images.check(), o.engine.check(o.f), o.worst.check(), o.checkTune()); err != nil {
		return err
	}
	if err := o.checkFolder(); err != nil {
		return err
	}
	if err := o.tryFolder(); err != nil {
		return err
	}
	net, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer net.Close()
	if net.Quantized() {
		return usagef("%s is quantized: fit starts from the weights that it was made from", net.WeightsWords())
	}
	if o.only && !net.Builtin() {
		return usagef("--head-only: %s is none of the built-in networks, which a head can name; write the whole one", net.Arch.Name)
	}
	if err := o.checkLayer(net); err != nil {
		return err
	}
	compute := o.engine.compute()
	compute.Threads = 1 // of each session, of which there is one a core
	predictor, err := net.Predictor(ctx, nets.PredictorOptions{Compute: compute, Sessions: o.engine.cores()})
	if err != nil {
		return err
	}
	defer predictor.Close()
	sets, err := learn.ReadSets(ctx, o.f.nets(), o.from)
	if err != nil {
		return err
	}
	cache, err := o.cache(predictor)
	if err != nil {
		o.f.warnf("features are not kept: %s", o.f.errorText(err))
	}
	r := &fitRun{opts: o, net: net, sets: sets, extractor: &learn.Extractor{Predictor: predictor, Mirror: o.augment == augmentFlip, Cache: cache}}
	err = r.run(ctx)
	if o.f.interruptedBy(err) {
		o.f.interrupted(r.interrupted())
	}
	return err
}

// cache is where features are kept.
func (o *fitOptions) cache(p *nets.Predictor) (*learn.Cache, error) {
	dir, err := weights.CacheDir(o.f.getenv)
	if err != nil {
		return nil, err
	}
	c, err := learn.OpenCache(learn.CacheFolder(dir), p, o.images.exif, o.engine.exact)
	if err == nil {
		c.Hash = o.verify
	}
	return c, err
}

// open finds the network to start from.
func (o *fitOptions) open(ctx context.Context) (*nets.Net, error) {
	choice := o.weights.choice()
	choice.Net, choice.Trained = o.arch, true
	if o.arch != "" || o.weights.name != "" {
		return o.f.nets().Open(ctx, choice)
	}
	for _, name := range []string{"resnet34", "resnet18"} {
		choice.Net = name
		n, err := o.f.nets().Open(ctx, choice)
		if !is[*weights.NotPulledError](err) {
			return n, err
		}
	}
	choice.Net = ""
	return o.f.nets().Open(ctx, choice)
}

// fitRun is one fit.
type fitRun struct {
	opts        *fitOptions
	net         *nets.Net
	extractor   *learn.Extractor
	sets        *learn.Sets
	train       []*learn.Features // of sets.Train
	valid       []*learn.Features // of sets.Valid
	familiar    *familiar         // nil: no photo has a direction
	temperature float64           // that the head is divided by
	tuning      bool              // the head is learned, and the network is trained further
	tuned       *tuned            // nil: the head alone is learned
	leftOut     int
	images      *imageRun // that read the photos
	seen        int       // photos whose features are there
}

func (r *fitRun) run(ctx context.Context) error {
	o, f := r.opts, r.opts.f
	for _, note := range r.sets.Notes {
		f.notef("%s", printable.Name(note))
	}
	if err := r.sets.Check(); err != nil {
		return err
	}
	if err := r.features(ctx); err != nil {
		return err
	}
	if err := r.sets.Check(); err != nil {
		return err
	}
	if len(r.sets.Valid) == 0 {
		return errors.New("no photo is kept back to tell how good the network is: give more photos, more of them with --valid PERCENT, or a folder")
	}
	r.warnSame()
	fitted, err := r.fit(ctx)
	if err != nil {
		return err
	}
	r.temperature = fitted.Calibrate(classesOf(r.sets.Train)) // before probabilities are shown
	found, err := r.examine(ctx, fitted)
	if err != nil {
		return err
	}
	if o.tune.layer != "" {
		r.tuning = true
		if r.tuned, err = r.fineTune(ctx, fitted); err != nil {
			return err
		}
	}
	view, err := r.view(fitted, found)
	if err != nil {
		return err
	}
	if err := r.write(ctx, fitted, view, found); err != nil {
		return err
	}
	look := f.look("", o.format.name)
	if err := f.writeOutput("", func(w io.Writer) error { return render.Write(w, view, o.format.name, look) }); err != nil {
		return err
	}
	r.warnBase(ctx)
	f.wrote(o.out)
	f.wrote(filepath.Join(o.out, fittedPage))
	r.next()
	return nil
}

// fit fits the head.
func (r *fitRun) fit(ctx context.Context) (*learn.Fitted, error) {
	options := learn.Options{Threads: r.opts.engine.cores(), Hidden: r.opts.hidden, Seed: r.opts.seed}
	if r.opts.hidden > 0 {
		bar := r.opts.f.newProgress(true, false)
		defer bar.finish()
		bar.of(int64(len(r.sets.Train) * (learn.MostFolds*len(learn.HiddenGrid()) + 1)))
		options.Step = func() {
			for range r.sets.Train {
				bar.step()
			}
		}
	}
	if r.opts.balance == weightsBalanced {
		options.Weights = learn.Balanced(classesOf(r.sets.Train), len(r.sets.Classes))
	}
	return learn.Fit(ctx, learn.NewData(r.sets.Train, r.train, len(r.sets.Classes)), options)
}

// interrupted is how far a fit came that was ended.
func (r *fitRun) interrupted() string {
	text := fmt.Sprintf("interrupted after %s of %s: %s was not written", number.Thousands(int64(r.seen)),
		plural(len(r.sets.Train)+len(r.sets.Valid), "photo", "photos"), printable.Name(r.opts.out))
	if r.tuning {
		text = fmt.Sprintf("interrupted in --fine-tune: %s was not written", printable.Name(r.opts.out))
	}
	if r.extractor.Cache != nil && r.seen > 0 {
		text += "; features are kept, and the next fit goes on there"
	}
	return text
}

// features computes those of all photos. Photos that can't be read are named and left out.
func (r *fitRun) features(ctx context.Context) error {
	o, f := r.opts, r.opts.f
	images := imagesOf(r.bothSets())
	learned := map[*nets.Image]bool{}
	for _, p := range r.sets.Train {
		learned[p.Image] = true
	}
	run := &imageRun{
		f: f, decoding: o.images.decoding(f), failFast: o.images.failFast, found: f.nets().Find(nil, false, nil),
		images: images, counted: images, many: true, failed: failures{}, bar: f.newProgress(true, false),
	}
	r.images = run
	if err := r.extractor.Prepare(ctx, learn.Watch); err != nil {
		return err
	}
	features := map[*nets.Image]*learn.Features{}
	compute := func(ctx context.Context, im *nets.Image) (*learn.Features, error) {
		return r.extractor.Features(ctx, im, run.decoding, learned[im])
	}
	take := func(job *nets.Done[*learn.Features]) error {
		for _, row := range job.Value.Rows {
			if !nets.AllFinite(row) {
				return errors.New("the network has NaN or infinite features of it")
			}
		}
		features[job.Image] = job.Value
		r.seen++
		return nil
	}
	err := each(ctx, run, r.extractor.Sessions(), compute, take, nil)
	if r.extractor.Cache != nil { // what an interrupted fit has computed is kept, too
		if err := r.extractor.Cache.Save(); err != nil {
			f.warnf("%s", f.errorText(err))
		}
	}
	if err != nil {
		return err
	}
	r.sets.Train, r.train = r.read(r.sets.Train, features)
	r.sets.Valid, r.valid = r.read(r.sets.Valid, features)
	if r.leftOut > 0 {
		f.notef("%s: %s left out", run.failed, plural(r.leftOut, "photo is", "photos are"))
	}
	return nil
}

// read are the photos that have features.
func (r *fitRun) read(photos []learn.Photo, features map[*nets.Image]*learn.Features) (kept []learn.Photo, own []*learn.Features) {
	for _, p := range photos {
		if found := features[p.Image]; found != nil {
			kept, own = append(kept, p), append(own, found)
		} else {
			r.leftOut++
		}
	}
	return kept, own
}

// warnSame names photos that are there twice where they do harm.
func (r *fitRun) warnSame() {
	digests := map[*nets.Image]string{}
	for i, p := range r.sets.Train {
		digests[p.Image] = string(r.train[i].Digest[:])
	}
	for i, p := range r.sets.Valid {
		digests[p.Image] = string(r.valid[i].Digest[:])
	}
	classes, both := r.sets.Same(func(p learn.Photo) string { return digests[p.Image] })
	warn := func(pairs [][2]string, what string) {
		const most = 10
		for i, pair := range pairs {
			if i == most {
				r.opts.f.warnf("%d more such pairs", len(pairs)-most)
				break
			}
			r.opts.f.notef("%s and %s are the same photo, %s", printable.Name(pair[0]), printable.Name(pair[1]), what)
		}
	}
	warn(classes, "and have different classes")
	warn(both, "and one is learned from, one checked: the accuracy is too good by it")
}

// view measures the head on the photos that were kept back.
func (r *fitRun) view(fitted *learn.Fitted, found *findings) (*render.Fit, error) {
	o := r.opts
	view := &render.Fit{
		Name: r.name(), Command: o.command, Arch: r.net.Arch.Name, Labels: r.list(), Train: make([]int, len(r.sets.Classes)),
		Scores: evaluate.New(len(r.sets.Classes)), Untempered: evaluate.New(len(r.sets.Classes)), LeftOut: r.leftOut, Notes: r.sets.Notes,
		Weights: r.net.Source.Name, License: r.net.License(), Augment: o.augment, Balanced: o.balance == weightsBalanced, Seed: o.seed,
		Kernel: isa.Allowed().String(), Hidden: o.hidden, C: fitted.C, Folds: 1 + slices.Max(fitted.Folds), Share: 0.95,
	}
	q := r.quality(fitted)
	if r.familiar = newFamiliar(r.sets.Train, q.train, q.valid); r.familiar != nil {
		view.Far, view.Known = &r.familiar.far, len(r.familiar.rows)
	}
	view.Temperature = q.temperature
	if r.tuned != nil {
		view.Tuned = &r.tuned.FitTuned
	}
	if probability, ok := learn.Threshold(q.answers, view.Share); ok {
		view.MinProbability = &probability
	}
	var err error
	if view.SHA256, err = r.net.SHA256(); err != nil {
		return nil, err
	}
	for _, p := range r.sets.Train {
		view.Train[p.Class]++
	}
	for _, t := range fitted.Trials {
		view.Trials = append(view.Trials, render.FitTrial(t))
	}
	var answers []learn.Answer
	for i, p := range r.sets.Valid {
		exact := q.logits[i]
		logits := float32s(exact)
		probabilities, order := labels.Softmax(logits), labels.Order(logits)
		view.Scores.Add(p.Name, p.Class, probabilities, order)
		o.worst.note(p.Image, p.Class, probabilities[p.Class])
		switch {
		case view.MinProbability != nil && probabilities[order[0]] < *view.MinProbability:
			view.Unsure++
		case order[0] == p.Class:
			view.SureRight++
		}
		for j, v := range exact {
			logits[j] = float32(v * view.Temperature)
		}
		view.Untempered.Add(p.Name, p.Class, labels.Softmax(logits), order)
		answers = append(answers, learn.Answer{Probability: probabilities[order[0]], Right: order[0] == p.Class})
	}
	found.tell(view, answers)
	return view, nil
}

func float32s(values []float64) []float32 {
	narrow := make([]float32, len(values))
	for i, v := range values {
		narrow[i] = float32(v)
	}
	return narrow
}

// name is that of the folder.
func (r *fitRun) name() string { return filepath.Base(absolute(r.opts.f.path(r.opts.out))) }

func (r *fitRun) list() *labels.List {
	return &labels.List{Name: "labels.txt", Classes: r.sets.Classes}
}

// next says what to do with the network.
func (r *fitRun) next() {
	f := r.opts.f
	if r.net.Source.Builtin() {
		f.hintf("It stands on the small network that is built in. ImageNet's tell photos apart better:\n  resnet weights pull resnet34, and fit again")
	}
	arch := r.opts.out
	if !r.net.Builtin() { // its tensors do not tell all of it
		arch = filepath.Join(arch, r.name()+".yaml")
	}
	f.hintf("Label photos with it:\n  resnet classify PHOTO --arch %s", shellWord(arch))
}
