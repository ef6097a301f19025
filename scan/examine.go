package scan

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"strings"
	"time"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
	"github.com/assayhq/assay/scan/archive"
	"github.com/assayhq/assay/scan/object"
)

// sniff is how much of a content is looked at to tell text from binary: a NUL
// byte in the first 8,000 bytes, as Git decides it.
const sniff = 8000

// A sight is what is known of one match without its text, whatever the blob. Edits
// of a blob share it.
type sight struct {
	match      *rules.Match // without offsets, shared; for rules.Set.At
	print      [sha256.Size]byte
	excerpt    string
	beside     offset // of the companion, where the match has one
	suppressed bool
	refused    bool   // it would be suppressed if comments counted
	group      *group // set by the collector, as breadth
	breadth    breadth
}

// alike reports whether two sights of one credential say the same.
func (s *sight) alike(other *sight) bool {
	return s.match == other.match && s.excerpt == other.excerpt && s.beside == other.beside && s.suppressed == other.suppressed && s.refused == other.refused
}

// A place is where a match stands.
type place struct {
	*sight
	path     string
	inner    string // where in the container that the blob is; "" outside one
	id       object.ID
	kind     object.Type
	source   int // number of the source
	region   report.Region
	lineHash string
}

// maxPlaces bounds the places that are held, 120 to 300 bytes each, until the
// report is written. What lies beyond is counted and becomes a notice.
const maxPlaces = 1 << 20

// placesEach bounds those of one credential: a report tells of it at once, with some
// 1,000 bytes for each.
const placesEach = 1 << 17

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
	seen     []seen // of the blob at hand
	sights   []*sight
	scratch  []byte
	last     []byte                       // part of a path
	folder   string                       // of the last file of the unit
	long     []byte                       // memory for windows
	verdicts map[rules.Match]*rules.Match // matches without offsets, to share them
	sighted  map[[sha256.Size]byte]*sight // the last sight of a credential
	limits   archive.Limits
	room     archive.Room
	buffers  []fileBuffer // of members, by depth
}

// maxSighted bounds the sights that an examiner remembers.
const maxSighted = 4096

// DefaultSalt keys fingerprints where the user has no salt. It is public: who
// has a report made with it can try guesses of weak passwords against it.
const DefaultSalt = "assay public default salt"

func newExaminers(set *rules.Set, opt Options) func() *examiner {
	if opt.Salt == nil {
		opt.Salt = []byte(DefaultSalt)
	}
	limits := archive.Defaults()
	if opt.Archives != nil {
		limits = *opt.Archives
	}
	room, memory := opt.rooms()
	if limits.Memory == 0 {
		limits.Memory = memory
	}
	return func() *examiner {
		return &examiner{
			limits: limits, room: room,
			set: set, opt: opt, chunk: chunk, mac: hmac.New(sha256.New, opt.Salt),
			verdicts: map[rules.Match]*rules.Match{}, sighted: map[[sha256.Size]byte]*sight{},
		}
	}
}

// blob examines one blob and adds what it holds to r. A panic costs this blob and
// no other.
func (e *examiner) blob(ctx context.Context, b *Blob, r *result) {
	defer guard(b.name, r.fault)
	first := len(r.places)
	size := int64(len(b.Content))
	if b.Type == object.Tree && !b.raw {
		e.names(b, r)
	} else {
		size = e.whole(ctx, b, r)
		e.fileName(b, r)
	}
	e.maskInner(r.places[first:])
	size = max(size, b.Size)
	if !b.link {
		r.counts.add(b, size)
	}
	if e.opt.Progress != nil {
		e.opt.Progress.Blobs.Add(1)
		e.opt.Progress.Bytes.Add(size)
	}
	if len(r.places) > first && e.opt.LineHashes && orderOf(b.Content) == nil { // code scanning has none for UTF-16
		e.lineHashes(b, r.places[first:])
	}
}

// maskInner makes the names of members fit to be kept: a state holds them.
func (e *examiner) maskInner(places []place) {
	name, fit := "", ""
	for i := range places {
		if p := &places[i]; p.inner != name {
			name, fit = p.inner, e.set.Mask(p.inner)
		}
		places[i].inner = fit
	}
}

