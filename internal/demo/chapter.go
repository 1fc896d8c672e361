package demo

import (
	"fmt"
	"time"
)

// Chapter is one part of the talk: what is said, and what happens.
type Chapter struct {
	N             int           `json:"n,omitempty"`              // 1 to 8
	ID            string        `json:"id,omitempty"`             // welcome, health, load, …
	Title         string        `json:"title,omitempty"`          // shown in the header and on the rail
	Budget        time.Duration `json:"budget_ns,omitempty"`      // how long the speaker means to stay
	KeyHint       string        `json:"key_hint,omitempty"`       // one line for the footer, "" for none
	OnEnter       string        `json:"on_enter,omitempty"`       // one of the On… constants, "" for nothing
	Gate          string        `json:"gate,omitempty"`           // one of the Gate… constants, "" for an open one
	AutoAdvance   bool          `json:"auto_advance,omitempty"`   // goes on by itself, after a brief pause, when the gate opens
	BlocksAdvance bool          `json:"blocks_advance,omitempty"` // is not left before its effect is done
	Narration     string        `json:"narration,omitempty"`      // Markdown: what the hall reads
	Notes         string        `json:"notes,omitempty"`          // Markdown: what only the speaker reads
}

// What a chapter may do when it is entered for the first time.
const (
	OnEnterCluster  = "cluster.start"
	OnEnterLoad     = "load.start"
	OnEnterFault    = "fault.inject"
	OnEnterDiagnose = "diagnose"
	OnEnterRecover  = "recover"
	OnEnterVerify   = "ledger.verify"
)

// OnEnterNames lists every name that on_enter may have.
func OnEnterNames() []string {
	return []string{OnEnterCluster, OnEnterLoad, OnEnterFault, OnEnterDiagnose, OnEnterRecover, OnEnterVerify}
}

// ChapterCount is the length of the play.
const ChapterCount = 8

// FaultChapter makes the chapter in which something is broken: it aims on
// entry, waits for the presenter, counts down, and is not left before the
// fault is in.
func FaultChapter(c Chapter) Chapter {
	c.OnEnter, c.Gate, c.BlocksAdvance, c.AutoAdvance = OnEnterFault, GateFault, true, false
	return c
}

// RecoveryChapter makes the chapter in which it is repaired: it carries out the
// approved action on entry and goes on by itself once recovery is proven.
func RecoveryChapter(c Chapter) Chapter {
	c.OnEnter, c.Gate, c.BlocksAdvance, c.AutoAdvance = OnEnterRecover, GateRecovered, true, true
	return c
}

// VerifyChapter makes the chapter in which every key is read again. Without its gate a
// talk could end, and call itself complete, before that is done. Its advance is its own.
func VerifyChapter(c Chapter) Chapter {
	c.OnEnter, c.Gate = OnEnterVerify, GateVerified
	return c
}

// CheckChapters says what keeps a list of chapters from being played.
func CheckChapters(cs []Chapter) error {
	if len(cs) != ChapterCount {
		return fmt.Errorf("a talk has %d chapters, not %d", ChapterCount, len(cs))
	}
	seen := map[string]int{}
	for i, c := range cs {
		if c.N != i+1 {
			return fmt.Errorf("chapter %d stands at place %d", c.N, i+1)
		}
		if other, ok := seen[c.ID]; ok {
			return fmt.Errorf("chapters %d and %d share the id %q", other, c.N, c.ID)
		}
		seen[c.ID] = c.N
	}
	return nil
}
