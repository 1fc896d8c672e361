package words

import (
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Violation says in one line what was read, and what was expected.
func (t Tongue) Violation(v demo.Violation) string {
	read := t.Say("version %d", v.Read)
	switch {
	case v.Name == demo.ViolationAbsent:
		read = t.Say("nothing")
	case v.Name == demo.ViolationDamaged:
		read = t.Say("a damaged value")
	case v.Read == 0:
		read = t.Say("a value that was not written to it in this run")
	}
	through := ""
	if v.Store != "" {
		through = t.Say(" through %s", v.Store)
	}
	return t.Say("%s: %s reads %s%s, expected %s", t.Word(v.Name), v.Key, read, through, t.allowed(v))
}

func (t Tongue) allowed(v demo.Violation) string {
	if v.Lower == v.Upper {
		return t.Say("version %d", v.Lower)
	}
	return t.Say("versions %d to %d", v.Lower, v.Upper)
}

// StoreProof says in one line what was read through a store, or why nothing was.
func (t Tongue) StoreProof(p demo.StoreProof) string {
	if p.Why != "" {
		return t.Say("nothing was read through %s: %s", p.Store, t.Quote(p.Why))
	}
	s := t.Say("%d records and %d inserts read through %s, %d wrong", p.Records, p.Inserts, p.Store, p.Wrong)
	if p.Unread > 0 {
		s += t.Say(", %d could not be read", p.Unread)
	}
	return s
}

// Ledger says in one line what was found and what was checked.
func (t Tongue) Ledger(b demo.LedgerVerified) string {
	s := t.Say("%d lost", b.Lost)
	if names := t.WrongReads(b); names != "" {
		s += t.Say(" (wrong reads: %s)", names)
	}
	if b.Unknown > 0 {
		s += t.Say(", %d unknown because they could not be read", b.Unknown)
	}
	return s + t.Say("; %d keys read again, %d acknowledged inserts among them, and %d reads of the run checked; writes: %d acknowledged, %d refused, %d of unknown outcome",
		b.Checked, b.Inserts, b.Reads, b.Acked, b.Refused, b.Indeterminate)
}

// WrongReads lists the violations by name, "" where there were none.
func (t Tongue) WrongReads(b demo.LedgerVerified) string {
	var parts []string
	for _, name := range []string{demo.ViolationLost, demo.ViolationAbsent, demo.ViolationDamaged, demo.ViolationStale, demo.ViolationPhantom} {
		if n := b.Violations[name]; n > 0 {
			parts = append(parts, t.Say("%d %s", n, t.Word(name)))
		}
	}
	return strings.Join(parts, ", ")
}

func (t Tongue) tellProof(b demo.DataProved) string {
	var parts []string
	for _, p := range b.Stores {
		parts = append(parts, t.StoreProof(p))
	}
	return strings.Join(parts, "; ")
}
