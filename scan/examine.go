package scan

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"io"
	"strings"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
	"github.com/assayhq/assay/scan/object"
)

// sniff is how much of a content is looked at to tell text from binary: a NUL
// byte in the first 8,000 bytes, as Git decides it.
const sniff = 8000

// A place is one match, without its text.
type place struct {
	rule       *rules.Rule
	match      rules.Match // offsets no longer mean anything; kept for rules.Set.At
	print      [sha256.Size]byte
	path       string
	id         object.ID
	kind       object.Type
	region     report.Region
	excerpt    string
	lineHash   string
	suppressed bool
}

// An examiner is one worker's means of examining blobs.
type examiner struct {
	set      *rules.Set
	opt      Options
	mac      hash.Hash
	matches  []rules.Match
	scratch  []byte
	excerpts map[[sha256.Size]byte]string // the last excerpt of a credential, to share the string
}

// DefaultSalt keys fingerprints where the user has no salt. It is public: who
// has a report made with it can try guesses of weak passwords against it.
const DefaultSalt = "assay public default salt"

func newExaminers(set *rules.Set, opt Options) func() *examiner {
	if opt.Salt == nil {
		opt.Salt = []byte(DefaultSalt)
	}
	return func() *examiner {
		return &examiner{set: set, opt: opt, mac: hmac.New(sha256.New, opt.Salt), excerpts: map[[sha256.Size]byte]string{}}
	}
}

// blob examines one blob and adds what it holds to r.
func (e *examiner) blob(b *Blob, r *result) {
	if b.Type == object.Tree {
		e.names(b, r)
		return
	}
	first := len(r.places)
	size, err := e.content(b, r)
	if err != nil {
		r.gaps = append(r.gaps, &Gap{Subject: b.name(), Err: err})
	}
	e.fileName(b, r)
	r.counts.add(b, size)
	if e.opt.Progress != nil {
		e.opt.Progress.Blobs.Add(1)
		e.opt.Progress.Bytes.Add(size)
	}
	if len(r.places) > first && e.opt.LineHashes && b.Rest == nil {
		e.lineHashes(b.Content, r.places[first:])
	}
}

// content examines the text of a blob, in pieces where it is long.
func (e *examiner) content(b *Blob, r *result) (size int64, err error) {
	typedOnly := bytes.IndexByte(b.Content[:min(sniff, len(b.Content))], 0) >= 0
	if b.Rest == nil {
		e.window(b, window{data: b.Content, line: 1, column: 1, until: len(b.Content)}, typedOnly, r)
		return int64(len(b.Content)), nil
	}
	for w, err := range windows(b.Content, b.Rest) {
		if err != nil {
			return size, err
		}
		e.window(b, w, typedOnly, r)
		size = w.offset + int64(len(w.data))
	}
	return size, nil
}

// window examines a stretch of a blob.
func (e *examiner) window(b *Blob, w window, typedOnly bool, r *result) {
	e.matches = e.set.Find(e.matches[:0], w.data)
	if len(e.matches) == 0 {
		return
	}
	at := locator{data: w.data, line: w.line, column: w.column}
	for _, m := range e.matches {
		if m.Start < w.from || m.Start >= w.until || typedOnly && !m.Typed() {
			continue
		}
		if b.ID.IsZero() || b.Path != "" {
			var ok bool
			if m, ok = e.set.At(b.Path, m); !ok {
				continue
			}
		}
		if b.Path == gitPrefix+"config" {
			m = checkoutToken(w.data, m)
		}
		p := place{rule: m.Rule, match: m, path: b.Path, id: b.ID, kind: b.Type}
		p.print = e.fingerprint(m.Rule.ID, w.data[m.Start:m.End])
		p.region = at.region(m.Start, m.End)
		p.excerpt = e.excerpt(p.print, w.data, m)
		p.suppressed = !e.opt.IgnoreInlineAllow && allowed(w.data, m)
		r.places = append(r.places, p)
	}
}

