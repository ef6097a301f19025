package report

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// ReadList reads the rules, findings and notices of a report that the format json
// or jsonl wrote. A report that breaks off is an error: what it lacks nobody knows.
func ReadList(r io.Reader) (*List, error) {
	d := json.NewDecoder(r)
	l, ended := &List{}, false
	for {
		var text json.RawMessage
		err := d.Decode(&text)
		if err == io.EOF && ended {
			return l, nil
		}
		if err == io.EOF {
			return nil, errors.New("not a whole report: it has no summary")
		}
		if err == nil {
			ended, err = l.take(text)
		}
		if err != nil {
			return nil, fmt.Errorf("not a report in json or jsonl: %w", describeJSON(err))
		}
	}
}

// describeJSON says where a document is broken and quotes nothing of it.
func describeJSON(err error) error {
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("no JSON at byte %d", syntax.Offset)
	case errors.Is(err, errForeign):
		return err
	}
	return errors.New("it breaks off, or holds a value of another kind")
}

var errForeign = errors.New("a record of no known type")

// A document is what the format json writes.
type document struct {
	Run      *runRecord      `json:"run"`
	Findings []findingRecord `json:"findings"`
	Notices  []noticeRecord  `json:"notices"`
	Summary  json.RawMessage `json:"summary"`
}

// take reads one record, or a whole document. last says that nothing follows it.
func (l *List) take(text json.RawMessage) (last bool, err error) {
	var kind struct{ Type string }
	if err := json.Unmarshal(text, &kind); err != nil {
		return false, err
	}
	var doc document
	switch kind.Type {
	case "":
		err = json.Unmarshal(text, &doc)
		last = doc.Summary != nil
	case "run":
		err = json.Unmarshal(text, &doc.Run)
	case "finding":
		doc.Findings = make([]findingRecord, 1)
		err = json.Unmarshal(text, &doc.Findings[0])
	case "notice":
		doc.Notices = make([]noticeRecord, 1)
		err = json.Unmarshal(text, &doc.Notices[0])
	case "verdict":
	case "summary":
		last = true
	default:
		err = errForeign
	}
	if err == nil && kind.Type == "" && doc.Run == nil {
		err = errForeign
	}
	if err == nil {
		l.add(doc)
	}
	return last, err
}

func (l *List) add(doc document) {
	if doc.Run != nil {
		l.Run = doc.Run.run()
	}
	for _, f := range doc.Findings {
		l.Findings = append(l.Findings, f.finding())
	}
	for _, n := range doc.Notices {
		l.Notices = append(l.Notices, Notice{Subject: bytesOf(n.Subject, n.SubjectBase64), Err: errors.New(n.Reason), Accepted: n.Accepted.suppression()})
	}
}

func (r *runRecord) run() Run {
	run := Run{Tool: r.Tool, Version: r.Version, Command: r.Command, Target: r.Target, Config: r.Config}
	for _, rule := range r.Rules {
		run.Rules = append(run.Rules, Rule(rule))
	}
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
		Path: bytesOf(r.Path, r.PathBase64), Object: r.Object, Type: r.ObjectType,
		Introduced: r.Introduced.commit(), Removed: r.Removed.commit(),
		InWorktree: r.InWorktree, AtHead: r.AtHead, Refs: r.Refs, RefsMore: r.RefsMore, LineHash: r.LineHash,
	}
	l.Path, l.Inner = splitInner(l.Path, r.InnerPath)
	if r.Region != nil {
		l.Region = Region(*r.Region)
	}
	if c := r.Companion; c != nil {
		l.Companion = &Companion{What: c.What, Credential: c.Credential, Region: Region(c.Region)}
	}
	if r.Resource != nil {
		l.Resource = &Resource{
			ARN: r.Resource.ARN, Name: r.Resource.Name, Type: r.Resource.Type, Account: r.Resource.Account, Region: r.Resource.Region,
		}
	}
	return l
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
