package safe_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/safe"
)

func fall() { panic("the lamp fell down") }

func TestAPanicReachesTheOneWhoWaits(t *testing.T) {
	var g safe.Group
	g.Go(fall)
	g.Go(func() {})
	defer func() {
		p, ok := recover().(*safe.Panic)
		require.True(t, ok)
		require.Equal(t, "the lamp fell down", p.Value)
		require.Contains(t, string(p.Stack), "safe_test.fall", "the stack of the goroutine that panicked")
	}()
	g.Wait()
	require.Fail(t, "Wait returned")
}

func TestAPanicEndsTheOthersOfItsGroup(t *testing.T) {
	g, ctx := safe.Within(t.Context())
	g.Go(func() { <-ctx.Done() })
	g.Go(fall)
	require.Panics(t, g.Wait)
}

func TestAGroupThatIsStoppedEnds(t *testing.T) {
	g, ctx := safe.Within(t.Context())
	g.Go(func() { <-ctx.Done() })
	g.Stop()
	require.NotPanics(t, g.Wait)
}

func TestAPanicIsAnErrorOfItsGroup(t *testing.T) {
	g, ctx := safe.WithContext(t.Context())
	g.Go(func() error { <-ctx.Done(); return ctx.Err() })
	g.Go(func() error { fall(); return nil })
	p := (*safe.Panic)(nil)
	require.ErrorAs(t, g.Wait(), &p)
	require.ErrorIs(t, ctx.Err(), context.Canceled)
}

func TestAPanicKeepsItsFirstStack(t *testing.T) {
	err := safe.Do(func() error {
		var g safe.Group
		g.Go(fall)
		g.Wait()
		return nil
	})
	p := (*safe.Panic)(nil)
	require.ErrorAs(t, err, &p)
	require.Contains(t, string(p.Stack), "safe_test.fall")
	plain := errors.New("no panic")
	require.Equal(t, plain, safe.Do(func() error { return plain }))
}