// checkoutToken lowers the confidence of a match in a header that .git/config
// adds to requests: there the checkout step of a CI service keeps its own token,
// which dies with the job and is in nobody's repository.
func checkoutToken(data []byte, m rules.Match) rules.Match {
	line := data[bytes.LastIndexByte(data[:m.Start], '\n')+1 : m.Start]
	if bytes.Contains(bytes.ToLower(line), []byte("extraheader")) {
		m.Confidence = min(m.Confidence, report.ConfidenceLow)
		m.Doubt = "It is the header that a CI checkout adds, whose token dies with the job."
	}
	return m
}

// fingerprint is the HMAC-SHA-256 of rule and credential.
func (e *examiner) fingerprint(rule string, value []byte) (sum [sha256.Size]byte) {
	e.mac.Reset()
	io.WriteString(e.mac, rule)
	e.mac.Write([]byte{0})
	e.mac.Write(value)
	e.mac.Sum(sum[:0])
	return sum
}

// Excerpts show at most this much of the line around a match, in bytes.
const (
	excerptBefore = 100
	excerptAfter  = 40
)

// excerpt returns the line of m with every match on it masked.
func (e *examiner) excerpt(print [sha256.Size]byte, data []byte, m rules.Match) string {
	start := bytes.LastIndexByte(data[:m.Start], '\n') + 1
	end := m.End
	if n := bytes.IndexByte(data[m.End:], '\n'); n >= 0 {
		end += n
	} else {
		end = len(data)
	}
	from, to := max(start, m.Start-excerptBefore), min(end, m.End+excerptAfter)
	text := e.scratch[:0]
	if from > start {
		text = append(text, "..."...)
		from = skipToken(data, from, m.Start)
	}
	if to < end {
		to = dropToken(data, m.End, to)
	}
	text = rules.AppendMasked(text, data, from, to, e.matches)
	if to < end {
		text = append(text, "..."...)
	}
	e.scratch = text
	text = bytes.TrimSpace(text)
	if last := e.excerpts[print]; last == string(text) {
		return last
	}
	s := strings.ToValidUTF8(string(text), "\uFFFD")
	e.excerpts[print] = s
	return s
}

// skipToken moves from, a cut in the middle of a line, behind the token that it
// cuts: half of something that no rule knows is not shown.
func skipToken(data []byte, from, limit int) int {
	for from < limit && data[from] > ' ' {
		from++
	}
	return from
}

// dropToken moves to back to the end of the last whole token.
func dropToken(data []byte, limit, to int) int {
	for to > limit && data[to-1] > ' ' {
		to--
	}
	return to
}

// fileName examines the name of a file outside history: credentials stand there too.
func (e *examiner) fileName(b *Blob, r *result) {
	if b.Path == "" || b.Type != 0 {
		return
	}
	name := b.Path[strings.LastIndexByte(b.Path, '/')+1:]
	e.name([]byte(name), b, r)
}

// names examines the file names of a tree. The raw tree is tried first: nearly
// none holds a literal of any rule.
func (e *examiner) names(b *Blob, r *result) {
	r.counts.add(b, int64(len(b.Content)))
	e.matches = e.set.Find(e.matches[:0], b.Content)
	if len(e.matches) == 0 {
		return
	}
	for entry, err := range object.ParseTree(b.Content, b.ID.Size()) {
		if err != nil {
			r.gaps = append(r.gaps, &Gap{Subject: b.name(), Err: err})
			return
		}
		e.name(entry.Name, b, r)
	}
}

// name examines one file name. Only typed rules apply: a name is no assignment.
func (e *examiner) name(name []byte, b *Blob, r *result) {
	e.matches = e.set.Find(e.matches[:0], name)
	for _, m := range e.matches {
		if !m.Typed() {
			continue
		}
		p := place{rule: m.Rule, match: m, path: b.Path, id: b.ID, kind: b.Type}
		p.print = e.fingerprint(m.Rule.ID, name[m.Start:m.End])
		p.excerpt = e.excerpt(p.print, name, m)
		r.places = append(r.places, p)
	}
}

// lineHashes fills in the line hashes of places in content.
func (e *examiner) lineHashes(content []byte, places []place) {
	lines := make([]int, 0, len(places))
	for i := range places {
		lines = append(lines, places[i].region.StartLine)
	}
	hashes, err := report.LineHashes(bytes.NewReader(content), lines)
	if err != nil {
		return // a bytes.Reader does not fail
	}
	for i := range places {
		places[i].lineHash = hashes[places[i].region.StartLine]
	}
}
