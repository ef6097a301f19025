package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// Facts about JUnit's XML that shape this format, which has no standard. Source:
// the schema that Jenkins reads by, GitLab's documentation of unit test reports.
//
//   - The counts of a suite stand before its cases, so the cases are held.
//   - GitLab tells cases apart by classname and name, uses the first of two that are
//     the same, and compares those of a merge request with its target's: a name says
//     nothing that changes when lines move.
//   - A case has no file and no line in Jenkins' schema, and skipped no attribute.
//   - GitLab takes files of up to 30 MB.

// placesInCase bounds the places that a case lists.
const placesInCase = 100

// NewJUnit returns a Handler that writes JUnit's XML. Of a scan each credential is a
// case that fails; of an audit each verdict is a case, which passes, fails, or is
// skipped if nothing could be said. What is suppressed, in the baseline or a
// placeholder is skipped. A second suite has a case in error for each thing that was
// not examined. A suite with nothing to say has one case that passes. Cases are kept
// for the end, up to 64 MiB of compressed text for each suite; how many more there
// were is an error too.
func NewJUnit(w io.Writer) Handler {
	return &junitHandler{output: output{w: w}, judged: newSuite("findings"), examined: newSuite("examined")}
}

type junitHandler struct {
	output
	run              Run
	rules            map[string]Rule // by id
	judged, examined *junitSuite
}

// A junitSuite counts and keeps cases.
type junitSuite struct {
	name                             string
	tests, failures, errors, skipped int
	cases                            packed
}

func newSuite(name string) *junitSuite {
	return &junitSuite{name: name, cases: packed{limit: maxPacked}}
}

// A junitCase is one case. At most one of its pointers is set.
type junitCase struct {
	XMLName xml.Name    `xml:"testcase"`
	Class   string      `xml:"classname,attr"`
	Name    string      `xml:"name,attr"`
	Skipped *string     `xml:"skipped"`
	Error   *junitFault `xml:"error"`
	Failure *junitFault `xml:"failure"`
}

type junitFault struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// add counts and keeps a case. encoding/xml writes a line end inside of text as a
// reference to the character, so a case is one line.
func (s *junitSuite) add(c junitCase) error {
	s.tests++
	switch {
	case c.Failure != nil:
		s.failures++
	case c.Error != nil:
		s.errors++
	case c.Skipped != nil:
		s.skipped++
	}
	text, err := xml.Marshal(c)
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return s.cases.add(text)
}

func (h *junitHandler) Begin(r Run) error {
	if err := h.begin(); err != nil {
		return err
	}
	h.run, h.rules = r, rulesByID(r)
	if r.Command == "audit" {
		h.judged.name = "checks"
	}
	return nil
}

func (h *junitHandler) Finding(f Finding) error {
	if err := h.finding(); err != nil {
		return err
	}
	c := junitCase{Class: escape(f.RuleID), Name: h.caseName(f)}
	switch {
	case f.Suppression != nil:
		c.Name += " (suppressed)"
		c.Skipped = new("suppressed " + escape(decision(f.Suppression)))
	case f.Baseline == BaselineUnchanged:
		c.Skipped = new(baselineWords[BaselineUnchanged])
	case f.Confidence == ConfidencePlaceholder:
		c.Skipped = new("a placeholder, which is known to be no credential")
	default:
		c.Failure = &junitFault{Type: f.Severity.String(), Message: escape(f.Message), Text: h.details(f)}
	}
	return h.judged.add(c)
}

// caseName tells a finding from all others, and stays as long as the file is there.
func (h *junitHandler) caseName(f Finding) string {
	if len(f.Occurrences) == 0 {
		return escape(f.Fingerprint)
	}
	l := f.Occurrences[0]
	if l.Resource != nil {
		return resourceName(*l.Resource)
	}
	l.Region = Region{}
	digits := strings.TrimPrefix(f.Fingerprint, "assay/v1:")
	return fmt.Sprintf("%s in %s (%s)", escape(h.rules[f.RuleID].Title), place(l), escape(digits[:min(len(digits), 12)]))
}

func resourceName(r Resource) string { return escape(join(" ", r.Name, r.ARN)) }

