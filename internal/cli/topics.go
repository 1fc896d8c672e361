package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tikv-demo/tikv-demo/chapters"
	dockerfiles "github.com/tikv-demo/tikv-demo/docker"
	"github.com/tikv-demo/tikv-demo/internal/chaos"
	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/journal"
	"github.com/tikv-demo/tikv-demo/internal/phone"
	"github.com/tikv-demo/tikv-demo/internal/text"
	"github.com/tikv-demo/tikv-demo/internal/tui"
)

// topic is a page of help that is about no single command.
type topic struct {
	name, short string
	page        func() string
}

func topics() []topic {
	return []topic{
		{"chapters", "chapter files of your own, and their front matter", chaptersPage},
		{"config", "flags, environment and files of settings", configPage},
		{"diagnosis", "who diagnoses, what is sent, how answers are scored", diagnosisPage},
		{"docker", "the talk on containers, and on a cluster elsewhere", dockerPage},
		{"faults", "what can be broken, what undoes it, how it is healed", faultsPage},
		{"keys", "every key of the screen, and input without one", keysPage},
		{"phone", "the page for a phone, what it can do, and what networks in halls do", phonePage},
		{"record", "the record of a run, line by line", recordPage},
		{"zero-lost", `what "0 lost" means, and what it does not`, zeroLostPage},
	}
}

func topicRows() []row {
	var all []row
	for _, t := range topics() {
		all = append(all, row{t.name, t.short})
	}
	return all
}

func topicNames() []string {
	var all []string
	for _, t := range topics() {
		all = append(all, t.name)
	}
	return all
}

// newHelp prints a topic, or the help of a command.
func newHelp(std IO) *cobra.Command {
	return &cobra.Command{
		Use: "help [TOPIC | COMMAND]", Short: "Print help on a topic or a command",
		Long:    "Print help on a topic or a command. Where both have a name, the topic is printed; the command has --help.",
		Example: "  tikv-demo help faults\n  tikv-demo help cluster up",
		ValidArgsFunction: func(c *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			var all []cobra.Completion
			for _, t := range topics() {
				all = append(all, cobra.CompletionWithDesc(t.name, t.short))
			}
			for _, sub := range c.Root().Commands() {
				if sub.IsAvailableCommand() && pageOf(sub.Name()) == nil {
					all = append(all, cobra.CompletionWithDesc(sub.Name(), sub.Short))
				}
			}
			return all, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				if page := pageOf(args[0]); page != nil {
					_, err := fmt.Fprint(std.Out, page())
					return err
				}
			}
			found, rest, err := c.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return usage("no help on %q%s; the topics are %s", strings.Join(args, " "), didYouMean(args[0], append(topicNames(), commandNames(c.Root())...)), strings.Join(topicNames(), ", "))
			}
			return found.Help()
		},
	}
}

func pageOf(name string) func() string {
	for _, t := range topics() {
		if t.name == name {
			return t.page
		}
	}
	return nil
}

func commandNames(c *cobra.Command) []string {
	var all []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			all = append(all, sub.Name())
		}
	}
	return all
}

// didYouMean is the end of a sentence about an unknown word.
func didYouMean(s string, known []string) string {
	if near := text.Nearest(s, known); near != "" {
		return fmt.Sprintf("; did you mean %s?", near)
	}
	return ""
}

// page joins the parts of a topic: paragraphs, which are wrapped, and tables.
func page(parts ...string) string {
	for i, p := range parts {
		parts[i] = strings.TrimRight(paragraphs(p), "\n")
	}
	return strings.Join(parts, "\n\n") + "\n"
}

func keysPage() string {
	var keys []row
	for _, k := range tui.Keys() {
		keys = append(keys, row{k.Keys, k.Does})
	}
	var lines []row
	for _, w := range lineWords() {
		lines = append(lines, row{w.name, w.means})
	}
	return page("Keys of the screen", columns(keys),
		"In chapter 4 the press that goes on starts the countdown. What a clicker sends (PageDown, PageUp, a full stop, b, F5, Escape, arrows) can neither leave, nor force, nor approve; Escape and F5 do not close the question whether to approve, and a double click or a held button counts once. `tikv-demo doctor --clicker` shows what a clicker sends.",
		"Leaving chapter 6 puts the proposed action before the presenter: what exactly will be done, what must still hold, what takes it back, the risk. Only y approves, and no key does anything in the first half second. Space goes on without the action; chapter 7 then waits for another Space, which repairs by hand, or for the fault to end by itself. An approved action is checked again when it is carried out, and is not done if what it is for does not hold.",
		"Without a screen (--front plain or json) a line on standard input is a key:", columns(lines),
		"When the talk needs an answer, standard error says which there are. --auto needs no input, and allows a right action itself.")
}

