package archive

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/ulikunitz/xz"
)

// FuzzMembers looks into containers of the kinds that are read here, and not by a
// library, with a byte or more changed. Nothing may panic, go on for ever, or yield
// more than the limits let out.
func FuzzMembers(f *testing.F) {
	two := []file{{"a.txt", lines}, {"b.txt", lines}}
	for _, seed := range [][]byte{
		packXZ(lines, xz.WriterConfig{}), packZip(zipDeflate, two...), packZip(zipStored, two...), pack7z(two...),
		packPDF("one line", "coded"), fixture(f, "tables.db"), fixture(f, "utf16.db"), packTar(two...), packRAR(two...),
	} {
		f.Add(seed)
	}
	limits := Limits{Depth: 1, Bytes: 1 << 20, Ratio: 200, Members: 1000, Time: time.Minute}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, c := range []Content{{At: bytes.NewReader(data), Size: int64(len(data))}, {Reader: bytes.NewReader(data)}} {
			kind := Sniff(data)
			if c.At == nil && !kind.Streams() && kind != Zip {
				continue
			}
			m := meter(limits, len(data))
			members, total := 0, int64(0)
			for member, err := range Members(kind, c, m) {
				if members++; err == nil {
					n, _ := io.Copy(io.Discard, member)
					total += n
				}
			}
			m.Close()
			if m.held != 0 {
				t.Errorf("%d bytes of memory are still held", m.held)
			}
			if members > limits.Members+1 || total > limits.Bytes+int64(len(data))+1<<20 {
				t.Errorf("%d members of %d bytes came out", members, total)
			}
		}
	})
}
