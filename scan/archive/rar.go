package archive

import (
	"io"

	"github.com/nwaples/rardecode/v2"
)

// rarWindow is the largest dictionary of a RAR archive that is unpacked, in bytes:
// twice what the program takes by default.
const rarWindow = 64 << 20

// readRAR reads RAR 1.5 to 5. Members are unpacked one after the other, for those
// of a solid archive need the ones before them.
func readRAR(c Content, m *Meter, next yield) {
	if err := m.Hold(rarWindow); err != nil {
		next(Member{}, err)
		return
	}
	defer m.Release(rarWindow)
	in := m.packed(c.stream())
	r, err := rardecode.NewReader(in, rardecode.MaxDictionarySize(rarWindow))
	if err != nil {
		next(Member{}, plain(err))
		return
	}
	for {
		h, err := r.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			next(Member{}, plain(err))
			return
		}
		one := Member{Name: h.Name, Reader: &inflated{r: faults{r}, meter: m}}
		switch {
		case h.IsDir:
			continue
		case h.Encrypted || h.HeaderEncrypted:
			err = ErrEncrypted
		}
		if !next(one, err) {
			return
		}
	}
}
