package cli

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestACauseIsSaidOnce(t *testing.T) {
	t.Parallel()
	dead := errors.New("the daemon does not answer at unix:///x.sock; start it")
	left := fmt.Errorf("%w: %w", errors.New("tikv-2 may still be broken; run `tikv-demo heal` to repair it"), dead)
	stop := fmt.Errorf("stopping the cluster: %w", dead)
	for _, c := range []struct {
		name string
		errs []error
		want string
	}{
		{"nothing", []error{nil, nil}, ""},
		{"one", []error{nil, stop}, stop.Error()},
		{"a failed chapter, whose cause is only text, and what closing met", []error{
			errors.New("chapter 7 (recovery) failed: tikv-2: " + dead.Error()), errors.Join(left, stop),
		}, "chapter 7 (recovery) failed: tikv-2: " + dead.Error() + "; tikv-2 may still be broken; run `tikv-demo heal` to repair it; stopping the cluster"},
		{"the same error twice", []error{dead, errors.Join(dead)}, dead.Error()},
		{"two causes", []error{dead, errors.New("the disk is full")}, dead.Error() + "; the disk is full"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := eachCauseOnce(c.errs...)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.Equal(t, c.want, oneLine(err))
		})
	}
	kept := precondition("start it first: %w", dead)
	status := (*statusError)(nil)
	require.ErrorAs(t, eachCauseOnce(kept, stop), &status, "the exit status stays")
}