// content examines the text of a blob, in pieces where it is long.
func (e *examiner) content(ctx context.Context, b *Blob, r *result) (size int64, err error) {
	order := orderOf(b.Content)
	large := b.Rest == nil && len(b.Content) > wholeChunks*e.chunk
	if b.Rest == nil && order == nil && !large {
		e.edit(b, r)
		return int64(len(b.Content)), nil
	}
	first, rest, chunk := b.Content, b.Rest, e.chunk
	if large {
		e.forget(b)
		first, rest = nil, bytes.NewReader(b.Content)
	}
	if order != nil {
		e.forget(b)
		text := newUTF16Reader(b, order)
		defer func() { size = text.size }()
		if first, rest = nil, text; b.Rest == nil {
			chunk = min(chunk, seam+2*len(b.Content))
		}
	}
	typedOnly, started := false, time.Now()
	e.seen = nil // that of an edit is kept with it
	for w, err := range windows(&e.long, first, rest, chunk) {
		if err == nil {
			err = e.late(b, started, w.offset)
		}
		if err != nil || ctx.Err() != nil {
			return size, err
		}
		if w.offset == 0 {
			typedOnly = isBinary(w.data)
		}
		if !empty(w.data) {
			e.seen = e.seen[:0] // nobody asks for it
			e.matches = e.set.Find(e.matches[:0], w.data)
			e.window(b, w, typedOnly, nil, r)
		}
		size = w.offset + int64(len(w.data))
	}
	return size, nil
}

// late returns an error where a content takes too long: Limits.Time for each GiB begun.
// A stream is waited for, because whoever writes it may take their time.
func (e *examiner) late(b *Blob, started time.Time, offset int64) error {
	_, file := b.Rest.(io.ReaderAt)
	if limit := e.limits.Time * time.Duration(1+offset>>30); (file || b.Type != 0) && time.Since(started) > limit {
		return fmt.Errorf("it takes longer than %v for a GiB; the rest was not examined (--archive-timeout)", e.limits.Time)
	}
	return nil
}

// wholeChunks is how many chunks of content at most are examined at once: what the
// rules keep of a content grows with it.
const wholeChunks = 4

// empty reports whether data is zeros only, as most of a disk's image is.
func empty(data []byte) bool {
	n := len(data)
	return n > 0 && data[0] == 0 && (n == 1 || bytes.Equal(data[:n-1], data[1:]))
}

// isBinary reports whether content is no text, where assignments mean nothing.
func isBinary(content []byte) bool {
	return bytes.IndexByte(content[:min(sniff, len(content))], 0) >= 0
}

// A level is what was read of the last blob at a depth of edits.
type level struct {
	reading rules.Reading
	seen    []seen // in the order of the text
	sound   bool   // reading is complete
}

// forget notes that the blob cannot be the base of an edit.
func (e *examiner) forget(b *Blob) {
	if depth := b.Edit.Depth; depth < len(e.levels) {
		e.levels[depth].sound = false
	}
}

// A seen is a match in a blob that was reported, or the half of one.
type seen struct {
	found rules.Match // as the rules gave it
	*sight
}

// edit examines a blob. What it shares with the blob that it is an edit of is not
// read again.
func (e *examiner) edit(b *Blob, r *result) {
	depth := b.Edit.Depth
	for len(e.levels) <= depth {
		e.levels = append(e.levels, level{})
	}
	at := &e.levels[depth]
	at.sound = false // until it is, should this not end well
	var base *level
	if len(b.Edit.Copies) > 0 && depth > 0 && e.levels[depth-1].sound {
		base = &e.levels[depth-1]
		e.copies = e.copies[:0]
		for _, c := range b.Edit.Copies {
			e.copies = append(e.copies, rules.Copy(c))
		}
		e.set.Reread(&at.reading, &base.reading, b.Content, e.copies)
	} else {
		e.set.Read(&at.reading, b.Content)
	}
	e.seen = at.seen[:0]
	if e.matches = e.set.Matches(e.matches[:0], &at.reading, b.Content); len(e.matches) > 0 {
		e.window(b, window{data: b.Content, line: 1, column: 1, until: len(b.Content)}, isBinary(b.Content), e.known(base, b.Content), r)
	}
	at.seen, at.sound = e.seen, true
}

