package report

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

type decisionsRecord struct {
	Least        Confidence      `json:"min_confidence"`
	Placeholders bool            `json:"placeholders,omitempty"`
	Show         bool            `json:"show_suppressed,omitempty"`
	Today        string          `json:"today,omitempty"`
	Layout       string          `json:"layout,omitempty"`
	Whole        bool            `json:"whole,omitempty"`
	Ignores      []ignoresRecord `json:"suppressions,omitempty"`
	Refused      []ignoresRecord `json:"refused,omitempty"`
	Baseline     *keptFileRecord `json:"baseline,omitempty"`
}

// A keptFileRecord is a file of decisions. It may hold any bytes: base64.
type keptFileRecord struct {
	Name string `json:"name"`
	Text []byte `json:"text_base64"`
}

type ignoresRecord struct {
	keptFileRecord
	Below   string       `json:"below,omitempty"`
	Strip   string       `json:"strip,omitempty"`
	Foreign []spotRecord `json:"foreign,omitempty"` // entries of another program's file, which has no text
}

type spotRecord struct {
	Fingerprint string   `json:"fingerprint,omitempty"`
	Path        []byte   `json:"path_base64,omitempty"`
	Commit      string   `json:"commit,omitempty"`
	Line        int      `json:"line,omitempty"`
	Rules       []string `json:"rules,omitempty"`
}

type shareRecord struct {
	Source     int         `json:"source"`
	Number     int         `json:"number"`
	Filed      int         `json:"filed,omitempty"`
	Confidence Confidence  `json:"confidence"`
	Message    string      `json:"message,omitempty"`
	Excerpt    string      `json:"excerpt,omitempty"`
	Allowed    string      `json:"allowed,omitempty"`
	Placed     bool        `json:"placed,omitempty"`
	Again      bool        `json:"again,omitempty"`
	Late       bool        `json:"late,omitempty"`
	Proof      bool        `json:"proof,omitempty"`
	Stay       *stayRecord `json:"stay,omitempty"`
}

type stayRecord struct {
	First    int  `json:"first"`
	Any      bool `json:"any,omitempty"`
	Void     bool `json:"void,omitempty"`
	Staged   bool `json:"staged,omitempty"`
	Homeless bool `json:"homeless,omitempty"`
	// Changes are three numbers for each: by how much the number of the commit is more
	// than that of the one before, how many parents it has, and Net.
	Changes []int                  `json:"changes,omitempty"`
	Commits []numberedCommitRecord `json:"commits,omitempty"`
}

type numberedCommitRecord struct {
	Number int           `json:"number"`
	Commit *commitRecord `json:"commit"`
}

func newDecisionsRecord(d *Decisions) *decisionsRecord {
	if d == nil {
		return nil
	}
	rec := &decisionsRecord{
		Least: d.Least, Placeholders: d.Placeholders, Show: d.Show, Today: d.Today, Whole: d.Whole, Layout: d.Layout,
		Ignores: newIgnoresRecords(d.Ignores), Refused: newIgnoresRecords(d.Refused),
	}
	if b := d.Baseline; b != nil {
		rec.Baseline = &keptFileRecord{b.Name, b.Bytes()}
	}
	return rec
}

func newIgnoresRecords(files []*Ignores) (list []ignoresRecord) {
	for _, f := range files {
		rec := ignoresRecord{keptFileRecord: keptFileRecord{Name: f.Name}, Below: f.Below, Strip: f.Strip}
		if !f.foreign {
			rec.Text = []byte(strings.Join(f.lines, "\n"))
		}
		for _, e := range f.Entries {
			if e.at != nil {
				rec.Foreign = append(rec.Foreign, spotRecord{e.Fingerprint, []byte(e.at.path), e.at.commit, e.at.line, e.at.rules})
			}
		}
		list = append(list, rec)
	}
	return list
}

// decisions returns what the record says. What cannot be read, which no run wrote, is
// left out.
func (r *decisionsRecord) decisions() *Decisions {
	if r == nil {
		return nil
	}
	d := &Decisions{
		Least: r.Least, Placeholders: r.Placeholders, Show: r.Show, Today: r.Today, Whole: r.Whole, Layout: r.Layout,
		Ignores: ignoresOf(r.Ignores), Refused: ignoresOf(r.Refused),
	}
	if b := r.Baseline; b != nil {
		d.Baseline, _ = ParseBaseline(b.Name, b.Text)
	}
	return d
}

func ignoresOf(records []ignoresRecord) (list []*Ignores) {
	for _, rec := range records {
		f := NewIgnores(rec.Name)
		if len(rec.Text) > 0 {
			if read, err := ParseIgnores(rec.Name, rec.Text); err == nil {
				f = read
			}
		}
		f.Below, f.Strip = rec.Below, rec.Strip
		for _, s := range rec.Foreign {
			f.add(&Ignore{Fingerprint: s.Fingerprint}, spot{string(s.Path), s.Commit, s.Line, s.Rules})
		}
		list = append(list, f)
	}
	return list
}

func newShareRecord(s *Share) *shareRecord {
	if s == nil {
		return nil
	}
	rec := &shareRecord{
		s.Source, s.Number, s.Filed, s.Confidence, validUTF8(s.Message), validUTF8(s.Excerpt), validUTF8(s.Allowed), s.Placed, s.Again, s.Late, s.Proof, nil,
	}
	if y := s.Stay; y != nil {
		rec.Stay = &stayRecord{First: y.First, Any: y.Any, Void: y.Void, Staged: y.Staged, Homeless: y.Homeless}
		last := 0
		for _, c := range y.Changes {
			rec.Stay.Changes = append(rec.Stay.Changes, c.Number-last, c.Parents, c.Net)
			last = c.Number
		}
		for _, c := range y.Commits {
			rec.Stay.Commits = append(rec.Stay.Commits, numberedCommitRecord{c.Number, newCommitRecord(c.Commit)})
		}
	}
	return rec
}

func (r *shareRecord) share() *Share {
	if r == nil {
		return nil
	}
	s := &Share{
		r.Source, r.Number, r.Filed, r.Confidence, r.Message, r.Excerpt, r.Allowed, r.Placed, nil, r.Again, r.Late, r.Proof,
	}
	if y := r.Stay; y != nil {
		s.Stay = &Stay{First: y.First, Any: y.Any, Void: y.Void, Staged: y.Staged, Homeless: y.Homeless}
		last := 0
		for c := range slices.Chunk(y.Changes, 3) {
			if len(c) == 3 {
				last += c[0]
				s.Stay.Changes = append(s.Stay.Changes, StayChange{last, c[1], c[2]})
			}
		}
		for _, c := range y.Commits {
			s.Stay.Commits = append(s.Stay.Commits, NumberedCommit{c.Number, c.Commit.commit()})
		}
	}
	return s
}

// CheckMasked reports the name of a file of decisions whose text mask would change:
// it must not be put into a report. It returns "" where there is none.
func (d *Decisions) CheckMasked(mask func(string) string) string {
	for _, f := range append(newIgnoresRecords(d.Ignores), newIgnoresRecords(d.Refused)...) {
		text := string(f.Text) + string(bytes.Join(f.paths(), []byte("\n")))
		if mask(text) != text {
			return f.Name
		}
	}
	if b := newDecisionsRecord(d).Baseline; b != nil && mask(string(b.Text)) != string(b.Text) {
		return cmp.Or(b.Name, "the baseline")
	}
	return ""
}

func (r *ignoresRecord) paths() (list [][]byte) {
	for _, s := range r.Foreign {
		list = append(list, s.Path)
	}
	return list
}
