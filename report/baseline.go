package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// A Baseline is what a team knows of and has not dealt with yet. Its file is JSON
// Lines: one credential on each line, sorted by the text of the lines, with no
// time, no line number and nothing of a credential but its fingerprint. So the
// same findings give the same bytes, a change touches only the lines that it is
// about, and lines of two branches can be put together in any order.
type Baseline struct {
	Name    string // as messages show it
	entries map[string]*BaselineEntry
}

// A BaselineEntry is one credential of a baseline. The fingerprint is what counts;
// rule and places are for who reads the file.
type BaselineEntry struct {
	Places      []string `json:"places"` // paths, or objects that have none; sorted
	Rule        string   `json:"rule"`
	Fingerprint string   `json:"fingerprint"`
}

// maxBaselinePlaces bounds the places of an entry.
const maxBaselinePlaces = 20

// NewBaseline returns an empty baseline.
func NewBaseline(name string) *Baseline {
	return &Baseline{Name: name, entries: map[string]*BaselineEntry{}}
}

// ParseBaseline reads the file of a baseline. Lines may be in any order and may
// be there twice, as merges leave them. The error names file and line.
func ParseBaseline(name string, data []byte) (*Baseline, error) {
	b := NewBaseline(name)
	n := 0
	for line := range bytes.Lines(data) {
		n++
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		if err := b.parseLine(line); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	return b, nil
}

func (b *Baseline) parseLine(line []byte) error {
	if isConflictMarker(string(line)) {
		return errors.New("a merge left its marker here; keep the lines of both sides and remove the markers")
	}
	var e BaselineEntry
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		return errors.New("not a line of a baseline: an object with places, rule and fingerprint")
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("more than one object on a line")
	}
	if !IsFingerprint(e.Fingerprint) {
		return errors.New("fingerprint: not assay/v1: and 64 hex digits")
	}
	b.put(e)
	return nil
}

// put adds an entry, or its places to what is there.
func (b *Baseline) put(e BaselineEntry) {
	if old := b.entries[e.Fingerprint]; old != nil {
		e.Places = slices.Concat(old.Places, e.Places)
	}
	slices.Sort(e.Places)
	e.Places = slices.Compact(e.Places)
	e.Places = e.Places[:min(len(e.Places), maxBaselinePlaces)]
	b.entries[e.Fingerprint] = &e
}

// Add puts a finding into b, with the places where it stands now. It reports
// whether the baseline did not have it.
func (b *Baseline) Add(f Finding) bool {
	had := b.entries[f.Fingerprint] != nil
	e := BaselineEntry{Rule: f.RuleID, Fingerprint: f.Fingerprint}
	for _, l := range f.Occurrences {
		e.Places = append(e.Places, placeWithoutLine(l))
	}
	delete(b.entries, f.Fingerprint)
	b.put(e)
	return !had
}

// placeWithoutLine names l by what outlives an edit.
func placeWithoutLine(l Location) string {
	switch {
	case l.Resource != nil:
		return validUTF8(l.Resource.ARN)
	case l.isObject():
		return validUTF8(join(" ", l.Path, l.Type, l.Object))
	case l.Path == "":
		return "-"
	}
	return validUTF8(l.Path)
}

// Remove takes the credential with the fingerprint out.
func (b *Baseline) Remove(fingerprint string) { delete(b.entries, fingerprint) }

// Has reports whether b has the credential with the fingerprint.
func (b *Baseline) Has(fingerprint string) bool { return b.entries[fingerprint] != nil }

// Entries returns what b holds in the order of its file.
func (b *Baseline) Entries() []BaselineEntry {
	list := make([]BaselineEntry, 0, len(b.entries))
	for _, e := range b.entries {
		list = append(list, *e)
	}
	text := make(map[string]string, len(list))
	for _, e := range list {
		text[e.Fingerprint] = e.line()
	}
	slices.SortFunc(list, func(x, y BaselineEntry) int { return strings.Compare(text[x.Fingerprint], text[y.Fingerprint]) })
	return list
}

// line is the entry's line. It is made of strings, which JSON can always hold.
func (e BaselineEntry) line() string {
	if e.Places == nil {
		e.Places = []string{}
	}
	text, err := marshal(e)
	if err != nil {
		return ""
	}
	return string(text)
}

// Bytes is the file's text: the lines in the order of their bytes, as LC_ALL=C
// sort has them.
func (b *Baseline) Bytes() []byte {
	var lines []string
	for e := range maps.Values(b.entries) {
		lines = append(lines, e.line())
	}
	slices.Sort(lines)
	var out bytes.Buffer
	for _, l := range lines {
		out.WriteString(l)
		out.WriteByte('\n')
	}
	return out.Bytes()
}

// Against returns a Handler that hands on what b does not have, and counts what of
// the rest is at least as sure as least in Summary.Silenced. What it hands on is
// marked as new.
func Against(b *Baseline, least Confidence, next Handler) Handler {
	return &against{baseline: b, least: least, next: next, drop: true}
}

// AgainstMarking is Against that hands on what b has too, marked as unchanged.
func AgainstMarking(b *Baseline, least Confidence, next Handler) Handler {
	return &against{baseline: b, least: least, next: next}
}

type against struct {
	baseline *Baseline
	least    Confidence
	next     Handler
	drop     bool
	known    int
}

func (a *against) Begin(r Run) error { return a.next.Begin(r) }

func (a *against) Finding(f Finding) error {
	f.Baseline = BaselineNew
	if f.Confidence > ConfidencePlaceholder && a.baseline.Has(f.Fingerprint) {
		f.Baseline = BaselineUnchanged
		if f.Suppression == nil && f.Confidence >= a.least {
			a.known++
		}
		if a.drop {
			return nil
		}
	}
	return a.next.Finding(f)
}

func (a *against) Verdict(v Verdict) error { return a.next.Verdict(v) }

func (a *against) Notice(n Notice) error { return a.next.Notice(n) }

func (a *against) End(s Summary) error {
	if a.known > 0 {
		s.Silenced = sumByName(s.Silenced, map[string]int{a.baseline.Name: a.known})
	}
	return a.next.End(s)
}
