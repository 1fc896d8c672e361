package journal

import (
	"errors"
	"os"
	"path/filepath"
)

// StateDir gives the directory for what outlives a run: TIKV_DEMO_STATE_DIR as
// it is, or tikv-demo below XDG_STATE_HOME, or below ~/.local/state (on macOS
// too, where people who use a terminal look for it). It is not made here.
func StateDir() (string, error) {
	if dir := os.Getenv("TIKV_DEMO_STATE_DIR"); dir != "" {
		return filepath.Abs(dir)
	}
	// The XDG specification has a relative path ignored.
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "tikv-demo"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", errors.New("neither TIKV_DEMO_STATE_DIR, XDG_STATE_HOME nor HOME is set")
	}
	return filepath.Join(home, ".local", "state", "tikv-demo"), nil
}
