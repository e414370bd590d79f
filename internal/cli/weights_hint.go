package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"resnet/internal/bind"
	"resnet/internal/checkpoint"
	"resnet/internal/config"
)

// bindHint says what does not fit what, and what to do.
func bindHint(err error, name string, n *net, file *checkpoint.File) error {
	mismatch, ok := errors.AsType[*bind.Error](err)
	if !ok {
		return recognizeHint(fmt.Errorf("%s: %w", name, err), name)
	}
	err = fmt.Errorf("%s does not fit %s: %d tensors missing, %d unexpected, %d of another shape\n%w",
		name, n.Name, mismatch.Missing, mismatch.Unexpected, mismatch.Shapes, err)
	found, recognizeErr := bind.Recognize(file, bind.RecognizeOptions{})
	if recognizeErr != nil {
		return err
	}
	var names []string
	for _, s := range found.Known(knownSpecs(found)) {
		names = append(names, s.Name)
	}
	switch {
	case slices.Contains(names, n.Name):
		return fmt.Errorf("%w\nthese have %d classes, %s has %d: without --arch the network is taken from the file",
			err, found.Spec.NumClasses, n.Name, n.Spec.NumClasses)
	case len(names) > 0:
		return fmt.Errorf("%w\nthese look like %s: --arch %s", err, names[0], shortName(names[0]))
	}
	return fmt.Errorf("%w\nthese are of another network: without --arch it is taken from the file", err)
}

// shortName is the number that stands for a network, or its name.
func shortName(name string) string {
	if number := firstNumber(name); number != "" {
		if full, ok := config.Lookup(number); ok && full == name {
			return number
		}
	}
	return name
}

// recognizeHint adds what to do to an error of Recognize or Choose.
func recognizeHint(err error, name string) error {
	var question *bind.ChoiceError
	var several *bind.SeveralError
	switch {
	case errors.As(err, &question) && len(question.Archs) > 0:
		return fmt.Errorf("%w; say which: --arch %s", err, strings.Join(question.Archs, " or --arch "))
	case errors.As(err, &question):
		return fmt.Errorf("%w; say which in a YAML file, given with --arch (resnet weights inspect %s --config writes one)", err, name)
	case errors.As(err, &several):
		return fmt.Errorf("%w; take one out: resnet weights convert %s OUT.safetensors --part %s", err, name, strings.TrimSuffix(several.Parts[0], "."))
	case errors.Is(err, bind.ErrUnknownNames):
		return fmt.Errorf("%w; --match structure binds by order and shape", err)
	}
	return err
}
