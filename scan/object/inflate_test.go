package object

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// deflated compresses data at a level and adds the room that exact needs.
func deflated(t testing.TB, data []byte, level int) (src []byte, end int) {
	t.Helper()
	var buf bytes.Buffer
	w, err := zlib.NewWriterLevel(&buf, level)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(data)
	w.Close()
	end = buf.Len()
	return append(buf.Bytes(), make([]byte, srcPad)...), end
}

func TestInflateRoundTrip(t *testing.T) {
	var z inflater
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		size := rapid.IntRange(0, 1<<17).Draw(t, "size")
		span := rapid.IntRange(1, 256).Draw(t, "alphabet")
		repeat := rapid.IntRange(0, 40).Draw(t, "repeat")
		level := rapid.IntRange(-2, 9).Draw(t, "level")
		data := sample(seed, size, span, repeat)
		var buf bytes.Buffer
		w, _ := zlib.NewWriterLevel(&buf, level)
		w.Write(data)
		w.Close()
		end := buf.Len()
		src := append(buf.Bytes(), make([]byte, srcPad)...)
		dst := make([]byte, size, size+dstPad)
		n, err := z.exact(dst, src, end, checkSum)
		if err != nil || n != end || !bytes.Equal(dst, data) {
			t.Fatalf("exact: %d of %d bytes, %v", n, end, err)
		}
	})
}

// sample makes bytes with runs and repetitions, so that every kind of block
// and match occurs.
func sample(seed uint64, size, span, repeat int) []byte {
	rnd := rand.New(rand.NewPCG(seed, 1))
	data := make([]byte, 0, size+300)
	for len(data) < size {
		if len(data) > 0 && rnd.IntN(41) < repeat {
			d := 1 + rnd.IntN(min(len(data), 1<<rnd.IntN(16)))
			for range 3 + rnd.IntN(290) {
				data = append(data, data[len(data)-d])
			}
			continue
		}
		data = append(data, byte(rnd.IntN(1+rnd.IntN(span))))
	}
	return data[:size]
}

func TestInflateDeclaredSize(t *testing.T) {
	data := sample(1, 5000, 200, 10)
	src, end := deflated(t, data, 6)
	tests := []struct {
		name string
		size int
		want error
	}{
		{"right", 5000, nil},
		{"one less", 4999, errFull},
		{"none", 0, errFull},
		{"one more", 5001, errShort},
		{"many more", 90000, errShort},
	}
	var z inflater
	for _, tt := range tests {
		dst := make([]byte, tt.size, tt.size+dstPad)
		if _, err := z.exact(dst, src, end, checkSum); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
		n, err := z.prefix(dst, src)
		if err != nil || n != min(tt.size, 5000) || !bytes.Equal(dst[:n], data[:n]) {
			t.Errorf("%s: prefix gave %d bytes, %v", tt.name, n, err)
		}
	}
}

func TestInflateTruncated(t *testing.T) {
	data := sample(2, 3000, 200, 10)
	src, end := deflated(t, data, 9)
	var z inflater
	dst := make([]byte, len(data), len(data)+dstPad)
	for cut := range end {
		short := append(append([]byte(nil), src[:cut]...), make([]byte, srcPad)...)
		if _, err := z.exact(dst, short, cut, checkSum); err == nil {
			t.Fatalf("a stream cut from %d to %d bytes was accepted", end, cut)
		}
	}
}

func FuzzInflate(f *testing.F) {
	for level := -2; level <= 9; level++ {
		src, end := deflated(f, sample(uint64(level+9), 700, 90, 12), level)
		f.Add(src[:end], 700)
	}
	var z inflater
	f.Fuzz(func(t *testing.T, in []byte, size int) {
		size = max(0, min(size, 1<<16))
		want, wantErr := readZlib(in, size)
		dst := make([]byte, size, size+dstPad)
		src := append(append([]byte(nil), in...), make([]byte, srcPad)...)
		_, err := z.exact(dst, src, len(in), checkSum)
		if wantErr == nil && len(want) == size {
			if err != nil || !bytes.Equal(dst, want) {
				t.Fatalf("got %v where compress/zlib reads %d bytes", err, size)
			}
		} else if err == nil {
			t.Fatalf("accepted; compress/zlib: %d bytes, %v", len(want), wantErr)
		}
	})
}

// readZlib is the reference: at most size+1 bytes.
func readZlib(in []byte, size int) ([]byte, error) {
	r, err := zlib.NewReader(bytes.NewReader(in))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, int64(size)+1))
}

func BenchmarkInflate(b *testing.B) {
	for _, size := range []int{60, 1000, 20000} {
		data := sample(3, size, 100, 10)
		src, end := deflated(b, data, 6)
		dst := make([]byte, size, size+dstPad)
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			var z inflater
			b.SetBytes(int64(size))
			for b.Loop() {
				if _, err := z.exact(dst, src, end, skipSum); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
