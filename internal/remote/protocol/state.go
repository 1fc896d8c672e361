package protocol

import "time"

// State is the talk as whoever is attached may see it. It is whole: a client
// needs no state before it.
type State struct {
	Seq uint64    `json:"seq"` // grows with every state
	Rev uint64    `json:"rev"` // of what is on offer; an intent names it
	At  time.Time `json:"at"`

	Chapters []Chapter `json:"chapters"`
	Current  int       `json:"current"` // index of the chapter that is shown
	Reached  int       `json:"reached"` // index of the furthest one

	Notes  string   `json:"notes,omitempty"` // of the chapter that is shown, Markdown
	Marks  []string `json:"marks,omitempty"` // what has happened, for parts of the notes that wait for it
	Gate   string   `json:"gate,omitempty"`  // what the gate waits for, in words
	Open   bool     `json:"open"`            // the gate is open
	Late   bool     `json:"late,omitempty"`
	Status string   `json:"status"` // the line that the screen shows above its keys
	Health string   `json:"health"` // the cluster in one line
	Badge  string   `json:"badge"`  // LIVE, REPLAY …

	Notice   string  `json:"notice,omitempty"` // something that only the speaker needs to know
	Question string  `json:"question,omitempty"`
	Offers   []Offer `json:"offers"`
	Pace     Pace    `json:"pace"`

	Attached []Peer `json:"attached,omitempty"`
	Screen   Screen `json:"screen"`
	Over     bool   `json:"over,omitempty"` // the run has ended

	Phone *Phone `json:"phone,omitempty"` // where the phone's page is; for consoles alone
}

// Chapter is one of the eight.
type Chapter struct {
	N     int    `json:"n"`
	ID    string `json:"id"`
	Title string `json:"title"`
	First string `json:"first,omitempty"` // the first line of its narration
}

// Offer is one thing that may be asked for now, or why it may not.
type Offer struct {
	Do      string   `json:"do"`
	N       int      `json:"n,omitempty"`
	Key     string   `json:"key"`  // as it is shown: "Space"
	Keys    []string `json:"keys"` // as a terminal program gets them: " ", "enter", "right" …
	Label   string   `json:"label"`
	Main    bool     `json:"main,omitempty"`
	Enabled bool     `json:"enabled"`
	Afar    bool     `json:"afar,omitempty"` // it may be asked for from a phone
	Why     string   `json:"why,omitempty"`
}

// Pace is how the talk stands against its plan, in whole milliseconds.
type Pace struct {
	Elapsed  int64  `json:"elapsed_ms"`            // since the first chapter was left, without questions
	Planned  int64  `json:"planned_ms"`            // where the plan stands
	Total    int64  `json:"total_ms"`              // of the plan
	Waited   int64  `json:"waited_ms"`             // of the delay: waiting for the cluster
	Question int64  `json:"question_ms,omitempty"` // how long the open question has lasted
	Asked    bool   `json:"asked,omitempty"`       // a question is open
	Behind   bool   `json:"behind,omitempty"`      // Said says that the talk is late
	Said     string `json:"said"`                  // in words
}

// Peer is somebody else who is attached.
type Peer struct {
	Role  string    `json:"role"`
	Name  string    `json:"name,omitempty"`
	Since time.Time `json:"since"`
}

// Screen is what the audience sees.
type Screen struct {
	Width  int       `json:"width"`
	Height int       `json:"height"`
	Frame  string    `json:"frame,omitempty"` // with its colours
	Blank  time.Time `json:"blank,omitzero"`  // since when it is blank
	Frozen time.Time `json:"frozen,omitzero"` // since when it is frozen

	Rewound int64 `json:"rewound_ms,omitempty"` // how far back the moment lies that it shows; 0 for the present
}

// Phone is where the phone's page is. The addresses have the codes that let one in.
type Phone struct {
	Speaker string `json:"speaker"`          // address of the page with the notes
	Clicker string `json:"clicker"`          // of the page without
	Locked  bool   `json:"locked,omitempty"` // too many wrong codes came
}
