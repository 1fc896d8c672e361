package diagnose

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// ErrSeal says that what was opened is not what was sealed.
var ErrSeal = errors.New("this is not what was sealed")

// NewNonce draws what keeps a seal from being guessed: there are few plans, and
// without it an audience could try them all.
func NewNonce() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails; see crypto/rand
	return hex.EncodeToString(b[:])
}

// sealed is the text whose hash is shown.
type sealed struct {
	Nonce string `json:"nonce"`
	demo.Plan
}

// SealedText is the one line whose SHA-256 is the seal. Shown when the seal is
// opened, it lets everybody check with sha256sum.
func SealedText(p demo.Plan, nonce string) string { return object(sealed{nonce, p}) }

// Seal gives the SHA-256, in hex, of what will be done. It is shown before.
func Seal(p demo.Plan, nonce string) string {
	sum := sha256.Sum256([]byte(SealedText(p, nonce)))
	return hex.EncodeToString(sum[:])
}

// Open checks a seal against the text that is said to be in it, and gives the
// plan. It takes nothing but that text: what was done is read from what was
// sealed, not the other way round.
func Open(seal, text string) (demo.Plan, error) {
	sum := sha256.Sum256([]byte(text))
	if hex.EncodeToString(sum[:]) != seal {
		return demo.Plan{}, ErrSeal
	}
	var s sealed
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return demo.Plan{}, fmt.Errorf("%w: %w", ErrSeal, err)
	}
	return s.Plan, nil
}
