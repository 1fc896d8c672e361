//go:build darwin && !cgo

package macos

var _ = onMacOSTheTiKVClientNeedsCgo_installItsToolsWith_xcodeSelect_install_andBuildWith_CGO_ENABLED_1
