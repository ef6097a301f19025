package rules

import (
	stdcmp "cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// An edited text: pieces of the text before, and new ones between them.
type edited struct {
	data   []byte
	copies []Copy
}

func (e *edited) keep(base []byte, from, to int) {
	if from < to {
		e.copies = append(e.copies, Copy{from, len(e.data), to - from})
		e.data = append(e.data, base[from:to]...)
	}
}

// drawEdit draws an edit of base. Most edits are like those of people: a few
// places change. Others take pieces from anywhere, as deltas may.
func drawEdit(t *rapid.T, base []byte, all []Rule) edited {
	var e edited
	at := 0
	for range rapid.IntRange(0, 4).Draw(t, "changes") {
		from := rapid.IntRange(at, len(base)).Draw(t, "keep up to")
		e.keep(base, at, from)
		switch rapid.IntRange(0, 4).Draw(t, "change") {
		case 0: // leave something out
			at = rapid.IntRange(from, min(len(base), from+40)).Draw(t, "drop up to")
		case 1:
			at = from
			e.data = append(e.data, drawText(t, all)...)
		case 2: // a piece from anywhere
			a := rapid.IntRange(0, len(base)).Draw(t, "piece")
			e.keep(base, a, rapid.IntRange(a, len(base)).Draw(t, "end of piece"))
			at = from
		case 3: // a few bytes change
			at = min(len(base), from+rapid.IntRange(0, 3).Draw(t, "bytes"))
			e.data = append(e.data, rapid.SampledFrom([]string{"", "x", "\n", "\"", "=", " ", "\r\n", "password", "-----"}).Draw(t, "bytes in place")...)
		case 4:
			at = rapid.IntRange(0, len(base)).Draw(t, "go on at")
		}
	}
	e.keep(base, at, len(base))
	return e
}

// drawLines draws a text of several lines: with credentials, long, and plain.
func drawLines(t *rapid.T, all []Rule) []byte {
	var text []byte
	for range rapid.IntRange(1, 6).Draw(t, "pieces") {
		piece := drawText(t, all)
		if rapid.IntRange(0, 3).Draw(t, "coat") == 0 {
			piece = rapid.SampledFrom(dressings).Draw(t, "of").put(piece[:min(len(piece), 400)])
		}
		text = append(text, piece...)
		filler := rapid.SampledFrom([]string{"\n", "\r\n", "\nfunc main() {\n\treturn\n}\n", "", strings.Repeat("x ", 200), "\nlogin deploy\n", "\n# curl ", "\n- name: DB_PASSWORD\n", "\n  value: a1b2" + "q7zk9\n", "\n}\n"}).Draw(t, "filler")
		text = append(text, filler...)
	}
	return text
}

// diffReadings compares what two readings have seen.
func diffReadings(a, b *Reading) string {
	opts := slices.Concat(sameMatches, cmp.Options{cmp.AllowUnexported(Reading{}, sighting{}, far{}, alike{}), cmp.Comparer(func(a, b *compiled) bool { return a == b })})
	return cmp.Diff(distinct(a), distinct(b), opts...)
}

// distinct returns a reading without repetitions, in an order that does not depend on
// which literal was tried first: two keywords of one name may bring a candidate twice
// where they are tried apart from each other.
func distinct(r *Reading) *Reading {
	c := &Reading{size: r.size, alike: slices.Clone(r.alike), far: slices.Clone(r.far)}
	found := slices.Clone(r.found)
	slices.SortFunc(found, func(a, b sighting) int { return stdcmp.Or(compareMatches(a.match, b.match), a.hit-b.hit) })
	for _, f := range found {
		if n := len(c.found) - 1; n >= 0 && compareMatches(c.found[n].match, f.match) == 0 {
			c.found[n].far = c.found[n].far && f.far // it is carried over if one of them is
			continue
		}
		c.found = append(c.found, f)
	}
	slices.SortFunc(c.alike, func(a, b alike) int {
		return stdcmp.Or(a.start-b.start, strings.Compare(a.rule.ID, b.rule.ID), compareBools(a.far, b.far), compareBools(a.unmistakable, b.unmistakable))
	})
	slices.SortFunc(c.far, func(a, b far) int { return stdcmp.Or(a.start-b.start, a.end-b.end, a.rule-b.rule) })
	return c
}

func compareMatches(a, b Match) int {
	return stdcmp.Or(
		strings.Compare(a.Rule.ID, b.Rule.ID), a.Start-b.Start, a.End-b.End, stdcmp.Compare(a.form, b.form), stdcmp.Compare(a.class, b.class),
		stdcmp.Compare(a.Confidence, b.Confidence), stdcmp.Compare(a.specificity, b.specificity), slices.Compare(a.coats[:], b.coats[:]),
		compareWraps(a.wrap, b.wrap), a.masked()-b.masked(),
	)
}

func compareWraps(a, b *wrapping) int {
	if a == nil || b == nil {
		return compareBools(a != nil, b != nil)
	}
	return strings.Compare(fmt.Sprintf("%+v", *a), fmt.Sprintf("%+v", *b))
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// What is seen in an edited text does not depend on whether it was read whole or
// as an edit of another, or of an edit of another.
func TestRereadIsRead(t *testing.T) {
	set := compileBuiltin(t)
	all := set.Rules()
	rapid.Check(t, func(t *rapid.T) {
		base := drawLines(t, all)
		last, next, want := new(Reading), new(Reading), new(Reading)
		set.Read(last, base)
		for range rapid.IntRange(1, 4).Draw(t, "edits") {
			e := drawEdit(t, base, all)
			set.Reread(next, last, e.data, e.copies)
			set.Read(want, e.data)
			if diff := diffReadings(want, next); diff != "" {
				t.Fatalf("%q\nas an edit of %q\nby %v:\n%s", e.data, base, e.copies, diff)
			}
			if diff := cmp.Diff(set.Matches(nil, want, e.data), set.Matches(nil, next, e.data), sameMatches...); diff != "" {
				t.Fatalf("%q\nas an edit of %q\nby %v:\n%s", e.data, base, e.copies, diff)
			}
			base = e.data
			last, next = next, last
		}
	})
}

// An edit far away from everything costs no second look: what was seen is carried
// over, and only the lines around the edit are searched.
func TestRereadCarries(t *testing.T) {
	set := compileBuiltin(t)
	r := set.lookup("github-personal-access-token")
	token, err := r.Expand(r.Examples[0], 1)
	if err != nil {
		t.Fatal(err)
	}
	base := []byte(token + "\n" + strings.Repeat("plain text\n", 200))
	before, after := new(Reading), new(Reading)
	set.Read(before, base)
	data := slices.Concat(base, []byte("more\n"))
	blank := slices.Clone(data)
	for k := range len(token) {
		blank[k] = 'x' // Reread must not need to look here
	}
	set.Reread(after, before, blank, []Copy{{0, 0, len(base)}})
	if diff := cmp.Diff(set.Find(nil, data), set.Matches(nil, after, data), sameMatches...); diff != "" {
		t.Error(diff)
	}
}

// What a rule sees on other lines counts: a change there changes what is found.
func TestRereadSeesOtherLines(t *testing.T) {
	set := compileBuiltin(t)
	value := "Tr0ub4dor" + "Zq7x"
	for _, c := range []struct{ name, before, old, new, after string }{
		{"netrc", "machine host\n", "login", "phone", " deploy\n  password qzxk" + "wvgjr\n"},
		{"name above", "- ", "name", "game", ": DB_PASSWORD\n  value: " + value + "\n"},
		{"name below", "- value: " + value + "\n  ", "name", "game", ": DB_PASSWORD\n"},
		{"block", "variable \"db_", "password", "passport", "\" {\n  default = \"" + value + "\"\n}"},
		{"key above", "{\n", `"kty"`, `"hey"`, ": \"oct\",\n\"a\": 1,\n\"k\": \"" + strings.Repeat(value, 3) + "\"\n}"},
		{"key below", "{\n \"k\": \"" + strings.Repeat(value, 3) + "\",\n\n", `"kty"`, `"hey"`, ": \"oct\"\n}"},
		{"statement", "", "ALTER", "WATCH", " USER deploy WITH\n  VALID PASSWORD '" + value + "'"},
		{"command", "", "curl", "spin", " --verbose \\\n  -u user:" + value},
	} {
		text := func(word string) []byte { return []byte(c.before + word + c.after) }
		found, gone := set.Find(nil, text(c.old)), set.Find(nil, text(c.new))
		if len(found) != 1 || len(gone) != 0 {
			t.Errorf("%s: %d found with the word, %d without it", c.name, len(found), len(gone))
		}
		copies := []Copy{{0, 0, len(c.before)}, {len(c.before + c.old), len(c.before + c.new), len(c.after)}}
		for _, way := range []struct{ from, to string }{{c.old, c.new}, {c.new, c.old}} {
			base, r := new(Reading), new(Reading)
			set.Read(base, text(way.from))
			set.Reread(r, base, text(way.to), copies)
			if diff := cmp.Diff(set.Find(nil, text(way.to)), set.Matches(nil, r, text(way.to)), sameMatches...); diff != "" {
				t.Errorf("%s, %s becomes %s:\n%s", c.name, way.from, way.to, diff)
			}
		}
	}
}

// Wherever a mark is moved, near or far, it stands at the first element behind.
func TestMark(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r Reading
		at := 0
		for range rapid.IntRange(0, 30).Draw(t, "elements") {
			at += rapid.SampledFrom([]int{0, 1, 7, step / 2, step, 3 * step}).Draw(t, "apart")
			switch rapid.IntRange(0, 2).Draw(t, "list") {
			case 0:
				r.found = append(r.found, sighting{hit: at})
			case 1:
				r.alike = append(r.alike, alike{start: at})
			case 2:
				r.far = append(r.far, far{start: at})
			}
		}
		var m mark
		for range rapid.IntRange(1, 8).Draw(t, "moves") {
			offset := rapid.IntRange(0, at+2).Draw(t, "offset")
			m.move(&r, offset)
			want := mark{
				offset, slices.IndexFunc(r.found, func(f sighting) bool { return f.hit >= offset }),
				slices.IndexFunc(r.alike, func(a alike) bool { return a.start >= offset }), slices.IndexFunc(r.far, func(f far) bool { return f.start >= offset }),
			}
			for i, n := range []int{len(r.found), len(r.alike), len(r.far)} {
				if p := []*int{&want.found, &want.alike, &want.far}[i]; *p < 0 {
					*p = n
				}
			}
			if m != want {
				t.Fatalf("%+v, want %+v", m, want)
			}
		}
	})
}

func TestWholeLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := []byte(rapid.StringOfN(rapid.SampledFrom([]rune("ab\n\x0b\x8a\u010a")), 0, 40, -1).Draw(t, "data"))
		i := rapid.IntRange(0, len(data)).Draw(t, "i")
		if got, want := wholeLine(data, i), strings.LastIndexByte(string(data[:i]), '\n')+1; got != want {
			t.Fatalf("%q at %d: %d, want %d", data, i, got, want)
		}
	})
}