func phonePage() string {
	return page("The page for a phone: --remote",
		"  tikv-demo doctor --remote   # can a phone reach this laptop?\n  tikv-demo --remote          # asks which network, where there are several\n  tikv-demo --remote=wlan0    # an interface or an address; :PORT if not "+fmt.Sprint(phone.Port)+"\n  tikv-demo console           # in a second terminal: P shows the code to scan",
		"Off unless it is asked for. The page has two large buttons, the notes, the pace and the gate; the clicker's page (c beside the code) has the buttons alone. From a phone the talk is moved and blanked, and its clock stopped for a question. Nobody breaks, repairs, approves, forces or leaves from a phone: those stay on the laptop and its consoles, also where Space would do them.",
		"The code is shown in the console and never on the audience's screen. Its address holds 128 random bits that no request and no log has; the page exchanges them for a cookie. Ten wrong codes in a minute lock the door until P is pressed on the laptop; a phone that is in stays in. A talk that was killed and started again at the same address keeps its codes.",
		"A tap counts once, and only while the page is current: after the phone was locked, or the link was lost, the page first asks how the talk stands. No tap is repeated. A tap on what is on offer no more is refused, and says so. Browsers let no page without HTTPS keep the phone awake: set its screen lock to a long time.",
		"Many halls keep the guests of their network apart, so that a phone does not reach the laptop. Let the laptop join the phone's own hotspot: there it is reached. Plain HTTP can be listened to by whoever is on the network.")
}

func faultsPage() string {
	var all []row
	for _, t := range chaos.Catalogue() {
		target := "a " + string(t.Role)
		if t.Role == demo.RoleData {
			target = "a store"
		}
		if t.Role == demo.RoleControl {
			target = "the PD leader"
		}
		if t.Nodes > 1 {
			target = "two stores"
		}
		line := fmt.Sprintf("%s. Done: %s. Undone: %s. Truth: %s.", t.Summary, t.Effect(target), t.Undo(target), t.FaultType)
		if inside := t.InContainers(); inside.Effect(target) != t.Effect(target) {
			line += fmt.Sprintf(" In containers: %s; %s.", inside.Effect(target), inside.Undo(target))
		}
		if t.CostsQuorum {
			line += " The presenter is asked twice."
		}
		all = append(all, row{t.Name, line})
	}
	return page("What --fault can be", columns(all),
		"--fault all is for a booth (--loop --auto): another one of these in each round, in this order, with another seed. On Docker it leaves out latency and loss where the machine cannot do them.",
		"The target is chosen by --target: "+strings.Join(chaos.Rules(), ", ")+", or a node's name. A fault that would cost the quorum is refused unless that is the fault; a store that leads nothing is refused unless it is named. --dry-run prints the plan and when each signal is due, and changes nothing.",
		"injection plants orders to a model and escape sequences in a store's log, for an audience that asks what a hostile log would do. The evidence (e in chapter 6) shows the order, rendered harmless; the actions on offer stay the closed list.",
		"On Docker, delay and loss come from a helper container that shares the store's network for a moment. The kernel must have netem, which is looked at before the talk begins. The helper is this program, so it must be a static build for the daemon's system; elsewhere `make image` builds one for TIKV_DEMO_HELPER_IMAGE=tikv-demo:dev.",
		"Each fault is written to a ledger on disk before it is done, and closed after its inverse. Leaving, Ctrl-C, SIGTERM, SIGHUP and a panic repair it. After a SIGKILL of the talk the next one finds the ledger and offers to repair, and `tikv-demo heal` does. A line of the ledger names its Docker daemon. It is closed when the node is seen well, or when its cluster is gone from that daemon; what heal could not repair it says, and exits with 3.")
}

