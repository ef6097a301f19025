package object

import (
	"bytes"
	"encoding/hex"
	"iter"
	"strconv"
	"time"
)

// A Signature says who did something, and when. Parts that are not in their
// place are zero: an odd line costs no more than itself.
type Signature struct {
	Name, Email []byte    // parts of what was parsed
	When        time.Time // in the zone that was written down
}

// A CommitObject is the content of a commit.
type CommitObject struct {
	Tree      ID
	Parents   []ID
	Author    Signature
	Committer Signature
	Encoding  string // of Message; empty means UTF-8
	Message   []byte // a part of the parsed data
}

// A TagObject is the content of an annotated tag.
type TagObject struct {
	Target  ID
	Type    Type // of the target; 0 if it is none that is known
	Name    string
	Tagger  Signature
	Message []byte // a part of the parsed data, with any signature
}

// A TreeEntry is one line of a tree. Mode is in Git's form, for instance
// 0o100644 for a file, 0o40000 for a tree, 0o160000 for a submodule's commit.
type TreeEntry struct {
	Mode uint32
	Name []byte // a part of the parsed data; never empty, may hold any byte but 0
	ID   ID
}

// ParseCommit reads a commit whose ids have hashSize bytes. It fails only if
// there is no tree to be found; parents that are no ids are left out.
func ParseCommit(data []byte, hashSize int) (CommitObject, error) {
	var c CommitObject
	headers(data, func(key, value []byte) {
		switch string(key) {
		case "tree":
			if c.Tree.IsZero() {
				c.Tree, _ = parseHex(value, hashSize)
			}
		case "parent":
			if id, ok := parseHex(value, hashSize); ok {
				c.Parents = append(c.Parents, id)
			}
		case "author":
			c.Author = parseSignature(value)
		case "committer":
			c.Committer = parseSignature(value)
		case "encoding":
			c.Encoding = string(value)
		}
	}, &c.Message)
	if c.Tree.IsZero() {
		return c, damagedf("commit without a tree")
	}
	return c, nil
}

// ParseTag reads an annotated tag whose ids have hashSize bytes. It fails only
// if there is no target to be found.
func ParseTag(data []byte, hashSize int) (TagObject, error) {
	var t TagObject
	headers(data, func(key, value []byte) {
		switch string(key) {
		case "object":
			t.Target, _ = parseHex(value, hashSize)
		case "type":
			t.Type = parseType(value)
		case "tag":
			t.Name = string(value)
		case "tagger":
			t.Tagger = parseSignature(value)
		}
	}, &t.Message)
	if t.Target.IsZero() {
		return t, damagedf("tag without a target")
	}
	return t, nil
}

// headers calls line for each header line of a commit or tag, and sets rest to
// what follows the first empty line.
func headers(data []byte, line func(key, value []byte), rest *[]byte) {
	for len(data) > 0 {
		var l []byte
		l, data, _ = bytes.Cut(data, []byte("\n"))
		if len(l) == 0 {
			*rest = data
			return
		}
		if l[0] == ' ' { // goes on from the line before: a signature as a rule
			continue
		}
		key, value, _ := bytes.Cut(l, []byte(" "))
		line(key, value)
	}
}

// parseHex reads exactly one id.
func parseHex(b []byte, hashSize int) (id ID, ok bool) {
	if len(b) != 2*hashSize || hashSize > len(id.hash) {
		return ID{}, false
	}
	if _, err := hex.Decode(id.hash[:hashSize], b); err != nil {
		return ID{}, false
	}
	id.size = uint8(hashSize)
	return id, true
}

// parseSignature reads "Name <email> 1700000000 +0100".
func parseSignature(b []byte) Signature {
	open := bytes.IndexByte(b, '<')
	end := bytes.LastIndexByte(b, '>')
	if open < 0 || end < open {
		return Signature{Name: bytes.TrimSpace(b)}
	}
	return Signature{
		Name:  bytes.TrimSpace(b[:open]),
		Email: b[open+1 : end],
		When:  parseTime(b[end+1:]),
	}
}

// parseTime reads seconds and a zone; the zero time if there are no seconds.
func parseTime(b []byte) time.Time {
	digits, zone, _ := bytes.Cut(bytes.TrimSpace(b), []byte(" "))
	seconds, err := strconv.ParseInt(string(digits), 10, 64)
	// Beyond these the year has more than four digits, and RFC 3339 no form.
	if err != nil || seconds < -62_135_596_800 || seconds > 253_402_300_799 {
		return time.Time{}
	}
	offset, _ := strconv.Atoi(string(bytes.TrimSpace(zone)))
	if offset == 0 || offset < -2400 || offset > 2400 {
		return time.Unix(seconds, 0).UTC()
	}
	minutes := offset/100*60 + offset%100
	return time.Unix(seconds, 0).In(time.FixedZone("", minutes*60))
}

// ParseTree yields the entries of a tree whose ids have hashSize bytes. An
// error ends it: what follows a damaged entry cannot be told apart.
func ParseTree(data []byte, hashSize int) iter.Seq2[TreeEntry, error] {
	return func(yield func(TreeEntry, error) bool) {
		for rest := data; len(rest) > 0; {
			e, n, err := ParseTreeEntry(rest, hashSize)
			if err != nil {
				yield(TreeEntry{}, damagedf("tree entry at byte %d", len(data)-len(rest)))
				return
			}
			if !yield(e, nil) {
				return
			}
			rest = rest[n:]
		}
	}
}

// ParseTreeEntry reads the entry that a tree, or the rest of one, begins with:
// "100644 name\0" and an id of hashSize bytes. It returns how many bytes it took.
func ParseTreeEntry(b []byte, hashSize int) (e TreeEntry, n int, err error) {
	for ; ; n++ {
		if n == len(b) || n > 11 {
			return TreeEntry{}, 0, errTreeEntry
		}
		c := b[n]
		if c == ' ' {
			break
		}
		if c < '0' || c > '7' {
			return TreeEntry{}, 0, errTreeEntry
		}
		e.Mode = e.Mode<<3 | uint32(c-'0')
	}
	end := bytes.IndexByte(b[n:], 0)
	if end < 2 || len(b)-n-end-1 < hashSize {
		return TreeEntry{}, 0, errTreeEntry
	}
	e.Name = b[n+1 : n+end]
	n += end + 1
	e.ID = idFrom(b[n:], hashSize)
	return e, n + hashSize, nil
}

var errTreeEntry = damagedf("tree entry")
