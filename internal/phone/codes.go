package phone

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// KeepCodes gives the codes of the page at an address, and keeps them in dir, which is
// the user's own, until forget is called. A talk that is started again after it was
// killed takes the codes that are there: the phone finds it again by itself.
func KeepCodes(dir, address string) (codes Codes, forget func() error, err error) {
	name := filepath.Join(dir, "phone-"+filepath.Base(address)+".json")
	forget = func() error {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	if b, err := os.ReadFile(name); err == nil && json.Unmarshal(b, &codes) == nil && codes.whole() {
		return codes, forget, nil
	}
	codes = NewCodes()
	b, err := json.Marshal(codes)
	if err != nil {
		return codes, forget, err
	}
	_ = os.Remove(name) // a file of another mode keeps that mode
	if err := os.WriteFile(name, b, 0o600); err != nil {
		return codes, forget, fmt.Errorf("keep the codes of the phone's page: %w", err)
	}
	return codes, forget, nil
}
