package plain

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/words"
)

func TestASCIIKeepsTheMeaning(t *testing.T) {
	for in, want := range map[string]string{
		"complete · detected in 0.2 s\n": "complete, detected in 0.2 s\n",
		"leaders 3 → 1":                  "leaders 3 to 1",
		"Zoë’s café – a “talk”…":         `Zoe's cafe - a "talk"...`,
		"p99 ≤ 10 ms ✓":                  "p99 at most 10 ms yes",
		"日本":                             "??",
	} {
		var b bytes.Buffer
		n, err := io.WriteString(ASCII(&b, words.English), in)
		require.NoError(t, err)
		require.Len(t, in, n)
		require.Equal(t, want, b.String())
	}
}

func TestASCIIOfAGermanTalkIsGerman(t *testing.T) {
	var b bytes.Buffer
	_, err := io.WriteString(ASCII(&b, words.German), "Ärger: größer → über ½ ≥ ✓")
	require.NoError(t, err)
	require.Equal(t, "Aerger: groesser zu ueber 1/2 mindestens ja", b.String())
}

func TestASCIIReportsAFailure(t *testing.T) {
	_, err := io.WriteString(ASCII(&gone{}, words.English), "x")
	require.ErrorIs(t, err, errGone)
}
