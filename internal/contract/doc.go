// Package contract holds the embedded cluster to programs that this project did
// not write: the real go-ycsb and the real PD server. It has tests only. Each
// program's module lies in a folder of its own, so that the product's go.mod
// never sees what they depend on; `make contract` builds them (about two minutes
// the first time) and runs the tests, which are skipped otherwise.
package contract
