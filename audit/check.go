package audit

import (
	"fmt"

	"github.com/assayhq/assay/report"
)

// A Check judges one practice. It has one function, for the kind of resource
// that it looks at; the function is pure, safe for concurrent use, and may
// assume nothing of the facts: every optional field may be absent, every text
// hostile.
type Check struct {
	report.Rule
	// CLI and Terraform say how to put a finding right with either, as commands
	// or as a block with placeholders in angle brackets. Remedy says it for the
	// console.
	CLI, Terraform string
	// Needs lists the operations whose answers the verdict rests on. The runner
	// gives NotEvaluated for a resource with a gap in one of them.
	Needs []Operation
	// Uses lists operations whose answers make a verdict sharper and that it can
	// do without.
	Uses []Operation
	// Events says that it can judge nothing without LookupEvents, though events
	// that were read in part may do.
	Events bool

	Secret        func(*Secret, *Region) Result
	Key           func(*Key, *Region) Result
	Region        func(*Region) Result
	Configuration func(*Configuration, *Region) Result
	Identity      func(*Identity, *Region) Result // of the region "global"
}

// A Result is what a check says of one resource. The zero Result says nothing,
// which the runner takes for NotEvaluated.
type Result struct {
	verdict verdict
	// Text is the evidence, or the reason why nothing could be said: a phrase
	// without a full stop.
	Text string
	// Severity overrides the check's own if Raised is set.
	Severity report.Severity
	Raised   bool
}

type verdict uint8

const (
	silent verdict = iota
	pass
	fail
	notEvaluated
	notApplicable
)

// Pass says that a resource is as it should be, and by what evidence.
func Pass(format string, args ...any) Result {
	return Result{verdict: pass, Text: fmt.Sprintf(format, args...)}
}

// Fail says what is wrong with a resource.
func Fail(format string, args ...any) Result {
	return Result{verdict: fail, Text: fmt.Sprintf(format, args...)}
}

// NotEvaluated says why nothing can be said.
func NotEvaluated(format string, args ...any) Result {
	return Result{verdict: notEvaluated, Text: fmt.Sprintf(format, args...)}
}

// NotApplicable says that the check is not about this resource.
func NotApplicable() Result { return Result{verdict: notApplicable} }

// As returns r with another severity than the check's own.
func (r Result) As(s report.Severity) Result {
	r.Severity, r.Raised = s, true
	return r
}

// Failed reports whether r says that something is wrong.
func (r Result) Failed() bool { return r.verdict == fail }
