// Package contract holds the embedded cluster to programs that this project did
// not write: the real go-ycsb, the real PD server and the real client-go. It has
// tests only. The first two lie in modules of their own, so that the product's
// go.mod never sees what they depend on; `make contract` builds them (about two
// minutes the first time), and the tests that need them are skipped otherwise.
//
// What is held: our PD's HTTP answers are the real one's, status, fields, types
// and values, before the first store and while a store is up, stale,
// disconnected, down and back, but for what a short list in the tests allows with
// its reasons; and the stores answer every raw command over the regions' borders
// as a TiKV with storage.enable-ttl does, or refuse it in TiKV's words.
package contract
