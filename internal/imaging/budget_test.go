package imaging

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestBudget(t *testing.T) {
	b := NewBudget(100)
	ctx := context.Background()
	release, err := b.acquire(ctx, 70)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.acquire(ctx, 101); ClassOf(err) != TooLarge {
		t.Errorf("more than there is: %v (%s)", err, ClassOf(err))
	}
	short, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	if _, err := b.acquire(short, 31); ClassOf(err) != Timeout {
		t.Errorf("more than is free: %v (%s)", err, ClassOf(err))
	}
	got := make(chan error)
	go func() {
		_, err := b.acquire(ctx, 31)
		got <- err
	}()
	release()
	if err := <-got; err != nil {
		t.Errorf("after the release: %v", err)
	}
}

// TestLeftBehind wants the memory of a decoder that could not be stopped to stay taken until it ends.
func TestLeftBehind(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	j := &job{ctx: ctx}
	finish, released := make(chan struct{}), make(chan struct{})
	go cancel()
	if _, err := abandonable(j, func() (int, error) { <-finish; return 0, nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("abandoned: %v", err)
	}
	j.whenDone(func() { close(released) })
	select {
	case <-released:
		t.Error("the memory was given back too early")
	case <-time.After(5 * time.Millisecond):
	}
	close(finish)
	<-released
}

func TestInternalErrorsAreCaught(t *testing.T) {
	j := &job{ctx: context.Background()}
	err := func() (err error) {
		defer recoverInternal(&err)
		_, err = abandonable(j, func() (int, error) { panic("a bug") })
		return err
	}()
	if ClassOf(err) != Internal {
		t.Errorf("%v is of class %s", err, ClassOf(err))
	}
	if _, err := abandonable(&job{ctx: t.Context()}, func() (int, error) { panic("a bug") }); ClassOf(err) != Internal {
		t.Errorf("on a goroutine: %v is of class %s", err, ClassOf(err))
	}
}
