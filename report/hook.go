package report

import (
	"io"
	"strings"
)

// A HookStage is what a hook of Git can stop.
type HookStage uint8

const (
	HookCommit  HookStage = iota // before a commit is made
	HookPush                     // before commits leave the machine
	HookReceive                  // before a server takes them in
	HookFiles                    // files that were named; nothing is under way
)

// HookOptions say what a hook's message is about. Gate must not be nil.
type HookOptions struct {
	TextOptions
	Stage HookStage
	// Gate is told every finding, and says which ones stop the stage.
	Gate *Gate
	// Lenient says that findings stop nothing all the same, and AllowIncomplete that
	// what was not examined does not.
	Lenient, AllowIncomplete bool
	// NoComments says that comments in the source do not count.
	NoComments bool
	// Ignore is the command that writes a suppression, without what it is about;
	// "" where no file of suppressions counts.
	Ignore string
	Quiet  bool // nothing is said where nothing is found
}

// findingsTold is how many findings a hook's message names: who looks at a terminal
// wants to know what to do, and a scan lists them all.
const findingsTold = 10

// NewHook returns a Handler that tells a person at a terminal, briefly, why a commit
// or push was stopped: where, what, how to put it right, the exact line that keeps it
// as it is, and how to go on. It writes at the end of the run.
func NewHook(w io.Writer, o HookOptions) Handler {
	return &hookHandler{
		textHandler: textHandler{output: output{w: w}, options: o.TextOptions, notices: held{limit: maxHeld}},
		hook:        o, stage: hookStages[min(o.Stage, HookFiles)],
	}
}

type hookHandler struct {
	textHandler
	hook     HookOptions
	stage    hookWords
	findings []Finding // the first ones that stop the stage
	below    int       // findings that do not
}

// hookWords are what is said at a stage.
type hookWords struct{ stopped, passed, mend, again, anyway string }

// editCommit stands, in what is said, for the commands that editing gives.
const editCommit = "EDIT"

var hookStages = [...]hookWords{
	HookCommit: {
		stopped: "commit blocked", passed: "commit let through",
		mend:   "take it out of the file (read it from the environment or a secret store)",
		again:  "Then git add the file and commit again. What you take out now has not left this machine.",
		anyway: "To commit all the same: git commit --no-verify",
	},
	HookPush: {
		stopped: "push blocked", passed: "push let through",
		mend:   "take it out of the commit that brought it: " + editCommit,
		again:  "Then push again. What you take out now has not left this machine.",
		anyway: "To push all the same: git push --no-verify",
	},
	HookReceive: {
		stopped: "push refused", passed: "push let through",
		mend:  "take it out of the commit that brought it: " + editCommit,
		again: "Then push again. It has left your machine: if in doubt, revoke it.",
	},
	HookFiles: {
		stopped: "credentials found", passed: "credentials found, and let through",
		mend: "take it out of the file (read it from the environment or a secret store); if it was ever committed, revoke it",
	},
}

func (h *hookHandler) Begin(r Run) error {
	if err := h.begin(); err != nil {
		return err
	}
	h.rules = byID(r.Rules)
	return nil
}

func (h *hookHandler) Finding(f Finding) error {
	if err := h.finding(); err != nil {
		return err
	}
	stopped := h.hook.Gate.Findings()
	if err := h.hook.Gate.Finding(f); err != nil {
		return err
	}
	switch {
	case h.hook.Gate.Findings() == stopped:
		h.below++
	case len(h.findings) < findingsTold:
		h.findings = append(h.findings, f)
	}
	return nil
}

func (h *hookHandler) Verdict(Verdict) error { return h.verdict() }

func (h *hookHandler) Notice(n Notice) error {
	if err := h.notice(); err != nil {
		return err
	}
	if n.Accepted == nil {
		h.notices.add(n)
	}
	return nil
}

func (h *hookHandler) End(s Summary) error {
	if err := h.end(); err != nil {
		return err
	}
	if err := h.hook.Gate.End(s); err != nil {
		return err
	}
	if h.hook.Gate.Findings() == 0 && h.notices.count() == 0 && !s.Interrupted {
		if !h.hook.Quiet {
			h.printf("%s\n", h.paint(dim, "assay: "+looked(s)+", no credential"+h.others()))
		}
		return h.flush()
	}
	h.title(s)
	for _, f := range h.findings {
		h.tell(f)
	}
	if more := h.hook.Gate.Findings() - len(h.findings); more > 0 {
		h.printf("And %s.\n\n", count(more, "more finding"))
	}
	h.tellNotices()
	h.close(s)
	return h.flush()
}

// looked says in a few words what was examined.
func looked(s Summary) string {
	n := s.Files + s.Blobs
	if s.Commits > 0 {
		return count(s.Commits, "commit") + " with " + count(n, "file") + " examined"
	}
	return count(n, "file") + " examined"
}

