package rules

// A string may be written in pieces: "ghp_" + "abc", literals that follow each other,
// a line that goes on behind a backslash or, in mail, an equals sign, and what a shell
// or git config puts together of quoted and bare words. The pieces are joined where a
// prefix that tells whose credential follows is cut short by such a joint, and nowhere
// else.

const (
	maxJoint  = 64 // bytes between two pieces, blanks and line breaks for the most part
	maxJoints = 64 // in one credential, where none is longer than maxJoint
)

// tryJoined reads what the literal data[start:end] of rule i begins as if it stood in one
// piece. It reports whether what follows on other lines may count: whether a joint could
// begin where the piece ends. noted says that the last of the reading's far places is
// that of the literal.
func (v *visit) tryJoined(i, start, end int, noted bool) bool {
	p, data := v.set.rules[i].pattern(), v.data
	to := end
	for to < len(data) && to-start < p.longest && p.all[data[to]] {
		to++
	}
	if v.depth >= v.set.coats || !beginsJoint(at(data, to)) {
		return false
	}
	if !noted {
		v.reading.far = append(v.reading.far, far{start: start, end: end, rule: i})
	}
	last := &v.reading.far[len(v.reading.far)-1]
	last.from, last.to = max(0, start-escapeReach), max(last.to, min(len(data), to+maxJoint))
	if jointLength(data[to:]) == 0 {
		return true
	}
	at := span{start, min(len(data), start+min(p.longest, simple)+maxJoints*maxJoint)}
	last.to = max(last.to, at.to)
	content, _ := coatJoined.decode(v.text[:0], data[at.from:at.to], min(p.longest, simple)+1)
	v.text = content
	l := lifter{coat: coatJoined, src: data[at.from:at.to], at: at}
	v.readText(content, v.depth+1, surroundings{}, func(m Match) {
		if m.Start != 0 || m.wrap != nil {
			return // found without, or none of the rule's
		}
		if m, ok := l.lift(m); ok {
			v.found(start, m, true)
		}
	})
	clear(content)
	return true
}

// undoJoined copies all but joints.
func undoJoined(dst, src []byte, limit int) ([]byte, int) {
	i := 0
	for end := len(dst) + limit; i < len(src) && len(dst) < end; {
		if n := jointLength(src[i:]); n > 0 {
			i += n
			continue
		}
		dst, i = append(dst, src[i]), i+1
	}
	return dst, i
}

// beginsJoint reports whether a joint may begin with c.
func beginsJoint(c byte) bool {
	return c == '\\' || c == '=' || c == '"' || c == '\'' || c == '`'
}

// jointLength returns the length of the joint at the beginning of text, 0 if there is none.
func jointLength(text []byte) int {
	switch c := at(text, 0); c {
	case '\\', '=':
		if n := lineBreak(text, 1); n > 1 {
			if c == '=' && at(text, n) == '>' {
				n++ // an answer quotes it
			}
			return skip(text, n, isBlank, maxBlanks)
		}
		return 0
	case '"', '\'', '`':
		if isWord(at(text, 1)) && c != '`' {
			return 1 // abc"def", which ends one piece and begins another
		}
		return quotedJoint(text)
	}
	return 0
}

// lineBreak returns the offset behind the line break at text[i], or i.
func lineBreak(text []byte, i int) int {
	if at(text, i) == '\r' && at(text, i+1) == '\n' {
		return i + 2
	}
	if at(text, i) == '\n' {
		return i + 1
	}
	return i
}

// quotedJoint returns the length from the quote that ends a piece to the one that
// begins the next: blanks, line breaks and one operator may stand between.
func quotedJoint(text []byte) int {
	operators := 0
	for i := 1; i < min(len(text), maxJoint); i++ {
		switch c := text[i]; c {
		case '"', '\'', '`':
			return i + 1
		case ' ', '\t', '\r', '\n':
		case '+', '.', '&', '~', '\\', '_':
			if operators++; operators > 2 {
				return 0
			}
		default:
			return 0
		}
	}
	return 0
}
