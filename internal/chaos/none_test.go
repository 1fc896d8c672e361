package chaos

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

func TestNothingIsDoneWhereNothingIsToBeBroken(t *testing.T) {
	s := newScene(t, t.TempDir(), "run-1")
	p, err := s.c.Plan(cluster(3, 3, 3), Request{Fault: demo.FaultNone, Seed: 7})
	require.NoError(t, err)
	require.True(t, p.Nothing())
	require.Empty(t, p.Targets())
	require.EqualValues(t, 7, p.Seed)
	require.NoError(t, s.c.Inject(context.Background(), p))
	open, err := s.c.Open()
	require.NoError(t, err)
	require.Empty(t, open)
	require.NoError(t, s.c.Lift(context.Background(), p))
	require.Empty(t, s.backend.said())
}
