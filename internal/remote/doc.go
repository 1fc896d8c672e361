// Package remote lets a second terminal attach to a running talk: the talk serves
// a Unix socket that only its own user can reach, and a console dials it.
//
// The server never blocks the talk. Publish keeps the newest state and returns;
// each client has a goroutine that writes it, and a client that does not read is
// dropped. Intents of clients come out of Requests, and the screen answers each
// as it answers a key.
package remote
