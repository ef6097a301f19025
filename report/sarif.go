package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/owenrumney/go-sarif/v2/sarif"
)

// Facts about GitHub code scanning that shape this format. Source: its
// documentation "SARIF support for code scanning" and the source of
// github/codeql-action.
//
//   - Only locations[0] is shown, so each place in the working tree is a result
//     of its own. A copy in a new file then raises its alert in the pull request
//     that brings it; the shared fingerprint ties the copies together.
//   - Suppressed results are shown as open alerts, so none are written.
//   - An upload with executionSuccessful false is refused. It is false only for
//     a run that was interrupted; a run that could not read everything says so in
//     its notifications and in the exit code.
//   - A run may have 25,000 results and a file 20 runs. Of a run's results the
//     5,000 most severe are kept. Choosing them needs the whole list, which a
//     stream does not have, so the choice is left to code scanning.
//   - Runs of one file need categories of their own. The category is what
//     automationDetails.id holds up to its last slash. An upload takes the place of
//     the one before it under its category and branch, and what it lacks is closed.
//     A category that upload-sarif is given counts only where the file has none.
//   - A file may have 10 MB when compressed; that is not checked here.
const (
	sarifSchema   = "https://json.schemastore.org/sarif-2.1.0.json"
	resultsPerRun = 25_000
	runsPerFile   = 20
)

// SARIFOptions are what the format sarif can be told.
type SARIFOptions struct {
	History History
	// Category is the name that code scanning keeps the results under. Runs of a
	// Run.Extent have the extent behind it: what a later push does not bring would
	// else be taken for mended in what a scan of everything found. "" stands for
	// "assay-" and the command.
	Category string
}

// History says what SARIF does with a credential that stands neither in the
// working tree nor at HEAD.
type History uint8

const (
	// HistoryOmit leaves it out and says in a notification how many there were.
	// It is the default: code scanning shows an alert on a line of the commit
	// that was uploaded, and such a credential has no line there. The alert
	// would point at a file that does not exist or at a line that is innocent,
	// and nobody could close it by mending the code. The other formats list it.
	HistoryOmit History = iota
	// HistoryInclude writes one result for it, at the place where it once stood.
	HistoryInclude
)

var historyNames = [...]string{"omit", "include"}

// String returns the name that flags and configuration use.
func (h History) String() string { return name(historyNames[:], int(h)) }

// MarshalText writes the name of h.
func (h History) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText accepts the names that String returns.
func (h *History) UnmarshalText(text []byte) error {
	i, err := index("treatment of history", historyNames[:], string(text))
	*h = History(i)
	return err
}

// NewSARIF returns a Handler that writes SARIF 2.1.0. Results are written as
// they come and not held, one per line. Notices are kept for the end, up to
// 8 MiB of text; how many more there were is said.
func NewSARIF(w io.Writer, o SARIFOptions) Handler {
	return &sarifHandler{
		output: output{w: w}, options: o, notices: held{limit: maxHeld},
		resultsPerRun: resultsPerRun, runsPerFile: runsPerFile,
	}
}

type sarifHandler struct {
	output
	options                    SARIFOptions
	resultsPerRun, runsPerFile int

	run     Run
	rules   map[string]sarifRule // by id
	runs    int                  // begun
	results int                  // of this run
	notices held
	history int // findings left out because they live in history alone
	beyond  int // results left out because the file is full
}

// A sarifRule is what a result needs to know of its rule.
type sarifRule struct {
	Rule
	index int
}

func (h *sarifHandler) Begin(r Run) error {
	if err := h.begin(); err != nil {
		return err
	}
	h.run = r
	h.rules = make(map[string]sarifRule, len(r.Rules))
	for i, rule := range r.Rules {
		h.rules[rule.ID] = sarifRule{rule, i}
	}
	h.WriteString(`{"$schema":"` + sarifSchema + `","version":"` + string(sarif.Version210) + `","runs":[`)
	h.openRun()
	return h.flush()
}

func (h *sarifHandler) Finding(f Finding) error {
	if err := h.finding(); err != nil {
		return err
	}
	places := sarifPlaces(f)
	if len(places) == 0 && h.options.History == HistoryInclude && len(f.Occurrences) > 0 {
		places = f.Occurrences[:1]
	}
	if len(places) == 0 {
		h.history++
	}
	for _, l := range places {
		h.result(f, l)
		if err := h.flush(); err != nil {
			return err
		}
	}
	return nil
}

// Verdict writes nothing: SARIF for code scanning is a list of what is wrong.
// What could not be judged comes as a Notice too.
func (h *sarifHandler) Verdict(Verdict) error { return h.verdict() }

func (h *sarifHandler) Notice(n Notice) error {
	if err := h.notice(); err != nil {
		return err
	}
	h.notices.add(n)
	return nil
}

// End closes the last run. Its invocation speaks for the runs before it too.
func (h *sarifHandler) End(s Summary) error {
	if err := h.end(); err != nil {
		return err
	}
	h.WriteString("\n],\n\"invocations\":")
	h.json([]*sarif.Invocation{h.invocation(s)})
	h.WriteString("}\n]}\n")
	return h.flush()
}

// result writes one result, in a new run if the one at hand is full.
func (h *sarifHandler) result(f Finding, l Location) {
	if h.results == h.resultsPerRun {
		if h.runs == h.runsPerFile {
			h.beyond++
			return
		}
		h.WriteString("\n]},")
		h.openRun()
	}
	h.element(h.results, h.newResult(f, l))
	h.results++
}

// openRun writes a run up to its first result.
func (h *sarifHandler) openRun() {
	h.runs++
	h.results = 0
	h.WriteString("\n{\"tool\":")
	h.json(sarif.Tool{Driver: newDriver(h.run)})
	h.WriteString(",\n\"automationDetails\":")
	h.json(sarif.RunAutomationDetails{ID: new(h.category(h.runs))})
	h.WriteString(",\n\"columnKind\":\"unicodeCodePoints\",\n\"results\":[")
}

// category names the n-th run of a report, counting from 1. It is the same in
// every report of the same command and extent, so that code scanning compares like
// with like; the run id after the last slash stays empty, for it would be a time.
func (h *sarifHandler) category(n int) string {
	name := strings.TrimRight(h.options.Category, "/")
	if name == "" {
		name = "assay-" + h.run.Command
	}
	if h.run.Extent != "" {
		name += "-" + h.run.Extent
	}
	if n > 1 {
		name += fmt.Sprintf("-part-%d", n)
	}
	return name + "/"
}

// sarifPlaces returns the occurrences of f that have a line now: those in the
// working tree, and those at HEAD whose path the working tree does not have.
// What is in no object of Git (a folder, standard input) is there now as well.
func sarifPlaces(f Finding) []Location {
	var places []Location
	inWorktree := map[string]bool{}
	for _, l := range f.Occurrences {
		if l.InWorktree || l.Object == "" {
			places = append(places, l)
			inWorktree[l.Path] = true
		}
	}
	for _, l := range f.Occurrences {
		if l.AtHead && !l.InWorktree && l.Object != "" && !inWorktree[l.Path] {
			places = append(places, l)
		}
	}
	return places
}
