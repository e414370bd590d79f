package nets

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"resnet/internal/evaluate"
	"resnet/internal/wholefile"
)

// maxList bounds a list of files: some million lines.
const maxList = 256 << 20

// ReadList reads files with their classes, as evaluate.ParseList has them, and checks each class before any image is
// computed. Paths are relative to root.
func (o *Opener) ReadList(ctx context.Context, name, root string, check func(class string) error) (Images, error) {
	text, err := wholefile.Read(ctx, o.reads(o.Path(name)), maxList)
	if err != nil {
		return nil, err
	}
	rows, err := evaluate.ParseList(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var errs []error
	for _, row := range rows {
		if err := check(row.Class); err != nil {
			errs = append(errs, fmt.Errorf("%s: line %d: %s: %w", name, row.Line, row.File, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if again := evaluate.Repeated(rows); len(again) > 0 {
		o.tell(Notice{Weights: name, Text: fmt.Sprintf(
			"%d of %d entries name an image again, line %d (%s) first; each counts",
			len(again), len(rows), again[0].Line, again[0].File)})
	}
	return func(ctx context.Context, yield func(*Image) error) error {
		for _, row := range rows {
			path := row.File
			if !filepath.IsAbs(path) {
				path = filepath.Join(root, path)
			}
			if err := yield(&Image{Name: path, Path: o.Path(path), Rel: row.File, Class: row.Class, Set: row.Set}); err != nil {
				return err
			}
		}
		return nil
	}, nil
}
