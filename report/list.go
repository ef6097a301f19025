package report

// A List is a Handler that keeps what it is told, for those who want to look at
// it as a whole. It writes nothing.
type List struct {
	Run      Run
	Findings []Finding
	Notices  []Notice
	Summary  Summary
}

// Begin keeps r.
func (l *List) Begin(r Run) error {
	l.Run = r
	return nil
}

// Finding keeps f.
func (l *List) Finding(f Finding) error {
	l.Findings = append(l.Findings, f)
	return nil
}

// Verdict keeps nothing: what fails is a finding.
func (l *List) Verdict(Verdict) error { return nil }

// Notice keeps n.
func (l *List) Notice(n Notice) error {
	l.Notices = append(l.Notices, n)
	return nil
}

// End keeps s.
func (l *List) End(s Summary) error {
	l.Summary = s
	return nil
}
