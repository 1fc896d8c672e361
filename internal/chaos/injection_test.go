package chaos

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

func TestALogThatCannotBeWrittenToLeavesTheStoreUnharmed(t *testing.T) {
	s := newScene(t, t.TempDir(), "run-1")
	s.backend.fail["plant 2 lines in tikv-2"] = assert.AnError
	p := s.plan(t, Injection, "tikv-2")
	assert.Equal(t, "hostile lines into the log of tikv-2, then SIGKILL to tikv-2", p.Effect)
	assert.Equal(t, demo.TypeCrashed, p.FaultType)
	require.ErrorIs(t, s.c.Inject(context.Background(), p), assert.AnError)
	assert.Equal(t, []string{"plant 2 lines in tikv-2"}, s.backend.said())
	open, err := s.c.Open()
	require.NoError(t, err)
	assert.Empty(t, open)
}

func TestOnContainersNoLogIsWrittenTo(t *testing.T) {
	require.ErrorIs(t, new(Docker).Plant(context.Background(), "tikv-2", hostileLines), ErrRefused)
}
