package scan

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"io"
	"slices"
	"sort"
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
	source   int          // number of the source
	match    *rules.Match // without offsets, shared; for rules.Set.At
	path     string
	id       object.ID
	kind     object.Type
	region   report.Region
	excerpt  string
	lineHash string
}

// A find is a place on its way to the collector.
type find struct {
	place
	print      [sha256.Size]byte
	suppressed bool
}

// maxPlaces bounds the places that are held, 130 to 240 bytes each, until the
// report is written. What lies beyond is counted and becomes a notice.
const maxPlaces = 1 << 20

// An examiner is one worker's means of examining blobs.
type examiner struct {
	set      *rules.Set
	opt      Options
	mac      hash.Hash
	chunk    int // size of windows
	matches  []rules.Match
	near     []rules.Match
	levels   []level // by Edit.Depth
	copies   []rules.Copy
	scratch  []byte
	verdicts map[rules.Match]*rules.Match // matches without offsets, to share them
	excerpts map[[sha256.Size]byte]string // the last excerpt of a credential, to share the string
}

// maxExcerpts bounds the excerpts that an examiner remembers.
const maxExcerpts = 4096

// DefaultSalt keys fingerprints where the user has no salt. It is public: who
// has a report made with it can try guesses of weak passwords against it.
const DefaultSalt = "assay public default salt"

func newExaminers(set *rules.Set, opt Options) func() *examiner {
	if opt.Salt == nil {
		opt.Salt = []byte(DefaultSalt)
	}
	return func() *examiner {
		return &examiner{
			set: set, opt: opt, chunk: chunk, mac: hmac.New(sha256.New, opt.Salt),
			verdicts: map[rules.Match]*rules.Match{}, excerpts: map[[sha256.Size]byte]string{},
		}
	}
}

// blob examines one blob and adds what it holds to r. A panic costs this blob and
// no other.
func (e *examiner) blob(ctx context.Context, b *Blob, r *result) {
	defer guard(b.name, r.gap)
	first := len(r.finds)
	size := int64(len(b.Content))
	if b.Type == object.Tree {
		e.names(b, r)
	} else {
		var err error
		if size, err = e.content(ctx, b, r); err != nil {
			r.gap(&Gap{Subject: b.name(), Err: plain(err)})
		}
		e.fileName(b, r)
	}
	size = max(size, b.Size)
	r.counts.add(b, size)
	if e.opt.Progress != nil {
		e.opt.Progress.Blobs.Add(1)
		e.opt.Progress.Bytes.Add(size)
	}
	if len(r.finds) > first && e.opt.LineHashes {
		e.lineHashes(b, r.finds[first:])
	}
}

// content examines the text of a blob, in pieces where it is long.
func (e *examiner) content(ctx context.Context, b *Blob, r *result) (size int64, err error) {
	if b.Rest == nil {
		if e.edit(b); len(e.matches) > 0 {
			e.window(b, window{data: b.Content, line: 1, column: 1, until: len(b.Content)}, isBinary(b.Content), r)
		}
		return int64(len(b.Content)), nil
	}
	typedOnly := false
	for w, err := range windows(b.Content, b.Rest, e.chunk) {
		if err != nil || ctx.Err() != nil {
			return size, err
		}
		if w.offset == 0 {
			typedOnly = isBinary(w.data)
		}
		e.matches = e.set.Find(e.matches[:0], w.data)
		e.window(b, w, typedOnly, r)
		size = w.offset + int64(len(w.data))
	}
	return size, nil
}

// isBinary reports whether content is no text, where assignments mean nothing.
func isBinary(content []byte) bool {
	return bytes.IndexByte(content[:min(sniff, len(content))], 0) >= 0
}

// A level is what was read of the last blob at a depth of edits.
type level struct {
	reading rules.Reading
	sound   bool // reading is complete
}

// edit finds the matches in a blob. What it shares with the blob that it is an
// edit of is not read again.
func (e *examiner) edit(b *Blob) {
	depth := b.Edit.Depth
	for len(e.levels) <= depth {
		e.levels = append(e.levels, level{})
	}
	at := &e.levels[depth]
	at.sound = false // until it is, should this not end well
	if len(b.Edit.Copies) > 0 && depth > 0 && e.levels[depth-1].sound {
		e.copies = e.copies[:0]
		for _, c := range b.Edit.Copies {
			e.copies = append(e.copies, rules.Copy(c))
		}
		e.set.Reread(&at.reading, &e.levels[depth-1].reading, b.Content, e.copies)
	} else {
		e.set.Read(&at.reading, b.Content)
	}
	at.sound = true
	e.matches = e.set.Matches(e.matches[:0], &at.reading)
}

// window reports the matches in a stretch of a blob.
func (e *examiner) window(b *Blob, w window, typedOnly bool, r *result) {
	at := locator{data: w.data, line: w.line, column: w.column}
	around := comments{data: w.data}
	for _, m := range e.matches {
		if m.Start < w.from || m.Start >= w.until || typedOnly && !m.Typed() {
			continue
		}
		if b.Path != "" {
			var ok bool
			if m, ok = e.set.At(b.Path, m); !ok {
				continue
			}
			if strings.HasSuffix(b.Path, ".git/config") {
				m = checkoutToken(w.data, m)
			}
		}
		f := e.find(b, m, w.data)
		f.region = at.region(m.Start, m.End)
		if f.suppressed = !e.opt.IgnoreInlineAllow && around.allow(m); !f.suppressed {
			f.excerpt = e.excerpt(f.print, w.data, m)
		}
		r.add(f)
	}
}

