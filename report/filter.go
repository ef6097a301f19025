package report

// AtLeast returns a Handler that hands on to next what is at least as sure as
// least, and counts the rest: placeholders as Placeholders, all else as
// LeftOut. Its summary counts what it handed on: Findings by severity, and in
// NotExamined the notices. Both include only what came through it; LeftOut and
// Placeholders are added to what the producer counted.
func AtLeast(least Confidence, next Handler) Handler { return &atLeast{next: next, least: least} }

// WithPlaceholders is AtLeast that hands on placeholders too, whatever lies between.
// They are no findings: the summary still counts them as Placeholders.
func WithPlaceholders(least Confidence, next Handler) Handler {
	return &atLeast{next: next, least: max(least, ConfidenceLow), placeholders: true}
}

type atLeast struct {
	next         Handler
	least        Confidence
	placeholders bool // handed on although they are below least
	seen         Summary
}

func (a *atLeast) Begin(r Run) error { return a.next.Begin(r) }

func (a *atLeast) Finding(f Finding) error {
	switch {
	case f.Confidence >= a.least:
		if f.Counts() {
			a.seen.Findings[min(f.Severity, SeverityCritical)]++
		}
		return a.next.Finding(f)
	case !f.Counts(): // it is counted as what it is
	case f.Confidence == ConfidencePlaceholder:
		a.seen.Placeholders++
		if a.placeholders {
			return a.next.Finding(f)
		}
	default:
		a.seen.LeftOut++
	}
	return nil
}

func (a *atLeast) Verdict(v Verdict) error { return a.next.Verdict(v) }

func (a *atLeast) Notice(n Notice) error {
	if n.Accepted == nil {
		a.seen.NotExamined++
	}
	return a.next.Notice(n)
}

func (a *atLeast) End(s Summary) error {
	s.Findings = a.seen.Findings
	s.NotExamined = a.seen.NotExamined
	s.LeftOut += a.seen.LeftOut
	s.Placeholders += a.seen.Placeholders
	return a.next.End(s)
}

// Narrow is AtLeast for a report that was saved. Its summary has counted what the run
// left out: what Narrow leaves out besides goes from Findings to LeftOut, and nothing
// else is counted anew.
func Narrow(least Confidence, next Handler) Handler { return &narrow{Handler: next, least: least} }

type narrow struct {
	Handler
	least   Confidence
	leftOut [SeverityCritical + 1]int // findings that counted
}

func (n *narrow) Finding(f Finding) error {
	if f.Confidence >= n.least {
		return n.Handler.Finding(f)
	}
	if f.Counts() && f.Confidence > ConfidencePlaceholder {
		n.leftOut[min(f.Severity, SeverityCritical)]++
	}
	return nil
}

func (n *narrow) End(s Summary) error {
	for severity, count := range n.leftOut {
		s.Findings[severity] -= count
		s.LeftOut += count
	}
	return n.Handler.End(s)
}

// A Gate is a Handler that decides whether a run fails. It writes nothing:
// stand it beside the formats with Tee, where it sees what they see.
type Gate struct {
	Severity   Severity   // the least that counts
	Confidence Confidence // the least that counts; a placeholder never does
	counted    int
	summary    Summary
}

// Findings returns how many findings counted.
func (g *Gate) Findings() int { return g.counted }

// Summary returns what the run ended with, or the zero Summary if it broke.
func (g *Gate) Summary() Summary { return g.summary }

// Begin does nothing.
func (g *Gate) Begin(Run) error { return nil }

// Finding counts f if it is severe and sure enough, and not suppressed.
func (g *Gate) Finding(f Finding) error {
	if f.Counts() && f.Severity >= g.Severity && f.Confidence >= max(g.Confidence, ConfidenceLow) {
		g.counted++
	}
	return nil
}

// Verdict does nothing: what fails is a finding, and what could not be judged a
// notice.
func (g *Gate) Verdict(Verdict) error { return nil }

// Notice does nothing: notices are in the Summary.
func (g *Gate) Notice(Notice) error { return nil }

// End keeps s.
func (g *Gate) End(s Summary) error {
	g.summary = s
	return nil
}
