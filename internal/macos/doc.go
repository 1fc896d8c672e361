// Package macos has nothing in it but the reason why a build for macOS without
// cgo fails: a library of the TiKV client (elastic/gosigar) reads the machine's
// memory through it, and says so in the compiler's words alone.
package macos
