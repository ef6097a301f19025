package object

import (
	"strings"
	"testing"
	"time"
)

func TestHash(t *testing.T) {
	tests := []struct {
		typ  Type
		data string
		want string
	}{
		{Blob, "", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"},
		{Tree, "", "4b825dc642cb6eb9a060e54bf8d69288fbee4904"},
	}
	for _, tt := range tests {
		if got := Hash(tt.typ, []byte(tt.data)).String(); got != tt.want {
			t.Errorf("%v: got %s, want %s", tt.typ, got, tt.want)
		}
	}
	want := "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813"
	if got := HashSHA256(Blob, nil).String(); got != want {
		t.Errorf("SHA-256: got %s, want %s", got, want)
	}
}

func TestParseID(t *testing.T) {
	for _, bad := range []string{"", "e6", strings.Repeat("0", 39), strings.Repeat("0", 41), strings.Repeat("g", 40), strings.Repeat("0", 128)} {
		if id, err := ParseID(bad); err == nil {
			t.Errorf("%q was read as %v", bad, id)
		}
	}
	for _, good := range []string{strings.Repeat("0f", 20), strings.Repeat("a1", 32)} {
		id, err := ParseID(good)
		if err != nil || id.String() != good || id.IsZero() || id.Size()*2 != len(good) || len(id.Bytes()) != id.Size() {
			t.Errorf("%q: %v, %v", good, id, err)
		}
	}
	if zero, err := ParseID(strings.Repeat("0", 40)); err != nil || !zero.IsZero() {
		t.Errorf("the id of no object: %v, %v", zero, err)
	}
}

func signature(name, email string, when time.Time) Signature {
	return Signature{[]byte(name), []byte(email), when}
}

func TestParseSignature(t *testing.T) {
	at := func(seconds int64, zone int) time.Time {
		return time.Unix(seconds, 0).In(time.FixedZone("", zone))
	}
	tests := []struct {
		line string
		want Signature
	}{
		{"A B <a@b.c> 1700000000 +0130", signature("A B", "a@b.c", at(1700000000, 5400))},
		{"A <a@b.c> 1700000000 -0330", signature("A", "a@b.c", at(1700000000, -12600))},
		{"<> 0 +0000", signature("", "", at(0, 0))},
		{"A <b> <c@d> 5 +0000", signature("A", "b> <c@d", at(5, 0))},
		{"A <a@b.c>", signature("A", "a@b.c", time.Time{})},
		{"A <a@b.c> soon +0000", signature("A", "a@b.c", time.Time{})},
		{"A <a@b.c> 99999999999999999 +0000", signature("A", "a@b.c", time.Time{})},
		{"A <a@b.c> 7 +99999999", signature("A", "a@b.c", at(7, 0))},
		{"no address", signature("no address", "", time.Time{})},
		{"wrong > way < round", signature("wrong > way < round", "", time.Time{})},
		{"", Signature{}},
	}
	for _, tt := range tests {
		got := parseSignature([]byte(tt.line))
		if string(got.Name) != string(tt.want.Name) || string(got.Email) != string(tt.want.Email) || got.When.Format(time.RFC3339) != tt.want.When.Format(time.RFC3339) {
			t.Errorf("%q: got %v, want %v", tt.line, got, tt.want)
		}
	}
}

const someID = "0123456789abcdef0123456789abcdef01234567"

func TestParseCommit(t *testing.T) {
	other := strings.Repeat("ab", 20)
	data := "tree " + someID + "\nparent " + other + "\nparent nonsense\nparent " + someID +
		"\nauthor odd\ncommitter C <c@d> 5 +0000\nencoding latin-1\ngpgsig -----BEGIN\n parent " + other +
		"\n -----END\n\nsubject\n\nbody"
	c, err := ParseCommit([]byte(data), 20)
	if err != nil {
		t.Fatal(err)
	}
	if c.Tree.String() != someID || len(c.Parents) != 2 || c.Parents[0].String() != other || c.Parents[1].String() != someID {
		t.Errorf("tree %v, parents %v", c.Tree, c.Parents)
	}
	if string(c.Author.Name) != "odd" || string(c.Committer.Email) != "c@d" || c.Encoding != "latin-1" || string(c.Message) != "subject\n\nbody" {
		t.Errorf("%+v, message %q", c, c.Message)
	}
	for _, bad := range []string{"", "\n", "tree\n", "tree 12\n\nx", "author A <a> 1 +0000\n\nx", "tree " + strings.Repeat("0a", 32)} {
		if _, err := ParseCommit([]byte(bad), 20); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestParseTag(t *testing.T) {
	data := "object " + someID + "\ntype commit\ntag v1\ntagger T <t@u> 5 +0000\n\nmessage"
	tag, err := ParseTag([]byte(data), 20)
	if err != nil || tag.Target.String() != someID || tag.Type != Commit || tag.Name != "v1" ||
		string(tag.Tagger.Name) != "T" || string(tag.Message) != "message" {
		t.Errorf("%+v, %v", tag, err)
	}
	if _, err := ParseTag([]byte("tag v1\n\nmessage"), 20); err == nil {
		t.Error("a tag without a target was accepted")
	}
}

func TestParseTree(t *testing.T) {
	id := strings.Repeat("\x01", 20)
	good := "100644 a b\n\x00" + id + "40000 dir\x00" + id + "160000 m\x00" + id
	var got []TreeEntry
	for e, err := range ParseTree([]byte(good), 20) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e)
	}
	if len(got) != 3 || string(got[0].Name) != "a b\n" || got[0].Mode != 0o100644 || got[1].Mode != 0o40000 || got[2].ID.Bytes()[0] != 1 {
		t.Errorf("%v", got)
	}
	for _, bad := range []string{"1", "100644", "100644 ", "100644 \x00" + id, "100644 a", "100644 a\x00" + id[1:], "100648 a\x00" + id, "1234567890123 a\x00" + id} {
		entries, errs := 0, 0
		for _, err := range ParseTree([]byte("40000 d\x00"+id+bad), 20) {
			if err != nil {
				errs++
			} else {
				entries++
			}
		}
		if entries != 1 || errs != 1 {
			t.Errorf("%q: %d entries, %d errors", bad, entries, errs)
		}
	}
}
