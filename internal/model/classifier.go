package model

import (
	"slices"
	"strconv"

	"resnet/internal/graph"
)

// classifier is what stands behind the last pool: nothing, a fully connected layer, or several with a ReLU between two, named
// as in a Sequential: fc.0, fc.1, fc.2.
func classifier(b *builder, x graph.Value, s Spec) graph.Value {
	if s.Classifier == ClassifierNone {
		return x
	}
	last := graph.Linear{Out: s.NumClasses, NoBias: s.Classifier == ClassifierNoBias}
	if len(s.Head) == 0 {
		return b.Linear("fc", x, last)
	}
	return b.Module("fc", "Sequential", x, func(x graph.Value) graph.Value {
		for i, out := range s.Head {
			x = b.Linear(strconv.Itoa(2*i), x, graph.Linear{Out: out, NoBias: last.NoBias})
			x = b.ReLU(strconv.Itoa(2*i+1), x)
		}
		return b.Linear(strconv.Itoa(2*len(s.Head)), x, last)
	})
}

// ClassifierPaths are those of the fully connected layers behind the last pool, in order.
func (s Spec) ClassifierPaths() []string {
	switch {
	case s.Classifier == ClassifierNone:
		return nil
	case len(s.Head) == 0:
		return []string{"fc"}
	}
	paths := make([]string, len(s.Head)+1)
	for i := range paths {
		paths[i] = "fc." + strconv.Itoa(2*i)
	}
	return paths
}

// WithClassifier is the network with another one's classifier, and so its classes.
func (s Spec) WithClassifier(other Spec) Spec {
	s = s.Clone()
	s.Classifier, s.NumClasses, s.Head = other.Classifier, other.NumClasses, slices.Clone(other.Head)
	return s
}

// SameClassifier tells whether two networks end alike.
func (s Spec) SameClassifier(other Spec) bool {
	return s.Classifier == other.Classifier && s.NumClasses == other.NumClasses && slices.Equal(s.Head, other.Head)
}

func (v *validator) classifier(s Spec) {
	v.oneOf("classifier", s.Classifier, Classifiers())
	switch {
	case s.Classifier != ClassifierNone && s.NumClasses == 0:
		v.fail("num_classes", "want the number of classes; a network without a classifier has classifier: none")
	case s.Classifier != ClassifierNone:
		v.between("num_classes", s.NumClasses, 1, MaxClasses)
	case s.NumClasses != 0:
		v.fail("num_classes", "%d classes, but classifier: none has none", s.NumClasses)
	case len(s.Head) > 0:
		v.fail("head", "fully connected layers before a classifier, but there is none")
	}
	if len(s.Head) > maxHead {
		v.fail("head", "%d layers, at most %d", len(s.Head), maxHead)
	}
	for i, out := range s.Head[:min(len(s.Head), maxHead)] {
		v.between("head["+strconv.Itoa(i)+"]", out, 1, MaxPlanes)
	}
}

// maxHead bounds the fully connected layers before a classifier.
const maxHead = 8