func recordPage() string {
	var all []row
	for _, k := range journal.Kinds() {
		line := strings.Join(k.Fields, ", ")
		if note := recordNotes[k.Name]; note != "" {
			line += ". " + note
		}
		all = append(all, row{k.Name, line})
	}
	return page("The record of a run",
		"Every run writes one JSON object a line to runs/ in the state directory: TIKV_DEMO_STATE_DIR, else $XDG_STATE_HOME/tikv-demo, else ~/.local/state/tikv-demo. --record names another file; one that holds something is never overwritten. Each line begins with t (RFC 3339, UTC, nanoseconds) and kind. Durations end in _ms or _us. A field without a value may be left out.",
		columns(all),
		fmt.Sprintf("Records are never removed, but for those of a booth: of the rounds of --loop the newest %d are kept, and the newest %d of those that failed or were cut off. A --record FILE is left alone.", keepRounds, keepFailed),
		"If the disk fills up, recording stops with a message; the talk goes on.")
}

// recordNotes says of a kind what its fields do not.
var recordNotes = map[string]string{
	"chapters.revised":  "The files of --chapters were edited, and this is how they are now",
	"chapters.kept":     "They were edited and not taken; why: what is wrong",
	"chapter.entered":   "by: key, auto, gate, forced, limit, or from (nobody: see --from)",
	"load":              "One second of the workload; shed: due and never started; regions: those with an error (errors) or that could not be written (unwritable_ms, between two acknowledged writes); records_hit: records that an operation has failed on so far; latency_hdr: every latency in microseconds, an HdrHistogram (V2, compressed, base64)",
	"fault.sealed":      "Of a line that says what will be done, with a nonce",
	"fault.opened":      "That line, whether it matches, and how right each answer was",
	"fault.injected":    "Its time is the fault's time; expect: when each signal is due",
	"signal":            "target: none for machine_overloaded, which is of the machine that the demo runs on",
	"diagnosis.started": "Again for each step down the ladder; why: what the one before gave none for",
	"action.done":       "by: agent",
	"recovered":         "ttr_ms counts from the fault, from_action_ms from the beginning of the repair; by: agent, presenter, demo or itself",
	"violation":         "A read that broke a bound, written the moment it is seen: lost, stale, absent, damaged or phantom",
	"data.proved":       "For each store that was broken: records and inserts read through it, wrong, unread, why",
	"ledger.verified":   "acked, refused, indeterminate: writes; lost: keys; violations: reads, by name",
	"talk.taken_over":   "The live side hangs, and the screen goes on from a record; n, id: where the live talk stands. The lines until talk.live_again are of the live side, which no audience saw",
	"talk.record_shown": "The chapter that the record shows from now on; run, head: which record; of: the time in it",
	"talk.live_well":    "The live cluster is healed, after_ms since talk.taken_over",
	"talk.live_again":   "The screen shows the live talk again, after took_ms",
	"run.finished":      "outcome: complete, quit or failed; verified: every key was read again, without which none is complete; self: SHA-256 of this line without it. Always the last line",
}

func chaptersPage() string {
	var keys []row
	for _, k := range chapters.Keys() {
		keys = append(keys, row{k.Name, k.Means})
	}
	return page("Chapters of your own",
		"  tikv-demo chapters export my-talk   # the built-in files, to start from\n  tikv-demo chapters lint my-talk     # everything that is wrong, with its line\n  tikv-demo run my-talk\n  tikv-demo chapters schema           # what editors know the front matter by",
		"While a talk runs, the directory is watched: what is saved is shown at once, and the talk stays where it is. While a file is half written or wrong, the text before stays, and one line says why: on the console, or on the screen where no console is attached. What the chapters do (id, on_enter, gate, auto_advance, blocks_advance) counts from the next start.",
		"A talk is eight Markdown files with names like 01-welcome.md, in the order of their names. Files whose names do not begin with a digit are left alone. Each begins with front matter between two lines `---`:",
		columns(keys),
		"An unknown key is a fault, and so are a gate that could never open and a talk without ledger.verify. A chapter with fault.inject or recover gets its gate and its advance from the play, and one with ledger.verify its gate; a file may leave them out but not contradict them.",
		"What stands in a file is what is shown, HTML tags included. lint also says what is not shown (comments, unused link definitions, characters that terminals do not agree on), and what does not fit a terminal of 80×24, 100×30 or 120×36. On stage, text that does not fit gives way to the chapter's figures, and the line above says how much is hidden: ↓ shows it. Control characters are a fault; a talk does not start with them.",
		"`tikv-demo notes` prints what only the speaker reads. A paragraph of the notes that begins with [on: ticket] comes forward on the console when that has happened; the marks are "+strings.Join(demo.MarkNames(), ", ")+".",
		settingsName+" in the same directory holds the talk's settings: see tikv-demo help config.")
}

