package scan

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math"
	"time"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
	"github.com/assayhq/assay/scan/object"
)

// errState says that bytes are not what a packer wrote.
var errState = errors.New("damaged")

// A packer writes a section of a state file: numbers, and numbers of texts,
// objects and the like, of which each is written once in a table before the rest.
type packer struct {
	body     []byte
	texts    table[string]
	objects  table[objectOf]
	verdicts table[rules.Match]
	commits  table[*report.Commit]
}

// An objectOf is the name of an object and what it is.
type objectOf struct {
	id   object.ID
	kind object.Type
}

// A table numbers what occurs many times.
type table[T comparable] struct {
	number map[T]int
	list   []T
}

func (t *table[T]) of(x T) uint64 {
	n, ok := t.number[x]
	if !ok {
		if t.number == nil {
			t.number = map[T]int{}
		}
		n = len(t.list)
		t.number[x] = n
		t.list = append(t.list, x)
	}
	return uint64(n)
}

func (p *packer) uint(n uint64)        { p.body = binary.AppendUvarint(p.body, n) }
func (p *packer) int(n int)            { p.body = binary.AppendVarint(p.body, int64(n)) }
func (p *packer) raw(b []byte)         { p.body = append(p.body, b...) }
func (p *packer) text(s string)        { p.uint(p.texts.of(s)) }
func (p *packer) object(o objectOf)    { p.uint(p.objects.of(o)) }
func (p *packer) match(m *rules.Match) { p.uint(p.verdicts.of(*m)) }

// commit writes a commit that may be absent, which is number 0.
func (p *packer) commit(c *report.Commit) {
	if c == nil {
		p.uint(0)
		return
	}
	p.uint(p.commits.of(c) + 1)
}

func (p *packer) bool(b bool) {
	if b {
		p.body = append(p.body, 1)
	} else {
		p.body = append(p.body, 0)
	}
}

// packed returns the section: the tables, then what was written.
func (p *packer) packed(set *rules.Set) []byte {
	head := &packer{}
	head.uint(uint64(len(p.commits.list)))
	for _, c := range p.commits.list { // before the texts, for it adds to them
		head.uint(p.texts.of(c.ID))
		head.uint(p.texts.of(c.Author))
		_, zone := c.Date.Zone()
		head.int(int(c.Date.Unix()))
		head.int(zone)
		head.bool(c.Root)
	}
	first := &packer{}
	first.uint(uint64(len(p.texts.list)))
	for _, s := range p.texts.list {
		first.uint(uint64(len(s)))
		first.raw([]byte(s))
	}
	first.raw(head.body)
	first.uint(uint64(len(p.objects.list)))
	for _, o := range p.objects.list {
		first.raw([]byte{byte(o.kind), byte(o.id.Size())})
		first.raw(o.id.Bytes())
	}
	first.uint(uint64(len(p.verdicts.list)))
	for _, m := range p.verdicts.list {
		first.body = set.AppendVerdict(first.body, m)
	}
	return append(first.body, p.body...)
}

// An unpacker reads what a packer wrote. After the first fault, which is kept in
// err, everything is zero. Nothing is allocated for a number of things that the
// rest of the bytes could not hold.
type unpacker struct {
	rest     []byte
	err      error
	texts    []string
	objects  []objectOf
	verdicts []*rules.Match
	commits  []*report.Commit
}

// unpack reads the tables of a section.
func unpack(b []byte, set *rules.Set) *unpacker {
	u := &unpacker{rest: b}
	u.each(func() { u.texts = append(u.texts, string(u.raw(u.size()))) })
	u.each(func() {
		u.commits = append(u.commits, &report.Commit{ID: u.text(), Author: u.text(), Date: u.date(), Root: u.bool()})
	})
	u.each(func() { u.objects = append(u.objects, u.name()) })
	u.each(func() {
		m, rest, err := set.ReadVerdict(u.rest)
		if err != nil {
			u.fail()
			return
		}
		u.rest = rest
		u.verdicts = append(u.verdicts, &m)
	})
	return u
}

// each reads how many things follow, and each of them, which takes a byte at
// least.
func (u *unpacker) each(read func()) {
	for n := u.size(); n > 0 && u.err == nil; n-- {
		read()
	}
}

func (u *unpacker) fail() { u.rest, u.err = nil, errState }

// size reads a number that is no larger than the rest is long.
func (u *unpacker) size() int {
	n := u.uint()
	if n > uint64(len(u.rest)) {
		u.fail()
		return 0
	}
	return int(n)
}

func (u *unpacker) uint() uint64 {
	n, k := binary.Uvarint(u.rest)
	if k <= 0 {
		u.fail()
		return 0
	}
	u.rest = u.rest[k:]
	return n
}

func (u *unpacker) int64() int64 {
	n, k := binary.Varint(u.rest)
	if k <= 0 {
		u.fail()
		return 0
	}
	u.rest = u.rest[k:]
	return n
}

// int reads a number as large as a line or a count can be.
func (u *unpacker) int() int {
	n := u.int64()
	if n < 0 || n > math.MaxInt32 {
		u.fail()
		return 0
	}
	return int(n)
}

func (u *unpacker) raw(n int) []byte {
	if n > len(u.rest) {
		u.fail()
		return nil
	}
	b := u.rest[:n]
	u.rest = u.rest[n:]
	return b
}

func (u *unpacker) sum() (s [sha256.Size]byte) {
	copy(s[:], u.raw(sha256.Size))
	return s
}

func (u *unpacker) bool() bool {
	b := u.raw(1)
	if len(b) == 1 && b[0] > 1 {
		u.fail()
	}
	return len(b) == 1 && b[0] == 1
}

func (u *unpacker) text() string        { return entry(u, u.texts) }
func (u *unpacker) object() objectOf    { return entry(u, u.objects) }
func (u *unpacker) match() *rules.Match { return entry(u, u.verdicts) }

// commit reads a commit, or nil.
func (u *unpacker) commit() *report.Commit {
	n := u.uint()
	if n > uint64(len(u.commits)) {
		u.fail()
	}
	if n == 0 || u.err != nil {
		return nil
	}
	return u.commits[n-1]
}

// entry reads a number and returns what has it in a table.
func entry[T any](u *unpacker, table []T) (x T) {
	n := u.uint()
	if n >= uint64(len(table)) {
		u.fail()
		return x
	}
	return table[n]
}

// date reads a time in its zone.
func (u *unpacker) date() time.Time {
	at, zone := u.int64(), u.int64()
	const day = 24 * 60 * 60
	if zone < -100*day || zone > 100*day {
		u.fail()
		return time.Time{}
	}
	t := time.Unix(at, 0).UTC()
	if zone != 0 {
		t = t.In(time.FixedZone("", int(zone)))
	}
	return t
}

// name reads an object's name and type.
func (u *unpacker) name() objectOf {
	head := u.raw(2)
	if len(head) < 2 {
		return objectOf{}
	}
	id, err := object.FromBytes(u.raw(int(head[1])))
	kind := object.Type(head[0])
	if err != nil || kind < object.Commit || kind > object.Tag {
		u.fail()
		return objectOf{}
	}
	return objectOf{id, kind}
}
