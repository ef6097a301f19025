package report

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Read tells to what a report holds that the format json or jsonl wrote: the run,
// findings, verdicts and notices in the order of the report, and the summary. One
// of them is held at a time. The report of a shard is told as other reports of that
// part say it. What the report says it left out becomes a notice. A
// report that breaks off is an error, for what it lacks nobody knows; to has been
// told the part before it by then, and not its end.
func Read(r io.Reader, to Handler) error {
	to = &player{to: to}
	for rec, err := range records(r) {
		if err != nil {
			return unreadable(err)
		}
		if err := rec.tell(to); err != nil {
			return err
		}
	}
	return nil
}

// ReadList reads the rules, findings and notices of a report that the format json
// or jsonl wrote. A report that breaks off is an error: what it lacks nobody knows.
func ReadList(r io.Reader) (*List, error) {
	l := &List{}
	if err := Read(r, l); err != nil {
		return nil, err
	}
	return l, nil
}

// tell hands a record on.
func (r *record) tell(to Handler) error {
	switch r.kind {
	case "run":
		return told(r, (*runRecord).run, to.Begin)
	case "finding":
		return told(r, (*findingRecord).finding, to.Finding)
	case "verdict":
		return told(r, (*verdictRecord).verdict, to.Verdict)
	case "notice":
		return told(r, (*noticeRecord).notice, to.Notice)
	case "summary":
		return told(r, (*summaryRecord).summary, to.End)
	}
	if r.leftOut == 0 {
		return nil
	}
	return to.Notice(r.leftOutNotice())
}

// told decodes a record and hands on what it makes of it.
func told[R, T any](r *record, of func(*R) T, to func(T) error) error {
	var decoded R
	if err := json.Unmarshal(r.text, &decoded); err != nil {
		return unreadable(err)
	}
	return to(of(&decoded))
}

// leftOutNotice says that the report had no room for all of a kind.
func (r *record) leftOutNotice() Notice {
	return Notice{Subject: r.kind, Err: fmt.Errorf("%d more are not in the saved report; the format jsonl holds them all", r.leftOut)}
}

// An unreadableError says what is wrong with a saved report. Other errors are those
// of the Handler that it is told to.
type unreadableError struct{ error }

func (e unreadableError) Unwrap() error { return e.error }

// unreadable says what is wrong with a report and quotes nothing of it.
func unreadable(err error) error {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, errNoSummary):
		return unreadableError{err}
	case errors.As(err, &syntax):
		err = fmt.Errorf("no JSON at byte %d", syntax.Offset)
	case !errors.Is(err, errForeign) && !errors.Is(err, errSecond):
		err = errors.New("it breaks off, or holds a value of another kind")
	}
	return unreadableError{fmt.Errorf("not a report in json or jsonl: %w", err)}
}

func (r *runRecord) run() Run {
	run := Run{Tool: r.Tool, Version: r.Version, Command: r.Command, Target: r.Target, Divided: r.Divided, Config: r.Config}
	run.Shard, _ = ParseShard(r.Shard) // a run wrote it
	run.Decisions = r.Decisions.decisions()
	for _, rule := range r.Rules {
		run.Rules = append(run.Rules, Rule(rule))
	}
	run.Coverage = r.Coverage.coverage()
	return run
}

func (r *findingRecord) finding() Finding {
	f := Finding{
		RuleID: r.RuleID, Message: r.Message, Severity: r.Severity, Confidence: r.Confidence,
		Excerpt: r.Excerpt, Fingerprint: r.Fingerprint, Suppression: r.Suppression.suppression(),
	}
	switch r.Baseline {
	case BaselineNew.String():
		f.Baseline = BaselineNew
	case BaselineUnchanged.String():
		f.Baseline = BaselineUnchanged
	}
	for _, l := range r.Occurrences {
		f.Occurrences = append(f.Occurrences, l.location())
	}
	return f
}

func (r *suppressionRecord) suppression() *Suppression {
	if r == nil {
		return nil
	}
	return new(Suppression(*r))
}

func (r *locationRecord) location() Location {
	l := Location{
		Path: bytesOf(r.Path, r.PathBase64), Repository: r.Repository, Object: r.Object, Type: r.ObjectType,
		Introduced: r.Introduced.commit(), Removed: r.Removed.commit(),
		InWorktree: r.InWorktree, AtHead: r.AtHead, Refs: r.Refs, RefsMore: r.RefsMore, LineHash: r.LineHash,
		Share: r.Share.share(),
	}
	l.Path, l.Inner = splitInner(l.Path, r.InnerPath)
	if r.Region != nil {
		l.Region = Region(*r.Region)
	}
	if c := r.Companion; c != nil {
		l.Companion = &Companion{What: c.What, Credential: c.Credential, Region: Region(c.Region)}
	}
	if r.Resource != nil {
		l.Resource = new(Resource(*r.Resource))
	}
	return l
}

func (r *noticeRecord) notice() Notice {
	n := Notice{Subject: bytesOf(r.Subject, r.SubjectBase64), Err: errors.New(r.Reason), Repository: r.Repository, Accepted: r.Accepted.suppression()}
	if r.AbsentFiles > 0 {
		n.Err = Absent{r.AbsentFiles, r.AbsentBytes}
	}
	return n
}

// splitInner parts a whole path into the one of the outer file and the one inside of
// it, which inner is in valid UTF-8.
func splitInner(path, inner string) (outer, rest string) {
	for i := len(path) - 1; i >= 0 && inner != ""; i-- {
		if path[i] == '!' && validUTF8(path[i+1:]) == inner {
			return path[:i], path[i+1:]
		}
	}
	return path, inner // an object without a path of its own
}

func (r *commitRecord) commit() *Commit {
	if r == nil {
		return nil
	}
	date, err := time.Parse(time.RFC3339, r.Date)
	if err != nil {
		date = time.Time{} // forged, or not there
	}
	return &Commit{ID: r.ID, Author: r.Author, Date: date}
}

// bytesOf returns the exact bytes of a text of which they may stand beside it.
func bytesOf(text, exact string) string {
	if b, err := base64.StdEncoding.DecodeString(exact); err == nil && exact != "" {
		return string(b)
	}
	return text
}
