package words

import (
	"fmt"
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Violation says in one line what was read, and what was expected.
func Violation(v demo.Violation) string {
	read := fmt.Sprintf("version %d", v.Read)
	switch {
	case v.Name == demo.ViolationAbsent:
		read = "nothing"
	case v.Name == demo.ViolationDamaged:
		read = "a damaged value"
	case v.Read == 0:
		read = "a value that was not written to it in this run"
	}
	through := ""
	if v.Store != "" {
		through = " through " + v.Store
	}
	return fmt.Sprintf("%s: %s reads %s%s, expected %s", v.Name, v.Key, read, through, allowed(v))
}

func allowed(v demo.Violation) string {
	if v.Lower == v.Upper {
		return fmt.Sprintf("version %d", v.Lower)
	}
	return fmt.Sprintf("versions %d to %d", v.Lower, v.Upper)
}

// StoreProof says in one line what was read through a store, or why nothing was.
func StoreProof(p demo.StoreProof) string {
	if p.Why != "" {
		return fmt.Sprintf("nothing was read through %s: %s", p.Store, p.Why)
	}
	s := fmt.Sprintf("%d records and %d inserts read through %s, %d wrong", p.Records, p.Inserts, p.Store, p.Wrong)
	if p.Unread > 0 {
		s += fmt.Sprintf(", %d could not be read", p.Unread)
	}
	return s
}

// Ledger says in one line what was found and what was checked.
func Ledger(b demo.LedgerVerified) string {
	s := fmt.Sprintf("%d lost", b.Lost)
	if names := WrongReads(b); names != "" {
		s += " (wrong reads: " + names + ")"
	}
	if b.Unknown > 0 {
		s += fmt.Sprintf(", %d unknown because they could not be read", b.Unknown)
	}
	return s + fmt.Sprintf("; %d keys read again, %d acknowledged inserts among them, and %d reads of the run checked; writes: %d acknowledged, %d refused, %d of unknown outcome",
		b.Checked, b.Inserts, b.Reads, b.Acked, b.Refused, b.Indeterminate)
}

// WrongReads lists the violations by name, "" where there were none.
func WrongReads(b demo.LedgerVerified) string {
	var parts []string
	for _, name := range []string{demo.ViolationLost, demo.ViolationAbsent, demo.ViolationDamaged, demo.ViolationStale, demo.ViolationPhantom} {
		if n := b.Violations[name]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, name))
		}
	}
	return strings.Join(parts, ", ")
}

func tellProof(b demo.DataProved) string {
	var parts []string
	for _, p := range b.Stores {
		parts = append(parts, StoreProof(p))
	}
	return strings.Join(parts, "; ")
}
