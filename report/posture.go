package report

import "time"

// The types of this file are what a page on the posture of an account shows beyond
// findings and verdicts. An audit fills them from its inventory; all text is masked
// by then. They hold no value of a secret and have no field that could.

// A Posture is what an audit knows of secrets over time.
type Posture struct {
	// Collected is when the facts were gathered: the present of the page.
	Collected time.Time
	// From is the earliest time of which events tell, zero if none were read.
	From time.Time
	// Secrets are in the order of the audit. Those without an entry have no timeline.
	Secrets []PostureSecret
	// Runs are earlier ones of the same target, oldest first.
	Runs []PostureRun
}

// A PostureSecret is one secret.
type PostureSecret struct {
	Resource Resource
	Facts    []Fact // what a person wants to know of it, in a few words each
	// Events are what happened to it, sorted by time.
	Events []PostureEvent
	// Readers are who asked for its value, the busiest first.
	Readers []PostureReader
	// Can lists who may read it; it says nothing unless CanKnown is set.
	Can      []PostureAccess
	CanKnown bool
	CanMore  int // how many more may that Can leaves out
}

// A PostureEvent is something that happened once, or several times alike.
type PostureEvent struct {
	Kind        PostureKind
	First, Last time.Time // the same for what happened once
	Count       int       // at least 1
	Who         string    // the principal, "" where none is known
	Text        string    // what happened, a few words: "DeleteSecret", "RotationFailed: no route to host"
}

// A PostureKind says what sort of thing happened.
type PostureKind uint8

const (
	PostureCreated PostureKind = iota
	PostureChanged
	PostureRotated
	PostureRead
	// PostureFailed is a rotation or a request that failed.
	PostureFailed
)

var postureKindNames = [...]string{"created", "changed", "rotated", "read", "failed"}

// String returns the word that the page uses.
func (k PostureKind) String() string { return name(postureKindNames[:], int(k)) }

// A PostureReader is a principal that asked for the value of a secret.
type PostureReader struct {
	Principal   string
	Reads       int // that were answered
	Failed      int // that were refused, or failed
	First, Last time.Time
	Sources     []string // addresses and services that it asked from, sorted
}

// A PostureAccess is a principal that may read a secret.
type PostureAccess struct {
	Principal string
	// Conditional says that it depends on something that is not known, such as a
	// condition of a policy; else it is allowed.
	Conditional bool
	Why         string // the policy that says so, or the condition
}

// A PostureRun is what is kept of one run of an audit: numbers, and no name of a
// secret.
type PostureRun struct {
	At      time.Time // when its facts were collected
	Version string    // of assay
	Target  string    // what was audited
	Checks  int       // how many were active
	Secrets int
	Score   Score
	// Accounts and Frameworks give the scores of parts, by account and by the name of
	// the framework as people write it: "PCI DSS 4.0.1".
	Accounts   map[string]Score
	Frameworks map[string]Score
	Findings   [SeverityCritical + 1]int // that count, by severity
	Incomplete bool                      // not everything could be examined
}
