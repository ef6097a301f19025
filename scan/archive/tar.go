package archive

import (
	"archive/tar"
	"bytes"
	"io"
	"maps"
	"slices"
	"strings"
)

// readTar reads archives that follow each other, as tar --ignore-zeros does: whoever
// joins two with cat has both. What follows the last one is a member, too.
func readTar(c Content, m *Meter, next yield) {
	in := c.stream()
	for more := true; more; {
		if !oneTar(in, c.At, m, next) {
			return
		}
		in, more = behindTar(in, m, next)
	}
}

// oneTar reads up to the end of one archive. It reports whether that was reached.
func oneTar(in io.Reader, at io.ReaderAt, m *Meter, next yield) bool {
	section, _ := in.(*io.SectionReader)
	t := tar.NewReader(in)
	for {
		h, err := t.Next()
		if err == io.EOF {
			return true
		}
		if err != nil {
			next(Member{}, plain(err)) // where the next one begins is not known
			return false
		}
		name := strings.TrimPrefix(h.Name, "./")
		if text := tarNotes(h); text != "" && !next(Member{Name: name, Reader: strings.NewReader(text)}, nil) {
			return false
		}
		if h.Size == 0 && h.Typeflag != tar.TypeReg && h.Typeflag != tar.TypeDir { // links, whose text was handed out
			if err := m.member(); err != nil {
				next(Member{}, err)
				return false
			}
			continue
		}
		one := Member{Name: name, Reader: m.packed(faults{t})}
		if sparse(h) {
			one.Reader = &inflated{r: one.Reader, meter: m} // holes come out of nothing
		} else if section != nil {
			from, _ := section.Seek(0, io.SeekCurrent)
			if h.Size <= section.Size()-from { // of one that is cut off the end is not there
				one.Lying = io.NewSectionReader(at, from, h.Size)
			}
		}
		if !next(one, nil) {
			return false
		}
	}
}

// tarNotes is what a header says besides the name: where a link leads, comments and
// attributes. Numbers and times are left out.
func tarNotes(h *tar.Header) string {
	const telling = 8 // bytes
	var b strings.Builder
	if h.Linkname != "" {
		b.WriteString(h.Linkname + "\n")
	}
	for _, key := range slices.Sorted(maps.Keys(h.PAXRecords)) {
		value := h.PAXRecords[key]
		switch key {
		case "path", "linkpath", "size", "mtime", "atime", "ctime", "LIBARCHIVE.creationtime":
			continue
		}
		if len(value) >= telling && !strings.HasPrefix(key, "GNU.sparse.") {
			b.WriteString(key + "=" + value + "\n")
		}
	}
	return b.String()
}

// behindTar looks for what follows the end of an archive and its padding: another
// archive, which is returned, or something else, which is handed out.
func behindTar(in io.Reader, m *Meter, next yield) (io.Reader, bool) {
	block := make([]byte, Head)
	for {
		n, err := io.ReadFull(in, block)
		if m.tick(int64(n)) != nil || n == 0 || err != nil && err != io.ErrUnexpectedEOF {
			return nil, false // an error comes again to whoever reads all
		}
		if len(bytes.Trim(block[:n], "\x00")) == 0 {
			continue
		}
		section, again := in.(*io.SectionReader)
		if again {
			section.Seek(-int64(n), io.SeekCurrent)
		} else {
			in = io.MultiReader(bytes.NewReader(slices.Clone(block[:n])), in)
		}
		if n == Head && isTar(block) {
			return in, true
		}
		next(Member{Name: Unnamed, Reader: m.packed(in)}, nil)
		return nil, false
	}
}

// sparse reports whether a file has holes.
func sparse(h *tar.Header) bool {
	if h.Typeflag == tar.TypeGNUSparse {
		return true
	}
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return false
}
