package report

import "fmt"

// What several shards of a scan find of one credential becomes one finding, and what
// is said of that, and whether it is said at all, follows from all of its places. So
// the report of a shard in json or jsonl leaves nothing out, and says of each place
// what a scan of everything would know of it before it puts the places together.

// Decisions are what of a scan's findings is reported.
type Decisions struct {
	Least        Confidence // as AtLeast has it
	Placeholders bool       // as WithPlaceholders has it
	Show         bool       // suppressed findings are marked and not left out
	Today        string     // "2027-01-31", for suppressions that end
	Whole        bool       // all shards together are what IgnoreOptions.Whole means
	Ignores      []*Ignores // obeyed
	Refused      []*Ignores
	Baseline     *Baseline // nil without one
	// Layout tells how the scanned repositories are packed, by which the shards divide
	// them; "" without any.
	Layout string
}

// A Share is what the report of a shard says of a place beyond what others say.
type Share struct {
	Source     int // which of the scan's sources it is in
	Number     int // orders the places of the credential in one source
	Filed      int // orders credentials by where a walk first meets them, 0 if it does not
	Confidence Confidence
	Message    string
	Excerpt    string
	Allowed    string // the file with the allowlist that allows the place; "" if none does
	Placed     bool   // a tree holds the blob, though it has no path
	Stay       *Stay  // of a place that history knows the path of
	Again      bool   // its stay is that of the place before
	// Late says of a finding about a file that it follows all others, and Proof
	// besides that something else has to be found under the path for it to count.
	Late, Proof bool
}

// A Stay is what a shard knows of the stay of a credential at a path in history: it
// knows of its own blobs only.
type Stay struct {
	First    int  // number of the commit that brought it
	Any      bool // it is not known which blob stands there, this is one of the credential
	Void     bool // the place does not count, the stay tells of others
	Staged   bool // the index has it, and no commit
	Homeless bool // with Staged: only where the credential has no other stay
	Changes  []StayChange
	// Commits are those that took it away, unless the report has told of them before.
	Commits []NumberedCommit
}

// A StayChange is what a commit does to a credential at a path.
type StayChange struct {
	Number  int // of the commit
	Parents int // how many parents it was compared with
	// Net is how many of them lack the credential that the commit has, or less than
	// zero: how many have it where the commit lacks it.
	Net int
}

// A NumberedCommit is a commit under the number that it has in its source.
type NumberedCommit struct {
	Number int
	Commit *Commit
}

// toldCommits are the commits that reports of shards told of, by source and number.
type toldCommits map[[2]int]*Commit

func (t toldCommits) add(f *Finding) {
	for i := range f.Occurrences {
		if s := f.Occurrences[i].Share; s != nil && s.Stay != nil {
			for _, c := range s.Stay.Commits {
				t[[2]int{s.Source, c.Number}] = c.Commit
			}
		}
	}
}

// decided puts what was decided about findings in front of next.
func (d *Decisions) decided(next Handler) Handler {
	if d.Placeholders {
		next = WithPlaceholders(d.Least, next)
	} else {
		next = AtLeast(d.Least, next)
	}
	switch {
	case d.Baseline == nil:
	case d.Show:
		next = AgainstMarking(d.Baseline, d.Least, next)
	default:
		next = Against(d.Baseline, d.Least, next)
	}
	if len(d.Ignores)+len(d.Refused) == 0 {
		return next
	}
	return Ignoring(IgnoreOptions{
		Files: d.Ignores, Refused: d.Refused, Today: d.Today, Whole: d.Whole, Least: d.Least, Show: d.Show,
	}, next)
}

// An Absent says how much content that Git LFS keeps elsewhere is not here.
type Absent struct {
	Files int
	Bytes int64
}

func (a Absent) Error() string {
	return fmt.Sprintf("the content of %d file(s), %d bytes, is not here and was not examined; run git lfs fetch --all", a.Files, a.Bytes)
}
