package object

import (
	"os"
	"testing"
)

// benchStore opens the repository that ASSAY_BENCH_REPO names.
func benchStore(b *testing.B) *Store {
	b.Helper()
	dir := os.Getenv("ASSAY_BENCH_REPO")
	if dir == "" {
		b.Skip("ASSAY_BENCH_REPO names no Git directory")
	}
	s, err := Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	for _, p := range s.Problems() {
		b.Logf("%s: %v", p.Subject, p.Err)
	}
	return s
}

// BenchmarkOpen opens a store and makes its units.
func BenchmarkOpen(b *testing.B) {
	benchStore(b)
	for b.Loop() {
		s, err := Open(os.Getenv("ASSAY_BENCH_REPO"))
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(s.Units())), "units")
		s.Close()
	}
}

// BenchmarkObjects visits every object of the store.
func BenchmarkObjects(b *testing.B) { benchObjects(b, false) }

// BenchmarkObjectsVerify hashes them, too.
func BenchmarkObjectsVerify(b *testing.B) { benchObjects(b, true) }

func benchObjects(b *testing.B, verify bool) {
	s := benchStore(b)
	units := s.Units()
	r := s.NewReader()
	r.Verify = verify
	b.ReportAllocs()
	for b.Loop() {
		var count, size, fresh int
		for _, u := range units {
			for o, err := range r.Objects(u, anyType) {
				if err != nil {
					b.Fatal(err)
				}
				count++
				size += len(o.Data)
				for _, f := range o.Fresh {
					fresh += f.End - f.Start
				}
			}
		}
		b.ReportMetric(float64(count), "objects")
		b.ReportMetric(float64(size)/1e6, "MB")
		b.ReportMetric(float64(fresh)/1e6, "MBfresh")
	}
}

// BenchmarkInflateEntries decodes the store's entries without applying deltas.
func BenchmarkInflateEntries(b *testing.B) {
	s := benchStore(b)
	s.Units()
	k := s.spare.New().(*scratch)
	type stream struct {
		src       []byte
		end, size int
	}
	var streams []stream
	total, largest := 0, 0
	for _, p := range s.packs {
		for e := range int32(len(p.forest.pos)) {
			off, end := p.forest.extent(e)
			h, err := k.head(p, off, s.HashSize())
			if err != nil {
				b.Fatal(err)
			}
			n := int(end - off)
			src, err := p.content.at(off, n, &k.win)
			if err != nil {
				b.Fatal(err)
			}
			streams = append(streams, stream{src[h.len:], n - h.len, int(h.size)})
			total += int(h.size)
			largest = max(largest, int(h.size))
		}
	}
	dst := slack(largest)
	b.SetBytes(int64(total))
	for b.Loop() {
		for _, st := range streams {
			if _, err := k.exact(dst[:st.size], st.src, st.end, skipSum); err != nil {
				b.Fatal(err)
			}
		}
	}
}
