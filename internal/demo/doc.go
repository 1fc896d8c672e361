// Package demo is the play: the chapters, the state of a run, and the pure
// machine that turns events into a new state and a list of effects.
//
//	Apply(State, Event) (State, []Effect)
//
// Events are past tense (something happened, or somebody asked for something);
// effects are imperative (the runner executes them). Nothing in this package
// reads a clock, starts a goroutine, touches a file or knows what kind of
// system is on stage: times arrive with events, and the system's own words
// (node types, node states) pass through as data.
package demo