func (h *hookHandler) others() string {
	if h.below == 0 {
		return ""
	}
	return " that counts, " + count(h.below, "finding") + " below"
}

// stops reports whether the stage is stopped.
func (h *hookHandler) stops(s Summary) bool {
	return h.hook.Gate.Findings() > 0 && !h.hook.Lenient || h.notices.count() > 0 && !h.hook.AllowIncomplete || s.Interrupted
}

func (h *hookHandler) title(s Summary) {
	var why []string
	if n := h.hook.Gate.Findings(); n > 0 {
		why = append(why, count(n, "finding"))
	}
	if n := h.notices.count(); n > 0 {
		why = append(why, count(n, "thing")+" not examined")
	}
	if s.Interrupted {
		why = append(why, "interrupted")
	}
	verdict, colour := h.stage.passed, yellow
	if h.stops(s) {
		verdict, colour = h.stage.stopped, red
	}
	h.printf("%s\n\n", h.paint(colour, "assay: "+verdict+": "+strings.Join(why, ", ")))
}

// tell writes the block of one finding.
func (h *hookHandler) tell(f Finding) {
	h.head(f)
	var at Location
	if len(f.Occurrences) > 0 {
		at = f.Occurrences[0]
		h.field("where", h.paint(bold, place(at))+hookCommit(at))
		if more := len(f.Occurrences) - 1; more > 0 {
			h.field("", "and "+count(more, "more place"))
		}
	}
	h.excerpt(f.Excerpt)
	rule := h.rule(f.RuleID)
	switch {
	case at.Region == (Region{}) && rule.Remedy != "": // about a file, not what it holds
		h.prose("mend", rule.Remedy)
	case h.hook.Stage == HookReceive:
		h.prose("mend", h.mending(at)+". "+rule.Remedy)
	default:
		h.wrapped("mend", h.mending(at))
	}
	h.keep(h.putting(at), h.comment(f, at))
	if h.hook.Ignore != "" && f.Fingerprint != "" {
		h.keep("run", h.hook.Ignore+" "+escape(f.Fingerprint)+` --reason "WHY"`)
	}
	h.printf("\n")
}

// mending says how to take it out.
func (h *hookHandler) mending(at Location) string {
	if at.isObject() && at.Type == "tag" {
		return "take it out of the tag's message: git tag -d NAME, and tag anew"
	}
	return strings.ReplaceAll(h.stage.mend, editCommit, editing(at, " for an older one"))
}

// putting says where a comment goes. Commits that are pushed are what is examined: in
// a new one on top of them it changes nothing.
func (h *hookHandler) putting(at Location) string {
	if !strings.Contains(h.stage.mend, editCommit) {
		return "put above it"
	}
	return "in that commit (" + editing(at, "") + ") put above it"
}

// editing says which commands change the commit that brought something. when is the
// case for the second one.
func editing(at Location, when string) string {
	from := "COMMIT^"
	if c := at.Introduced; c != nil && c.Root {
		from = "--root"
	} else if c != nil {
		from = escape(c.ID[:min(len(c.ID), shortID)]) + "^"
	}
	return "git commit --amend, or" + when + " git rebase -i " + from
}

func hookCommit(at Location) string {
	if at.Introduced == nil || at.isObject() {
		return ""
	}
	return ", brought by " + commit(*at.Introduced)
}

func (h *hookHandler) comment(f Finding, at Location) string {
	if h.hook.NoComments {
		return ""
	}
	return escape(allowLine(at, f.RuleID))
}

// keep writes a way to leave something as it is. It is one line at any width: it is
// there to be copied.
func (h *hookHandler) keep(how, line string) {
	if line != "" {
		h.field("or keep it", how+":  "+line)
	}
}

// tellNotices names what was not examined, and how to accept that.
func (h *hookHandler) tellNotices() {
	for _, n := range h.notices.notices[:min(len(h.notices.notices), findingsTold)] {
		h.printf("%s  %s\n", h.paint(yellow, "NOT EXAMINED"), h.paint(bold, escape(n.Subject)))
		h.prose("why", reason(n))
		if h.hook.Ignore != "" && escape(n.Subject) == n.Subject {
			h.keep("run", h.hook.Ignore+" --gap "+shellWord(n.Subject)+` --reason "WHY"`)
		}
		h.printf("\n")
	}
	if more := h.notices.count() - findingsTold; more > 0 {
		h.printf("And %s not examined.\n\n", count(more, "more thing"))
	}
}

// close says how to go on.
func (h *hookHandler) close(s Summary) {
	if !h.stops(s) {
		return
	}
	lines := []string{h.stage.anyway}
	if len(h.findings) > 0 {
		lines = []string{h.stage.again, h.stage.anyway}
	}
	for _, line := range lines {
		for _, part := range wrap(line, h.options.Width) {
			if part != "" {
				h.printf("%s\n", part)
			}
		}
	}
}

// shellWord makes text one word for a shell.
func shellWord(text string) string {
	if text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._/") == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