func configPage() string {
	return page("Settings",
		"A setting is given by a flag, an environment variable, or a line of a file, and counts in this order; else it has its default. `tikv-demo config` prints what is in force, and where each setting comes from.",
		columns([]row{
			{"--target-ops 500", "a flag of the command"},
			{"TIKV_DEMO_TARGET_OPS=500", "a variable; one that is empty counts as not set. Every command takes it that has the flag"},
			{"target-ops: 500", "a line of " + settingsName + " in the directory that --chapters or [DIR] names, or of the file that --config names"},
		}),
		"The keys of the file are the names of the flags of `tikv-demo run`, apart from those that ask for something once. An unknown key is an error. Paths in a file count from its directory. A file for a talk:",
		"  title: Who notices?\n  speaker: Ada Example\n  event: SystemsConf 2026, Hall B\n  cluster: docker\n  fault: gray\n  theme: contrast",
		"Further variables:",
		columns([]row{
			{"ANTHROPIC_API_KEY", "key of the model; taken from the environment alone, and written nowhere"},
			{"ANTHROPIC_BASE_URL", "where the model is asked, without --base-url"},
			{"DOCKER_HOST", "and DOCKER_CONTEXT: which Docker daemon"},
			{"NO_COLOR", "no colour"},
			{accessibleVariable, "1: run and replay choose --front plain, also on a terminal"},
			{chartVariable, "what charts are drawn with: " + strings.Join(tui.Charts(), ", ")},
			{"TIKV_DEMO_STATE_DIR", "where records, ledgers and the cluster's data are"},
			{"TIKV_DEMO_HELPER_IMAGE", "image of the network helper, see tikv-demo help faults"},
		}))
}

func dockerPage() string {
	var kinds, images []row
	for _, k := range clusters {
		kinds = append(kinds, row{k.name, k.means})
	}
	for _, v := range dockerfiles.Variables() {
		images = append(images, row{v.Name, "default " + v.Default})
	}
	return page("Where the talk runs: --cluster", columns(kinds),
		"Docker",
		"  tikv-demo doctor --cluster docker              # daemon, images, ports, netem\n  tikv-demo cluster up --cluster docker --detach # before the talk\n  tikv-demo run --cluster docker\n  tikv-demo cluster down --cluster docker --volumes",
		"The talk uses what runs. Without `cluster up` it brings the cluster up and takes it down again, data and all. Another --profile or image needs `cluster down --volumes` first. `cluster down` says what it will remove, and asks unless --yes is given. Ports are on 127.0.0.1 alone. These variables change the built-in Compose file:",
		columns(images),
		"The daemon is the one that Docker's own command line uses: that of DOCKER_HOST, of DOCKER_CONTEXT, or of the current `docker context`. It must be on this machine; one that is reached by ssh or over a network is refused. One run at a time uses a project: a second talk and `cluster down` are refused, and name the run that is there.",
		"A machine that cannot have pingcap's images can have stand-ins: `make images` builds tikv-demo/pd:dev, which is the real PD, and tikv-demo/tikv:dev, the embedded cluster's store, for PD_IMAGE and TIKV_IMAGE.",
		"External",
		"A cluster is reached at the addresses that its PD gives. Where they mean nothing on this machine (containers, Kubernetes behind a port-forward), --map tikv-1:20160=127.0.0.1:20160 says where each is reached, status ports (20180) and PD's leader too; what is missing is named at the start. The presenter breaks and repairs the node by hand: chapters 4 and 7 say what is to be done to which node, and go on when its status port falls silent and when it answers again. "+strings.Join(byHandFaults(), ", ")+" can be watched like that.")
}