// window reports the matches in a stretch of a blob. known is what is known of
// them already, nil where that is nothing.
func (e *examiner) window(b *Blob, w window, typedOnly bool, known []*sight, r *result) {
	at := locator{data: w.data, line: w.line, column: w.column}
	around := comments{data: w.data}
	for i, m := range e.matches {
		if m.Start < w.from || m.Start >= w.until || typedOnly && !m.Typed() {
			continue
		}
		found := m
		if m.Half() { // its other half is reported, with both places
			e.seen = append(e.seen, seen{found, &sight{}})
			continue
		}
		region := at.region(m.Start, m.End)
		if known != nil {
			e.report(b, known[i], found, region, r)
			continue
		}
		value := m.Value(w.data)
		m = e.set.Accompany(w.data, m)
		if path := b.where(); path != "" {
			var ok bool
			if m, ok = e.set.At(path, m); !ok {
				continue
			}
			if isGitConfig(path) {
				m = checkoutToken(w.data, m)
			}
		}
		s := e.sight(m, value)
		if m.Beside.Title != "" {
			s.beside = offsetOf(region, at.near(m.Beside.Start, m.Beside.End, w.column))
		}
		allowed := around.allow(m)
		s.suppressed, s.refused = allowed && !e.opt.IgnoreInlineAllow, allowed && e.opt.IgnoreInlineAllow
		if !s.suppressed {
			s.excerpt = e.excerpt(w.data, m)
		}
		e.report(b, e.shared(s), found, region, r)
	}
}

// report adds a match in b to the result. found is the match as the rules gave it.
func (e *examiner) report(b *Blob, s *sight, found rules.Match, at report.Region, r *result) {
	e.seen = append(e.seen, seen{found, s})
	r.add(place{sight: s, path: b.Path, inner: b.inner, id: b.ID, kind: b.Type, region: at})
}

// sight makes the sight of a match, still without an excerpt.
func (e *examiner) sight(m rules.Match, value []byte) *sight {
	return &sight{match: e.verdict(m), print: e.fingerprint(m.Rule.ID, value)}
}

// verdict returns m without offsets, the same one for all that are alike.
func (e *examiner) verdict(m rules.Match) *rules.Match {
	m = m.Placeless()
	shared := e.verdicts[m]
	if shared == nil {
		shared = &m
		e.verdicts[m] = shared
	}
	return shared
}

// known returns for each match what the blob that was edited tells of it, or nil
// where that does not tell all: its line and the one above must have been copied,
// and, since excerpts mask what was found near by, nothing else may have come or
// gone.
func (e *examiner) known(base *level, data []byte) []*sight {
	if base == nil || len(base.seen) != len(e.matches) {
		return nil
	}
	known := e.sights[:0]
	next := 0 // copy
	for i, m := range e.matches {
		for next < len(e.copies) && e.copies[next].To+e.copies[next].Len <= m.Start {
			next++
		}
		was := base.seen[i]
		if next == len(e.copies) || !unchanged(e.copies[next], data, m, was) || !sameVerdict(m, was.found) {
			return nil
		}
		known = append(known, was.sight)
	}
	e.sights = known
	return known
}

// unchanged reports whether the match m is the one that was seen before the edit,
// with the same text on its lines and on the one above, and with what it was found
// beside.
func unchanged(c rules.Copy, data []byte, m rules.Match, was seen) bool {
	if shift := c.To - c.From; m.Start != was.found.Start+shift || m.End != was.found.End+shift {
		return false
	}
	from, to := m.Start, m.End
	switch b := m.Beside; {
	case b.Title != "":
		if shift := c.To - c.From; b.Start != was.found.Beside.Start+shift || b.End != was.found.Beside.End+shift {
			return false
		}
		from, to = min(from, b.Start), max(to, b.End)
	case m.Rule.Companion.Pattern != "":
		from, to = m.Rule.Companion.Around(data, from, to)
	}
	start, ok := lineStart(data, from, commentReach)
	end, ended := lineEnd(data, to, commentReach)
	if !ok || !ended || end >= c.To+c.Len {
		return false
	}
	above, ok := lineStart(data, lastLineEnd(data, start), commentReach)
	return ok && above > c.To
}

// sameVerdict reports whether two matches say the same of their text.
func sameVerdict(m, was rules.Match) bool {
	return m.Placeless() == was.Placeless()
}

// isGitConfig reports whether a path is that of a repository's or a submodule's
// own configuration.
func isGitConfig(path string) bool {
	dir, ok := strings.CutSuffix(path, "/config")
	return ok && (strings.HasSuffix(dir, ".git") || strings.Contains(dir, ".git/modules/"))
}

