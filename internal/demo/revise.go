package demo

// What is said on stage may be edited while the talk runs: its words and its
// budgets. What the chapters do may not: half of it has happened already.

type (
	// ChaptersRevised gives the chapters as their files say now.
	ChaptersRevised struct {
		Chapters []Chapter `json:"chapters"`
	}
	// ChaptersKept says that the files were edited and cannot be taken. Those before
	// stay in force.
	ChaptersKept struct {
		Why string `json:"why"`
	}
)

// Kind names the record's line.
func (ChaptersRevised) Kind() string { return "chapters.revised" }

// Kind names the record's line.
func (ChaptersKept) Kind() string { return "chapters.kept" }

// OtherPlay gives the key of the first chapter that does something else than
// before, and its number; "" where only words and budgets differ.
func OtherPlay(before, after []Chapter) (key string, n int) {
	if len(before) != len(after) {
		return "number of chapters", len(after)
	}
	for i, a := range after {
		switch b := before[i]; {
		case a.N != b.N, a.ID != b.ID:
			return "id", b.N
		case a.OnEnter != b.OnEnter:
			return "on_enter", b.N
		case a.Gate != b.Gate:
			return "gate", b.N
		case a.AutoAdvance != b.AutoAdvance:
			return "auto_advance", b.N
		case a.BlocksAdvance != b.BlocksAdvance:
			return "blocks_advance", b.N
		}
	}
	return "", 0
}

// reword takes other words for the same play.
func (m *machine) reword(b ChaptersRevised) {
	if key, _ := OtherPlay(m.Chapters, b.Chapters); key == "" {
		m.Chapters, m.KeptFor = b.Chapters, ""
	}
}