func diagnosisPage() string {
	var who []row
	for _, d := range diagnosers {
		who = append(who, row{d.name, d.means})
	}
	return page("Who diagnoses: --diagnoser", columns(who),
		"The label on the screen says who answered, CLAUDE LIVE, RECORDED or RULES, and why the ones before gave no answer: no key, refused, rate limited, overloaded, cut off, a captive portal, too slow. The rules answer before Claude's first word, so the talk never waits for a network.",
		"Claude has 20 s in all, 6 s to its first word, and 5 s between two. It sees the numbered evidence, frozen when the ticket opened, and may look closer with six read-only tools over the same data. It answers in prose, then in a form whose components, faults and actions are closed lists. Each claim is checked against the evidence that it cites. An answer of which less than half is verified, or whose conclusion a fact excludes, is not taken.",
		"Keys and passwords are taken out of what is sent; `o` in chapter 6 shows all of it, word for word. The key is taken from ANTHROPIC_API_KEY alone and written nowhere; neither the nodes nor Docker's command line are given it.",
		"A good answer is kept in answers/ in the state directory and told again, with its date, when Claude cannot be asked: \"same evidence\" or \"different run\", with its own names and figures. What it proposed for another node than tonight's is not proposed.",
		"Right and grounded are two questions. Right: the answer is what was sealed. Grounded: the evidence verifies every claim, facts of the right kinds show the conclusion, and none excludes it. An answer can be right and not grounded, by luck.",
		"How right the answers are: tikv-demo eval",
		"A round is the talk without its screen, its pauses and its presenter: a cluster, a steady workload, a sealed fault, a ticket, a diagnosis, a score against what was sealed, a repair, and every key read again. In a round without a fault ("+demo.FaultNone+") nothing is done for as long as --wait says; no ticket is the right outcome. Where a ticket does not come the answers count as wrong. A ticket for another node than the fault's is diagnosed as it stands; it counts as false, as does every ticket of before the fault and of a round without one.",
		"The four shares are those of AIOpsLab: detection, localization (the right node and no other), root cause (the right type of fault) and mitigation (what was proposed would undo it). `wrong` counts rounds that named a cause that was not it; inconclusive is not among them. [a,b] is the exact 95% interval (Clopper and Pearson) in percent: 3 rounds of 100% are [29,100], one round is [2,100].",
		"--fault "+outsideFaults+" plays what the talk's catalogue does not have: "+strings.Join(outsideNames(), ", ")+". It needs Linux and, for some, root; what a machine cannot do is left out and said. Pass n has the seed --seed + n − 1, and each round's record is kept like a talk's: `tikv-demo --fault gray --seed 102` plays it again with a screen.")
}

func zeroLostPage() string {
	return page(`What "0 lost" means, and what would make it say otherwise`,
		"Each key has one writer, and each of its values a version. So two bounds are known of every key at any time: the lower is the highest version that was acknowledged, or that a read has returned; the upper is the highest version that was ever sent. Every read of the run, and one of every key at the end, is checked against both. \"0 lost\" says that none of these reads broke a bound.",
		"A read that does is a violation. It is written to the record and shown across the screen when it is seen, stays there, and makes the run fail (exit 1), however well the end looks:",
		columns([]row{
			{demo.ViolationStale, "a version below the lower bound, while the workload ran"},
			{demo.ViolationLost, "the same at the end, when nothing was being written"},
			{demo.ViolationAbsent, "no value, where one was acknowledged or read before"},
			{demo.ViolationDamaged, "a value that fails its checksum, or was not made by the workload"},
			{demo.ViolationPhantom, "a version that was never sent, or another key's value"},
		}),
		"Updates. A loss that a later write covers is seen if a read comes in between. Half of the operations are reads, and each update is of a record that was read a few milliseconds before; still, not every lost update can be seen so.",
		"Inserts. Every 50th update is an insert instead: 32 bytes under a key that is never written again, spread over all regions. Of these the loss of any single one is seen. There are at most 80,000 in a run (two hours at 1,000 operations a second).",
		"Writes are acknowledged, refused (every store that was asked said no), or of unknown outcome. A record with a write of unknown outcome takes no more writes: it may read as either version, but once it was read as the new one it must stay so. When half of the records are in that state, all updates are inserts.",
		"Unknown is the third verdict: keys that could not be read for 40 s. They stand beside \"lost\" in the same large letters.",
		"The store that came back serves reads of its own regions as soon as it leads again. The card says how many keys were read through it, or why none were.",
		"What it does not say: reads go to leaders, the other replicas are not looked at. All three stores are on one machine, and the embedded cluster does not sync its log: it says nothing about a loss of power.")
}