// find makes a find of the match m in data, still without region and excerpt.
func (e *examiner) find(b *Blob, m rules.Match, data []byte) find {
	verdict := m
	verdict.Start, verdict.End, verdict.Public = 0, 0, 0
	shared := e.verdicts[verdict]
	if shared == nil {
		shared = &verdict
		e.verdicts[verdict] = shared
	}
	return find{
		place: place{match: shared, path: b.Path, id: b.ID, kind: b.Type},
		print: e.fingerprint(m.Rule.ID, data[m.Start:m.End]),
	}
}

// checkoutToken lowers the confidence of a match in a header that .git/config
// adds to requests: there the checkout step of a CI service keeps its own token,
// which dies with the job and is in nobody's repository.
func checkoutToken(data []byte, m rules.Match) rules.Match {
	start, _ := lineStart(data, m.Start, excerptReach)
	line := data[start:m.Start]
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

// Excerpts show at most this much of the line around a match, in bytes. To see
// that a line goes on, a little more of it is looked at.
const (
	excerptBefore = 100
	excerptAfter  = 40
	excerptReach  = 4 << 10
)

// excerpt returns the line of m with every match on it masked.
func (e *examiner) excerpt(print [sha256.Size]byte, data []byte, m rules.Match) string {
	start, _ := lineStart(data, m.Start, excerptReach)
	end, _ := lineEnd(data, m.End, excerptReach)
	from, to := max(start, m.Start-excerptBefore), min(end, m.End+excerptAfter)
	text := e.scratch[:0]
	if from > start {
		text = append(text, "..."...)
		from = skipToken(data, from, m.Start)
	}
	if to < end {
		to = dropToken(data, m.End, to)
	}
	text = rules.AppendMasked(text, data, from, to, e.masks(data, from, to))
	if to < end {
		text = append(text, "..."...)
	}
	e.scratch = text
	return e.shared(print, bytes.TrimSpace(text))
}

// shared returns text as a string, the same one as the last time where the
// excerpt of a credential is what it was: many versions of a file have the line.
func (e *examiner) shared(print [sha256.Size]byte, text []byte) string {
	if last := e.excerpts[print]; last == string(text) {
		return last
	}
	s := strings.ToValidUTF8(string(text), "\uFFFD")
	if len(e.excerpts) >= maxExcerpts {
		clear(e.excerpts)
	}
	e.excerpts[print] = s
	return s
}

// repeated is how many matches before and after an excerpt are looked for once
// more in it.
const repeated = 32

// masks returns the matches in data[from:to], and wherever the value of one of
// them, or of one near by, stands there once more: a rule that needs a name in
// front does not see it.
func (e *examiner) masks(data []byte, from, to int) []rules.Match {
	first := sort.Search(len(e.matches), func(i int) bool { return e.matches[i].End > from })
	last := first
	for last < len(e.matches) && e.matches[last].Start < to {
		last++
	}
	e.near = append(e.near[:0], e.matches[first:last]...)
	for _, m := range e.matches[max(0, first-repeated):min(len(e.matches), last+repeated)] {
		e.repeats(m, data, from, to)
	}
	slices.SortStableFunc(e.near, func(a, b rules.Match) int { return a.Start - b.Start })
	return e.near
}

// repeats adds to near where the secret part of m stands in data[from:to] apart
// from the matches.
func (e *examiner) repeats(m rules.Match, data []byte, from, to int) {
	value := data[m.Start+m.Public : m.End]
	for {
		i := bytes.Index(data[from:to], value)
		if i < 0 {
			return
		}
		again := m
		again.Start, again.End, again.Public = from+i, from+i+len(value), 0
		if !slices.ContainsFunc(e.near, func(n rules.Match) bool { return n.Start < again.End && again.Start < n.End }) {
			e.near = append(e.near, again)
		}
		from = again.End
	}
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

// fileName examines the name of a file that has one: credentials stand there too.
// Names of files in history are examined with their trees.
func (e *examiner) fileName(b *Blob, r *result) {
	if b.Path == "" {
		return
	}
	name := b.Path[strings.LastIndexByte(b.Path, '/')+1:]
	e.name([]byte(name), b, r)
}

// names examines the file names of a tree. The raw tree is tried first: nearly
// none holds a literal of any rule.
func (e *examiner) names(b *Blob, r *result) {
	if len(b.Content) == 0 {
		return // no name is new
	}
	e.matches = e.set.Find(e.matches[:0], b.Content)
	if len(e.matches) == 0 {
		return
	}
	for entry, err := range object.ParseTree(b.Content, b.ID.Size()) {
		if err != nil {
			r.gap(&Gap{Subject: b.name(), Err: err})
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
		f := e.find(b, m, name)
		f.excerpt = e.excerpt(f.print, name, m)
		r.add(f)
	}
}

// lineHashes fills in the line hashes of what was found in b.
func (e *examiner) lineHashes(b *Blob, finds []find) {
	var content io.ReadSeeker = bytes.NewReader(b.Content)
	if b.Rest != nil {
		var ok bool
		if content, ok = b.Rest.(io.ReadSeeker); !ok {
			return // a stream is gone, and has no file to show the line in
		}
	}
	lines := make([]int, 0, len(finds))
	for i := range finds {
		lines = append(lines, finds[i].region.StartLine)
	}
	hashes, err := report.LineHashes(content, lines)
	if err != nil {
		return // code scanning computes what is absent
	}
	for i := range finds {
		finds[i].lineHash = hashes[finds[i].region.StartLine]
	}
}
