package rules

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"go/build"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// readTree returns the files below a folder whose names end in suffix, one after
// the other, and about limit bytes of them at most.
func readTree(b *testing.B, root, suffix string, limit int) []byte {
	b.Helper()
	var all []byte
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, suffix) {
			return err
		}
		if len(all) > limit {
			return fs.SkipAll
		}
		text, err := os.ReadFile(path)
		all = append(all, text...)
		return err
	})
	if err != nil || len(all) == 0 {
		b.Skip("no text to read: ", err)
	}
	return all
}

// The texts are the source of Go, the same with its line breaks and blanks taken
// out, and our rule files, in which nearly every line has a literal.
func BenchmarkLiterals(b *testing.B) {
	source := readTree(b, filepath.Join(build.Default.GOROOT, "src"), ".go", 8<<20)
	for _, text := range []struct {
		name string
		data []byte
	}{
		{"source", source},
		{"minified", bytes.Join(bytes.Fields(source), nil)},
		{"keys", readTree(b, "builtin", ".toml", 8<<20)},
	} {
		for _, size := range []int{len(text.data), 300, 100, 50, 10} {
			name := fmt.Sprintf("%s/%d", text.name, size)
			if size == len(text.data) {
				name = text.name + "/whole"
			}
			b.Run(name, func(b *testing.B) { benchmarkPieces(b, text.data, size) })
		}
	}
}

func benchmarkPieces(b *testing.B, data []byte, size int) {
	l := &compileBuiltin(b).literals
	b.SetBytes(int64(len(data) / size * size))
	hits := make([]hit, 0, len(data)/10)
	for b.Loop() {
		hits = hits[:0]
		for i := 0; i+size <= len(data); i += size {
			hits = l.find(hits, data[i:i+size])
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(data)/size), "ns/text")
	reportSieves(b, l, data, len(hits))
}

// reportSieves reports how many offsets in 1,000 each sieve lets through.
func reportSieves(b *testing.B, l *literals, data []byte, hits int) {
	var table, bitmaps, entries int
	for i := 0; i+4 <= len(data); i++ {
		v := binary.LittleEndian.Uint32(data[i:])
		long, short := hashLong(v|fold), hashShort(v)
		if l.may(v|fold) == 0 {
			continue
		}
		table++
		if (l.long[long/64]>>(long%64)|l.short[short/64]>>(short%64))&1 == 0 {
			continue
		}
		bitmaps++
		for _, head := range []uint16{l.longHeads[long>>(longBits-headBits)], l.shortHeads[short>>(shortBits-headBits)]} {
			for n := head; n != 0; n = l.probes[n-1].next {
				entries++
			}
		}
	}
	for unit, n := range map[string]int{"table/1000": table, "bitmaps/1000": bitmaps, "entries/1000": entries, "hits/1000": hits} {
		b.ReportMetric(1000*float64(n)/float64(len(data)), unit)
	}
}

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		if _, err := Compile(Builtin()); err != nil {
			b.Fatal(err)
		}
	}
}
