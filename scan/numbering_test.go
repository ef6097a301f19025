package scan

import (
	"encoding/binary"
	"testing"

	"github.com/assayhq/assay/scan/object"
)

// A table finds what was filed, and nothing else, also when it has grown.
func TestIDTable(t *testing.T) {
	const filed = 5000
	ids := make([]object.ID, 2*filed)
	for i := range ids {
		ids[i] = object.Hash(object.Blob, binary.LittleEndian.AppendUint32(nil, uint32(i)))
	}
	for _, room := range []int{0, filed / 3, filed} {
		table := newIDTable(room, func(n uint32) object.ID { return ids[n] })
		for n := range filed {
			table.add(ids[n], uint32(n))
			table.add(ids[n/2], uint32(n)) // was filed before, and keeps its number
		}
		for n, id := range ids {
			if got, ok := table.number(id); ok != (n < filed) || ok && got != uint32(n) {
				t.Fatalf("with room for %d: object %d has number %d, %v", room, n, got, ok)
			}
		}
	}
}
