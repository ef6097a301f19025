package scan

import (
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// Text in UTF-16, as Windows and PowerShell write it, and in UTF-32 is examined as UTF-8:
// its lines and columns are the same.

// wide is how many bytes without a byte order mark tell UTF-16.
const wide = 512

// orderOf returns the byte order of a content in UTF-16, and nil for all else. Without a
// byte order mark most of the first characters must be ASCII; behind the mark there must
// not be text of single bytes, which would be lost.
func orderOf(content []byte) binary.ByteOrder {
	switch {
	case len(content) < 4:
		return nil
	case bytes.Equal(content[2:4], []byte{0, 0}) || bytes.Equal(content[:2], []byte{0, 0}):
		return order32(content)
	case bytes.HasPrefix(content, []byte{0xff, 0xfe}) && !singleBytes(content[2:]):
		return binary.LittleEndian
	case bytes.HasPrefix(content, []byte{0xfe, 0xff}) && !singleBytes(content[2:]):
		return binary.BigEndian
	case content[0] != 0 && content[1] != 0:
		return nil // nearly every other file
	}
	head := content[:min(len(content)&^1, wide)]
	for _, order := range [...]binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		ascii := 0
		for i := 0; i < len(head); i += 2 {
			if u := order.Uint16(head[i:]); ' ' <= u && u < 0x7f || '\t' <= u && u <= '\r' {
				ascii++
			}
		}
		if 10*ascii >= 9*len(head)/2 {
			return order
		}
	}
	return nil
}

// fourBytes is the order of UTF-32.
type fourBytes struct{ binary.ByteOrder }

// order32 returns the byte order of a content in UTF-32, and nil for all else. Of the
// first characters most must be ASCII, the byte order mark aside.
func order32(content []byte) binary.ByteOrder {
	const least = 16 // bytes
	head := content[:min(len(content)&^3, wide)]
	for _, order := range [...]binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		ascii := 0
		for i := 0; i < len(head); i += 4 {
			if u := order.Uint32(head[i:]); ' ' <= u && u < 0x7f || '\t' <= u && u <= '\r' || i == 0 && u == 0xfeff {
				ascii++
			}
		}
		if len(head) >= least && 10*ascii >= 9*len(head)/4 {
			return fourBytes{order}
		}
	}
	return nil
}

// singleBytes reports whether text begins like ASCII. The halves of characters of
// UTF-16 are not all printable, whatever the language.
func singleBytes(text []byte) bool {
	for _, c := range text[:min(len(text), wide)] {
		if (c < ' ' || c >= 0x7f) && (c < '\t' || c > '\r') {
			return false
		}
	}
	return true
}

// appendUTF8 appends text in UTF-16 to dst as UTF-8. What is cut off at the end of
// text is rest.
func appendUTF8(dst, text []byte, order binary.ByteOrder) (all, rest []byte) {
	if _, ok := order.(fourBytes); ok {
		for len(text) >= 4 {
			r := order.Uint32(text)
			dst, text = utf8.AppendRune(dst, rune(min(r, utf8.MaxRune+1))), text[4:]
		}
		return dst, text
	}
	for len(text) >= 2 {
		r, n := rune(order.Uint16(text)), 2
		if utf16.IsSurrogate(r) {
			if len(text) < 4 {
				break
			}
			if pair := utf16.DecodeRune(r, rune(order.Uint16(text[2:]))); pair != utf8.RuneError {
				r, n = pair, 4
			}
		}
		dst, text = utf8.AppendRune(dst, r), text[n:]
	}
	return dst, text
}

// A utf16Reader reads UTF-16 as UTF-8, without a byte order mark.
type utf16Reader struct {
	from  io.Reader
	order binary.ByteOrder
	size  int64 // bytes read from from
	raw   []byte
	kept  int // bytes of raw that are not decoded yet
	text  []byte
	ready []byte // of text
	begun bool
	err   error
}

// newUTF16Reader reads all of a blob.
func newUTF16Reader(b *Blob, order binary.ByteOrder) *utf16Reader {
	var from io.Reader = bytes.NewReader(b.Content)
	if b.Rest != nil {
		from = io.MultiReader(from, b.Rest)
	}
	return &utf16Reader{from: from, order: order, raw: make([]byte, 64<<10)}
}

func (r *utf16Reader) Read(p []byte) (int, error) {
	for len(r.ready) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		n, err := r.from.Read(r.raw[r.kept:])
		r.size, r.err = r.size+int64(n), err
		var rest []byte
		r.text, rest = appendUTF8(r.text[:0], r.raw[:r.kept+n], r.order)
		r.kept = copy(r.raw, rest)
		r.ready = r.text
		if !r.begun && len(r.text) > 0 {
			r.begun, r.ready = true, bytes.TrimPrefix(r.text, byteOrderMark)
		}
	}
	n := copy(p, r.ready)
	r.ready = r.ready[n:]
	return n, nil
}

var byteOrderMark = []byte("\uFEFF")
