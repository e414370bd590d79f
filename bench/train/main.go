// Train computes the losses of a training whose first weights and batches a file holds, for curve.py: a line each.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"resnet/internal/checkpoint"
	"resnet/internal/config"
	"resnet/internal/engine"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 4 {
		return errors.New("want NET FILE THREADS RATE")
	}
	arch, err := config.Load(args[0])
	if err != nil {
		return err
	}
	threads, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	rate, err := strconv.ParseFloat(args[3], 32)
	if err != nil {
		return err
	}
	file, err := checkpoint.Open(args[1])
	if err != nil {
		return err
	}
	defer file.Close()
	images, err := read(file, "images") // (steps, batch, 3, h, w), bytes
	if err != nil {
		return err
	}
	labels, err := read(file, "labels") // (steps, batch)
	if err != nil {
		return err
	}
	info, _ := file.Info("images")
	steps := info.Shape[0]
	plan, err := engine.PlanTraining(arch.Graph.Graph, info.Shape[1:], nil, engine.TrainingOptions{})
	if err != nil {
		return err
	}
	team := engine.NewTeam(threads)
	defer team.Close()
	trainer := plan.NewTrainer(team)
	if err := trainer.Load(file); err != nil {
		return err
	}
	size, batch := len(images)/steps, info.Shape[1]
	for step := range steps {
		for i, v := range images[step*size:][:size] {
			trainer.Input().Data[i] = (v - 127.5) / 64
		}
		for i, v := range labels[step*batch:][:batch] {
			trainer.Labels()[i] = int32(v)
		}
		r, err := trainer.Accumulate(ctx)
		if err != nil {
			return err
		}
		fmt.Printf("%.9g\n", r.Loss)
		if err := trainer.Update(ctx, engine.SGD{LearningRate: float32(rate), Momentum: 0.9, WeightDecay: 1e-4, Scale: 1}); err != nil {
			return err
		}
	}
	return nil
}

func read(file *checkpoint.File, name string) ([]float32, error) {
	info, ok := file.Info(name)
	if !ok {
		return nil, fmt.Errorf("no tensor %s", name)
	}
	values := make([]float32, info.Shape.Elements())
	return values, file.Read(name, values)
}
