package rules

import "bytes"

// How far an escape sequence is read around: before the first one and behind the
// last one, in bytes, of which none is further than escapeNext from the next. A text is
// read in parts of maxEscaped that share escapeShared.
const (
	escapeBefore = 256
	escapeNext   = 128
	maxEscaped   = 16 << 10
	escapeShared = 1 << 10
)

// escapeLiterals are the escapes at which a text is decoded: of characters that credentials, or
// what stands next to them, are made of and that nobody has to escape, or only some do.
// All are looked for together with the literals of the rules.
var escapeLiterals = []struct {
	coat coat
	text string
}{
	{coatBackslash, `\u002`}, {coatBackslash, `\u003`}, {coatBackslash, `\u004`}, {coatBackslash, `\u005`}, {coatBackslash, `\u006`}, {coatBackslash, `\u007`},
	{coatBackslash, `\x2`}, {coatBackslash, `\x3`}, {coatBackslash, `\x4`}, {coatBackslash, `\x5`}, {coatBackslash, `\x6`}, {coatBackslash, `\x7`},
	{coatBackslash, `\u{`}, {coatBackslash, `\x{`}, {coatBackslash, `\U0000`}, {coatBackslash, `:\/\/`},
	{coatBackslash, `ghp\_`}, {coatBackslash, `gho\_`}, {coatBackslash, `ghs\_`}, {coatBackslash, `pat\_`}, {coatBackslash, `npm\_`}, {coatBackslash, `live\_`}, {coatBackslash, `test\_`}, // prefixes as Markdown and LaTeX write them
	{coatBackslash, `\05`}, {coatBackslash, `\06`}, {coatBackslash, `\10`}, {coatBackslash, `\11`}, {coatBackslash, `\12`}, {coatBackslash, `\13`},
	{coatBackslash, `\14`}, {coatBackslash, `\15`}, {coatBackslash, `\16`}, {coatBackslash, `\17`},
	// Signs; %2d and %5d are formats of C.
	{coatPercent, "%0A"}, {coatPercent, "%0a"}, {coatPercent, "%0D"}, {coatPercent, "%0d"}, {coatPercent, "%21"}, {coatPercent, "%22"}, {coatPercent, "%23"},
	{coatPercent, "%24"}, {coatPercent, "%25"}, {coatPercent, "%26"}, {coatPercent, "%27"}, {coatPercent, "%28"}, {coatPercent, "%29"}, {coatPercent, "%2A"},
	{coatPercent, "%2a"}, {coatPercent, "%2B"}, {coatPercent, "%2b"}, {coatPercent, "%2C"}, {coatPercent, "%2D"}, {coatPercent, "%2E"}, {coatPercent, "%2e"},
	{coatPercent, "%2F"}, {coatPercent, "%2f"}, {coatPercent, "%3A"}, {coatPercent, "%3a"}, {coatPercent, "%3B"}, {coatPercent, "%3b"}, {coatPercent, "%3C"},
	{coatPercent, "%3D"}, {coatPercent, "%3d"}, {coatPercent, "%3E"}, {coatPercent, "%3e"}, {coatPercent, "%3F"}, {coatPercent, "%40"}, {coatPercent, "%5B"},
	{coatPercent, "%5b"}, {coatPercent, "%5C"}, {coatPercent, "%5c"}, {coatPercent, "%5D"}, {coatPercent, "%5E"}, {coatPercent, "%5e"}, {coatPercent, "%5F"},
	{coatPercent, "%5f"}, {coatPercent, "%60"}, {coatPercent, "%7B"}, {coatPercent, "%7b"}, {coatPercent, "%7C"}, {coatPercent, "%7c"}, {coatPercent, "%7D"},
	{coatPercent, "%7d"}, {coatPercent, "%7E"}, {coatPercent, "%7e"},
	// What encodes every byte.
	{coatPercent, "%30%"}, {coatPercent, "%31%"}, {coatPercent, "%34%"}, {coatPercent, "%39%"}, {coatPercent, "%41%"}, {coatPercent, "%43%"}, {coatPercent, "%45%"}, {coatPercent, "%47%"}, {coatPercent, "%4A%"}, {coatPercent, "%4D%"}, {coatPercent, "%4a%"}, {coatPercent, "%4d%"}, {coatPercent, "%51%"}, {coatPercent, "%52%"}, {coatPercent, "%54%"}, {coatPercent, "%56%"}, {coatPercent, "%57%"}, {coatPercent, "%58%"}, {coatPercent, "%5A%"}, {coatPercent, "%5a%"}, {coatPercent, "%61%"}, {coatPercent, "%63%"}, {coatPercent, "%65%"}, {coatPercent, "%67%"}, {coatPercent, "%6A%"}, {coatPercent, "%6D%"}, {coatPercent, "%6a%"}, {coatPercent, "%6d%"}, {coatPercent, "%6c%"}, {coatPercent, "%6C%"}, {coatPercent, "%6e%"}, {coatPercent, "%6E%"}, {coatPercent, "%72%"}, {coatPercent, "%74%"}, {coatPercent, "%77%"}, {coatPercent, "%78%"}, {coatPercent, "%7A%"}, {coatPercent, "%7a%"},
	{coatReferences, "&#x"}, {coatReferences, "&#0"}, {coatReferences, "&lowbar;"}, {coatReferences, "&equals;"}, {coatReferences, "&#3"}, {coatReferences, "&#4"}, {coatReferences, "&#5"}, {coatReferences, "&#6"},
	{coatReferences, "&#7"}, {coatReferences, "&#8"}, {coatReferences, "&#9"}, {coatReferences, "&#1"}, {coatReferences, "&quot;"},
}

// tryCoat tries a coat at the literal data[start:end]. coat is negative: so it cannot
// be taken for the index of a rule.
func (v *visit) tryCoat(coatNumber, start, end int) {
	k := coat(-coatNumber)
	switch {
	case v.depth >= v.set.coats:
	case k == coatBase64:
		v.tryWrapped(start, end)
	case k == coatNumbers || k == coatPairs:
		v.tryNumbers(k, start, end)
	default:
		v.tryEscapes(k, k, start)
	}
}

// tryEscapes decodes what stands around the escape at data[i]. by tells apart who
// asks: each asks in the order of the text, and no part is decoded twice.
func (v *visit) tryEscapes(k, by coat, i int) {
	if i < v.escaped[by] || v.depth >= v.set.coats {
		return
	}
	v.findLine(i, i)
	line := v.data[:v.line.end]
	at := span{max(v.line.start, i-escapeBefore), i}
	limit := min(len(line), at.from+maxEscaped)
	for at.to < limit {
		n := bytes.IndexByte(line[at.to:min(limit, at.to+escapeNext)], k.lead())
		if n < 0 {
			for at.to = min(limit, at.to+escapeNext); at.to < limit && digits64[line[at.to]] != noDigit; at.to++ {
			}
			if at.to == limit || line[at.to] != k.lead() {
				break
			}
		}
		at.to += n + 1
	}
	v.escaped[by] = at.to
	if at.to == limit && limit < len(line) {
		v.escaped[by] -= escapeShared
	}
	if at.to-at.from < leastEscaped {
		return
	}
	content, _ := k.decode(v.text[:0], v.data[at.from:at.to], maxRun)
	v.text = content
	l := lifter{coat: k, src: v.data[at.from:at.to], at: at}
	v.readText(content, v.depth+1, surroundings{}, func(m Match) {
		if m, ok := l.lift(m); ok {
			v.found(i, m, false)
		}
	})
	clear(content)
}

// leastEscaped is how many bytes must be there for a credential with a name.
const leastEscaped = 8
