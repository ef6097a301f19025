package rules

import (
	"cmp"
	"go/build"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// The designs that the literal filter was chosen from, kept so that the comparison in
// its head comment can be made again:
//
//	go test ./rules -run xxx -bench Designs
//	GOEXPERIMENT=simd go test ./rules -run xxx -bench Designs    with Teddy in vectors
//
// Each of them is complete: it finds what literals.find finds. ASSAY_BENCH_TREES, a list
// of folders as PATH is one, adds texts to be compared on.

// A design finds the literals of l.
type design struct {
	name string
	make func(l *literals) func(dst []hit, data []byte) []hit
}

func designs() []design {
	return append(vectorDesigns(),
		design{"automaton", newAutomaton},
		design{"every-second", newStrided},
		design{"teddy-go", newTeddy},
		design{"table-go", func(l *literals) func([]hit, []byte) []hit { return l.findGo }},
		design{"table", func(l *literals) func([]hit, []byte) []hit { return l.find }},
	)
}

// findGo is find without vectors.
func (l *literals) findGo(dst []hit, data []byte) []hit {
	var places [chunk]uint8
	return l.sifted(dst, data, func(text []byte) []uint8 { return places[:l.siftGo(places[:], text)] })
}

// sifted is find with another first sieve, which lists the offsets of a text at which
// literals may be filed.
func (l *literals) sifted(dst []hit, data []byte, sieve func(text []byte) []uint8) []hit {
	if len(data) < minLiteral {
		return dst
	}
	for i := 0; i+overlap < len(data); i += chunk {
		dst = l.look(dst, data, i, sieve(data[i:min(i+chunk+overlap, len(data))]))
	}
	last := len(data) - overlap
	v := threeBytes(data[last:])
	return l.bucket(dst, data, last, uint64(v)<<32, l.shortHeads[shortBucket(v)])
}

// An automaton is a machine of all literals (Aho and Corasick), with one state for each
// of their beginnings and one step for each byte.
type automaton struct {
	class  [256]uint8 // bytes that no literal tells apart, such as the cases of a letter
	next   [][]int32  // by state and class
	suffix []int32    // the longest other state that is the end of what led here
	ends   [][]int    // entries that end in a state
	final  []bool     // whether an entry ends here or in a suffix
	*literals
}

func newAutomaton(l *literals) func([]hit, []byte) []hit {
	m := &automaton{literals: l}
	classes := 1
	for _, e := range l.entries {
		for _, c := range []byte(e.text) {
			if m.class[c] == 0 {
				m.class[c] = uint8(classes)
				classes++
			}
		}
	}
	for c := range m.class {
		m.class[c] = m.class[lower(byte(c))]
	}
	m.state(classes)
	for i, e := range l.entries {
		at := int32(0)
		for _, c := range []byte(e.text) {
			next := &m.next[at][m.class[c]]
			if *next == 0 {
				*next = m.state(classes)
			}
			at = m.next[at][m.class[c]]
		}
		m.ends[at] = append(m.ends[at], i)
	}
	m.link()
	return m.find
}

func (m *automaton) state(classes int) int32 {
	m.next, m.suffix = append(m.next, make([]int32, classes)), append(m.suffix, 0)
	m.ends, m.final = append(m.ends, nil), append(m.final, false)
	return int32(len(m.next) - 1)
}

// link completes the steps of all states, in the order of their depth.
func (m *automaton) link() {
	queue := []int32{0}
	for n := 0; n < len(queue); n++ {
		s := queue[n]
		m.final[s] = len(m.ends[s]) > 0 || m.final[m.suffix[s]]
		for c, t := range m.next[s] {
			back := int32(0)
			if s != 0 {
				back = m.next[m.suffix[s]][c]
			}
			if t == 0 {
				m.next[s][c] = back
				continue
			}
			m.suffix[t] = back
			queue = append(queue, t)
		}
	}
}

func (m *automaton) find(dst []hit, data []byte) []hit {
	s := int32(0)
	for i, c := range data {
		if s = m.next[s][m.class[c]]; !m.final[s] {
			continue
		}
		for t := s; t != 0; t = m.suffix[t] {
			for _, n := range m.ends[t] {
				if e := &m.entries[n]; e.equal(data[i+1-len(e.text) : i+1]) {
					dst = append(dst, hit{i + 1 - len(e.text), i + 1, n})
				}
			}
		}
	}
	return dst
}

// fold3 is fold for three bytes.
const fold3 = fold & 0xffffff

// A strided filter looks at three folded bytes at every second offset only: each literal
// is filed twice. Literals of three bytes need the offsets between as well.
type strided struct {
	*literals
	grams [1 << longBits / 64]uint64
	filed map[uint32][]filedEntry // by three folded bytes
}

type filedEntry struct{ entry, offset int }

func newStrided(l *literals) func([]hit, []byte) []hit {
	s := &strided{literals: l, filed: map[uint32][]filedEntry{}}
	for i, e := range l.entries {
		if len(e.text) == minLiteral {
			continue
		}
		at := int(l.probes[i].offset)
		for _, offset := range []int{at, at + 1} {
			v := threeBytes(e.text[offset:]) | fold3
			s.filed[v] = append(s.filed[v], filedEntry{i, offset})
			h := hashLong(v)
			s.grams[h/64] |= 1 << (h % 64)
		}
	}
	return s.find
}

func (s *strided) find(dst []hit, data []byte) []hit {
	for i := 0; i+minLiteral <= len(data); i++ {
		v := threeBytes(data[i:])
		if h := hashShort(v); s.short[h/64]>>(h%64)&1 != 0 {
			dst = s.bucket(dst, data, i, uint64(v)<<32, s.shortHeads[shortBucket(v)])
		}
		if h := hashLong(v | fold3); i%2 == 0 && s.grams[h/64]>>(h%64)&1 != 0 {
			dst = s.compare(dst, data, i, s.filed[v|fold3])
		}
	}
	return dst
}

func (s *strided) compare(dst []hit, data []byte, i int, filed []filedEntry) []hit {
	for _, f := range filed {
		e, start := &s.entries[f.entry], i-f.offset
		if start >= 0 && start+len(e.text) <= len(data) && e.equal(data[start:start+len(e.text)]) {
			dst = append(dst, hit{start, start + len(e.text), f.entry})
		}
	}
	return dst
}

// Teddy asks, for each of four bytes on their own, in which of eight groups of literals
// they may stand there. In vectors it asks by halves of a byte, which lets more pass.
type teddy struct {
	*literals
	masks [4][256]uint8
}

func newTeddy(l *literals) func([]hit, []byte) []hit {
	t := teddyOf(l)
	var places [chunk]uint8
	return func(dst []hit, data []byte) []hit {
		return l.sifted(dst, data, func(text []byte) []uint8 {
			n := 0
			for i := range len(text) - overlap {
				places[n] = uint8(i)
				if t.masks[0][text[i]]&t.masks[1][text[i+1]]&t.masks[2][text[i+2]]&t.masks[3][text[i+3]] != 0 {
					n++
				}
			}
			return places[:n]
		})
	}
}

// teddyOf groups literals whose first bytes, of those that they are filed under, are
// alike.
func teddyOf(l *literals) *teddy {
	t := &teddy{literals: l}
	var all []string
	for i, e := range l.entries {
		if len(e.text) == minLiteral {
			all = append(all, e.text)
		} else {
			all = append(all, e.text[l.probes[i].offset:][:4])
		}
	}
	slices.SortFunc(all, cmp.Compare)
	for i, text := range all {
		group := uint8(1) << (i * 8 / len(all))
		for k := range t.masks {
			for c := range 256 {
				if k >= len(text) || lower(byte(c)) == text[k] {
					t.masks[k][c] |= group
				}
			}
		}
	}
	return t
}

func sortFound(all []hit) []hit {
	slices.SortFunc(all, func(a, b hit) int { return cmp.Or(a.start-b.start, a.end-b.end, a.entry-b.entry) })
	return all
}

func compareDesigns(t interface{ Fatalf(string, ...any) }, l *literals, data []byte) {
	want := sortFound(l.find(nil, data))
	for _, d := range designs() {
		if diff := gocmp.Diff(want, sortFound(d.make(l)(nil, data)), gocmp.AllowUnexported(hit{})); diff != "" {
			t.Fatalf("%s in %q:\n%s", d.name, data, diff)
		}
	}
}

func TestDesigns(t *testing.T) {
	l, all := &compileBuiltin(t).literals, builtinLiterals(t)
	random := rand.New(rand.NewPCG(9, 10))
	for _, n := range []int{0, 2, 3, 4, 40, chunk, chunk + overlap, 3000} {
		compareDesigns(t, l, literalText(random, all, n))
	}
}

func FuzzDesigns(f *testing.F) {
	f.Add([]byte("xKEYx ghp_ keyx"), "key", "ghp_", "word", true)
	f.Add([]byte("aaaaAAAA"), "aaa", "aaaa", "aAaAa", false)
	f.Fuzz(func(t *testing.T, data []byte, a, b, c string, exact bool) {
		if !longEnough(a) || !longEnough(b) || !longEnough(c) {
			t.Skip()
		}
		compareDesigns(t, fileAll([]testLiteral{{a, exact, 0}, {b, !exact, 1}, {c, exact, 2}, {a, !exact, 3}}), data)
	})
}

func BenchmarkDesigns(b *testing.B) {
	l := &compileBuiltin(b).literals
	for _, root := range append([]string{""}, filepath.SplitList(os.Getenv("ASSAY_BENCH_TREES"))...) {
		data, name := benchmarkText(b, root)
		for _, d := range designs() {
			b.Run(name+"/"+d.name, func(b *testing.B) {
				find, hits := d.make(l), make([]hit, 0, len(data)/10)
				b.SetBytes(int64(len(data)))
				for b.Loop() {
					hits = find(hits[:0], data)
				}
				b.ReportMetric(1000*float64(len(hits))/float64(len(data)), "hits/1000")
			})
		}
	}
}

// benchmarkText returns 8 MiB of a tree, of the source of Go for none.
func benchmarkText(b *testing.B, root string) (data []byte, name string) {
	if root == "" {
		return readTree(b, filepath.Join(build.Default.GOROOT, "src"), ".go", 8<<20), "go"
	}
	return readTree(b, root, "", 8<<20), filepath.Base(root)
}
