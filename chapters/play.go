package chapters

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// needs says which on_enter must have come in an earlier chapter.
var needs = map[string]string{
	demo.OnEnterLoad:     demo.OnEnterCluster,
	demo.OnEnterFault:    demo.OnEnterLoad,
	demo.OnEnterDiagnose: demo.OnEnterFault,
	demo.OnEnterRecover:  demo.OnEnterFault,
	demo.OnEnterVerify:   demo.OnEnterLoad,
}

// opens says which on_enter makes a gate open: without it the gate never does.
var opens = map[string]string{
	demo.GateHealthy:   demo.OnEnterCluster,
	demo.GateSteady:    demo.OnEnterLoad,
	demo.GateFault:     demo.OnEnterFault,
	demo.GateTicket:    demo.OnEnterFault,
	demo.GateAnswer:    demo.OnEnterDiagnose,
	demo.GateRecovered: demo.OnEnterRecover,
	demo.GateVerified:  demo.OnEnterVerify,
}

// checkPlay adds to each file what is wrong between the files, and where a file contradicts
// the play: each of these faults would otherwise show on stage, as a gate that
// never opens. It returns what is wrong with the directory.
func checkPlay(files []*File) (faults []Fault) {
	if len(files) != demo.ChapterCount {
		faults = append(faults, Fault{Problem: fmt.Sprintf("a talk has %d chapter files, named like 01-welcome.md; here are %d%s", demo.ChapterCount, len(files), named(files))})
	}
	ordered := len(files) == demo.ChapterCount && !slices.ContainsFunc(files, (*File).obscure)
	ids, done := map[string]string{}, map[string]string{} // to the file that has it
	for _, f := range files {
		c := f.Chapter
		if other, taken := ids[c.ID]; taken && c.ID != "" {
			f.fault(f.lines["id"], "id", "%q is the id of %s already", c.ID, other)
		} else {
			ids[c.ID] = f.Name
		}
		f.checkConstructed()
		f.checkOnEnter(done, ordered)
		if by := opens[c.Gate]; ordered && by != "" && done[by] == "" {
			f.fault(f.lines["gate"], "gate", "%q never opens; it needs on_enter: %s in this chapter or an earlier one", c.Gate, by)
		}
	}
	if ordered && done[demo.OnEnterVerify] == "" {
		faults = append(faults, Fault{Problem: fmt.Sprintf("no chapter has on_enter: %s; without it no key is read again, and the talk proves nothing", demo.OnEnterVerify)})
	}
	return faults
}

// named lists a few files by name.
func named(files []*File) string {
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
	}
	if len(names) == 0 || len(names) > 2*demo.ChapterCount {
		return ""
	}
	return ": " + strings.Join(names, ", ")
}

// obscure says whether a file's own faults hide what it does on entry: then
// what other chapters need of it cannot be judged.
func (f *File) obscure() bool {
	return slices.ContainsFunc(f.faults, func(x Fault) bool { return x.Key == "" || x.Key == "on_enter" })
}

func (f *File) checkOnEnter(done map[string]string, ordered bool) {
	do := f.Chapter.OnEnter
	if do == "" {
		if f.Chapter.BlocksAdvance && !f.obscure() {
			f.fault(f.lines["blocks_advance"], "blocks_advance", "a chapter without on_enter has nothing to wait for; its gate would never open")
		}
		return
	}
	if other, again := done[do]; again {
		f.fault(f.lines["on_enter"], "on_enter", "%q is done by %s already", do, other)
		return
	}
	if before := needs[do]; ordered && before != "" && done[before] == "" {
		f.fault(f.lines["on_enter"], "on_enter", "%q needs on_enter: %s in an earlier chapter", do, before)
	}
	done[do] = f.Name
}

// checkConstructed holds a file against what the constructor of its chapter makes of
// it, where there is one. A key that is left out is filled in.
func (f *File) checkConstructed() {
	c := f.Chapter
	want := build(c)
	if _, given := f.lines["gate"]; given && c.Gate != "" && c.Gate != want.Gate {
		f.fault(f.lines["gate"], "gate", "a chapter with on_enter: %s has the gate %q, not %q", c.OnEnter, want.Gate, c.Gate)
	}
	for key, v := range map[string][2]bool{
		"auto_advance":   {c.AutoAdvance, want.AutoAdvance},
		"blocks_advance": {c.BlocksAdvance, want.BlocksAdvance},
	} {
		if line, given := f.lines[key]; given && v[0] != v[1] {
			f.fault(line, key, "a chapter with on_enter: %s has %t here, not %t", c.OnEnter, v[1], v[0])
		}
	}
}
