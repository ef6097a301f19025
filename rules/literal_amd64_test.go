package rules

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func needVector(t interface{ Skip(...any) }) {
	if !hasVector() {
		t.Skip("the processor has no AVX2")
	}
}

// compareSieves fails unless both forms of the first sieve let the same places
// through.
func compareSieves(t *testing.T, l *literals, data []byte) {
	var a, b [chunk]uint8
	want := a[:l.siftGo(a[:], data)]
	got := b[:siftAVX2(&l.table, &data[0], len(data)-overlap, &b)]
	if !slices.Equal(want, got) {
		t.Fatalf("in %q:\n%v in vectors,\n%v in Go", data, got, want)
	}
}

func TestSieves(t *testing.T) {
	needVector(t)
	all := builtinLiterals(t)
	builtin, crowded := &compileBuiltin(t).literals, crowdedTable()
	random := rand.New(rand.NewPCG(3, 4))
	for offsets := blockSize; offsets <= chunk; offsets++ {
		for range 8 {
			data := literalText(random, all, offsets+overlap)
			compareSieves(t, builtin, data)
			compareSieves(t, crowded, data)
		}
	}
}

// crowdedTable returns literals in whose table one bit in four is set, so that
// many numbers of places in a block are met.
func crowdedTable() *literals {
	var l literals
	random := rand.New(rand.NewPCG(5, 6))
	for i := range l.table {
		l.table[i] = uint16(random.Uint32() & random.Uint32())
	}
	return &l
}

func FuzzSieves(f *testing.F) {
	needVector(f)
	f.Add([]byte("password = key; token: secret --api-key"))
	l := &compileBuiltin(f).literals
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < blockSize+overlap || len(data) > chunk+overlap {
			t.Skip()
		}
		compareSieves(t, l, data)
	})
}
