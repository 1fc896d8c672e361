// Package console is the speaker's second screen: it attaches to a running talk,
// shows the notes, the pace and what is waited for, and asks for whatever the main
// screen offers. It decides nothing: what a key does is in the state that the talk
// sends, and the talk answers each press.
package console
