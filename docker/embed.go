// Package docker holds the Compose file of the talk's cluster and the settings
// of PD and TiKV in it, so that an installed program needs no source tree.
package docker

import "embed"

// Files are compose.yaml and the folder settings.
//
//go:embed compose.yaml settings
var Files embed.FS