// details are the places of a finding and what to do about it.
func (h *junitHandler) details(f Finding) string {
	var b strings.Builder
	for _, l := range f.Occurrences[:min(len(f.Occurrences), placesInCase)] {
		b.WriteString(place(l))
		if l.Introduced != nil {
			b.WriteString(", introduced in " + commit(*l.Introduced))
		}
		if text := standing(l); text != "" {
			b.WriteString(", " + text)
		}
		b.WriteByte('\n')
	}
	if more := len(f.Occurrences) - placesInCase; more > 0 {
		b.WriteString("and " + count(more, "more place") + "\n")
	}
	if text := strings.TrimSpace(f.Excerpt); text != "" {
		b.WriteString(escape(text) + "\n")
	}
	if text := h.rules[f.RuleID].Remedy; text != "" {
		b.WriteString(escape(text) + "\n")
	}
	b.WriteString(escape(f.Fingerprint) + "\n")
	return b.String()
}

func (h *junitHandler) Verdict(v Verdict) error {
	if err := h.verdict(); err != nil {
		return err
	}
	c := junitCase{Class: escape(v.RuleID), Name: resourceName(v.Resource)}
	if v.Outcome != OutcomePass {
		c.Skipped = new("not evaluated: " + escape(v.Reason))
	}
	return h.judged.add(c)
}

func (h *junitHandler) Notice(n Notice) error {
	if err := h.notice(); err != nil {
		return err
	}
	c := junitCase{Class: noteNotExamined, Name: escape(n.Subject)}
	if n.Accepted != nil {
		c.Skipped = new(escape(reason(n) + ", accepted " + decision(n.Accepted)))
	} else {
		c.Error = &junitFault{Type: noteNotExamined, Message: escape(reason(n))}
	}
	return h.examined.add(c)
}

func (h *junitHandler) End(s Summary) error {
	if err := h.end(); err != nil {
		return err
	}
	if s.Interrupted {
		fault := &junitFault{Type: noteInterrupted, Message: interruptedText}
		if err := h.examined.add(junitCase{Class: noteInterrupted, Name: "the run", Error: fault}); err != nil {
			return err
		}
	}
	suites := []*junitSuite{h.judged, h.examined}
	for i, pass := range []string{"no findings", "everything was examined"} {
		if err := suites[i].complete(pass); err != nil {
			return err
		}
	}
	h.WriteString(xml.Header)
	fmt.Fprintf(h, `<testsuites name="%s" tests="%d" failures="%d" errors="%d">`+"\n", xmlText(h.title()),
		h.judged.tests+h.examined.tests, h.judged.failures, h.judged.errors+h.examined.errors)
	for i, out := range []string{"", summaryText(s)} {
		if err := h.suite(suites[i], out); err != nil {
			return err
		}
	}
	h.WriteString("</testsuites>\n")
	return h.flush()
}

func (h *junitHandler) title() string { return join(" ", h.run.Tool, h.run.Command, h.run.Target) }

// complete adds the case of a suite that has none, or that of those beyond its bound.
func (s *junitSuite) complete(pass string) error {
	if more := s.cases.more; more > 0 {
		s.cases.more, s.cases.limit = 0, s.cases.blocks.size
		fault := &junitFault{Type: noteBeyond, Message: count(more, "more case") + ", for which there was no room"}
		return s.add(junitCase{Class: noteBeyond, Name: s.name, Error: fault})
	}
	if s.tests == 0 {
		return s.add(junitCase{Class: "assay", Name: pass})
	}
	return nil
}

// suite writes a suite and, if there is some, text beside its cases.
func (h *junitHandler) suite(s *junitSuite, out string) error {
	fmt.Fprintf(h, `<testsuite name="%s" tests="%d" failures="%d" errors="%d" skipped="%d">`+"\n", s.name, s.tests, s.failures, s.errors, s.skipped)
	for line, err := range s.cases.all() {
		if err != nil {
			return err
		}
		h.Write(line)
		h.WriteByte('\n')
		if err := h.flushMany(); err != nil {
			return err
		}
	}
	if out != "" {
		h.WriteString("<system-out>" + xmlText(out) + "</system-out>\n")
	}
	h.WriteString("</testsuite>\n")
	return h.err
}

// xmlText is text as an attribute or an element may hold it.
func xmlText(text string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(escape(text))) // a strings.Builder takes everything
	return b.String()
}