// checkoutToken lowers the confidence of a match in a header that .git/config
// adds to requests: there the checkout step of a CI service keeps its own token,
// which dies with the job and is in nobody's repository. Any other credential in
// such a header is a person's.
func checkoutToken(data []byte, m rules.Match) rules.Match {
	switch m.Rule.ID {
	case "github-app-installation-token", "github-app-installation-token-stateless", "gitlab-ci-job-token", "jwt-signed":
	default:
		return m
	}
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

// shared returns the last sight of the credential if it is the same: many versions
// of a file have the line.
func (e *examiner) shared(s *sight) *sight {
	if last := e.sighted[s.print]; last != nil && last.alike(s) {
		return last
	}
	if len(e.sighted) >= maxSighted {
		clear(e.sighted)
	}
	e.sighted[s.print] = s
	return s
}

// fileName examines the name of a file that has one: credentials stand there too.
// Names of files in history are examined with their trees.
func (e *examiner) fileName(b *Blob, r *result) {
	name := b.Path
	if b.inner != "" {
		name = b.inner
	}
	if name != "" {
		e.pathRules(name, b, r)
		at := strings.LastIndexAny(name, "/!") + 1
		e.folderNames(name[:at], b, r)
		e.last = append(e.last[:0], name[at:]...)
		e.name(e.last, b, r)
	}
}

// folderNames examines the names of the folders above a file, once for all files of
// the unit that follow each other in one folder.
func (e *examiner) folderNames(folder string, b *Blob, r *result) {
	if folder == e.folder {
		return
	}
	e.folder = folder
	e.last = append(e.last[:0], folder...)
	if e.matches = e.set.Find(e.matches[:0], e.last); len(e.matches) == 0 {
		return
	}
	for name := range strings.FieldsFuncSeq(folder, func(c rune) bool { return c == '/' || c == '!' }) {
		e.name([]byte(name), b, r)
	}
}

// names examines the file names of a tree. The raw tree is tried first: nearly
// none holds a literal of any rule.
func (e *examiner) names(b *Blob, r *result) {
	if len(b.Content) == 0 {
		return // no name is new
	}
	e.matches = e.set.Find(e.matches[:0], b.Content)
	aboutPaths := e.set.AboutPaths()
	if len(e.matches) == 0 && !aboutPaths {
		return
	}
	for entry, err := range object.ParseTree(b.Content, b.ID.Size()) {
		if err != nil {
			r.gap(&Gap{Subject: b.name(), Err: err})
			return
		}
		e.name(entry.Name, b, r)
		if aboutPaths && entry.Mode>>12 == regularFile {
			e.pathRules(string(entry.Name), &Blob{ID: entry.ID, Type: object.Blob}, r)
		}
	}
}

// regularFile is what the type bits of a tree entry's mode say of one.
const regularFile = 0o10

// pathRules applies the rules that are about a path alone. In history only the name
// is known here; the place is that of the blob, whose whole path decides later.
func (e *examiner) pathRules(name string, b *Blob, r *result) {
	for _, m := range e.set.AtPath(name) {
		last := name[strings.LastIndexAny(name, "/!")+1:]
		s := e.sight(m, []byte(last))
		s.excerpt = e.set.Mask(last)
		r.add(place{sight: s, path: b.Path, inner: b.inner, id: b.ID, kind: b.Type})
	}
}

// name examines one file name. Only typed rules apply: a name is no assignment.
func (e *examiner) name(name []byte, b *Blob, r *result) {
	e.matches = e.set.Find(e.matches[:0], name)
	for _, m := range e.matches {
		if !m.Typed() || m.Half() {
			continue
		}
		m.Beside = rules.Beside{} // names have no lines to tell of it
		s := e.sight(m, m.Value(name))
		s.excerpt = e.excerpt(name, m)
		r.add(place{sight: s, path: b.Path, inner: b.inner, id: b.ID, kind: b.Type})
	}
}

// lineHashes fills in the line hashes of what was found in b.
func (e *examiner) lineHashes(b *Blob, places []place) {
	var content io.ReadSeeker = bytes.NewReader(b.Content)
	if b.Rest != nil {
		var ok bool
		if content, ok = b.Rest.(io.ReadSeeker); !ok {
			return // a stream is gone, and has no file to show the line in
		}
	}
	lines := make([]int, 0, len(places))
	for i := range places {
		if places[i].inner == "" {
			lines = append(lines, places[i].region.StartLine)
		}
	}
	if len(lines) == 0 {
		return
	}
	hashes, err := report.LineHashes(content, lines)
	if err != nil {
		return // code scanning computes what is absent
	}
	for i := range places {
		if places[i].inner == "" {
			places[i].lineHash = hashes[places[i].region.StartLine]
		}
	}
}
