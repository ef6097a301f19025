package rules

import (
	"bytes"
	"compress/bzip2"
	"compress/flate"
	"compress/zlib"
	"encoding/binary"
	"io"
	"strings"
)

const (
	zipHead     = "PK\x03\x04"
	zipHeadSize = 30
	bzip2Head   = "BZh"
	bzip2Block  = "1AY&SY" // six bytes of the number pi
)

// isPacked reports whether content begins as zlib, bzip2 or zip do.
func isPacked(content []byte) bool {
	return isZlib(content) || bytes.HasPrefix(content, []byte(zipHead)) ||
		bytes.HasPrefix(content, []byte(bzip2Head)) && len(content) > 10 && string(content[4:10]) == bzip2Block
}

// isZlib reports whether content begins with one of the four heads that zlib writes.
func isZlib(content []byte) bool {
	if len(content) < 2 || content[0] != 0x78 {
		return false
	}
	switch content[1] {
	case 0x01, 0x5e, 0x9c, 0xda:
		return true
	}
	return false
}

// undoPacked unpacks what it can, within the limits of undoGzip. All of src counts as used.
func undoPacked(dst, src []byte, limit int) ([]byte, int) {
	b := bytes.NewBuffer(dst)
	limit = min(limit, maxGzip, maxRatio*len(src))
	unpack := func(r io.Reader) { limit -= int(count(io.Copy(b, io.LimitReader(r, int64(limit))))) }
	switch {
	case isZlib(src):
		z, err := zlib.NewReader(bytes.NewReader(src))
		if err != nil {
			return dst, 0
		}
		unpack(z)
	case bytes.HasPrefix(src, []byte(bzip2Head)):
		unpack(bzip2.NewReader(bytes.NewReader(src)))
	default:
		for at := 0; at >= 0 && limit > 0; {
			if at = unzip(src, at, unpack); at > 0 {
				unpack(strings.NewReader("\n")) // the end of a member is no part of the next
			}
		}
	}
	return b.Bytes(), len(src)
}

// count is how much was copied; what came before an error counts.
func count(n int64, _ error) int64 { return n }

// unzip unpacks the member of a zip file whose head is at src[at:], if it is deflated,
// and returns where the next one begins, or -1.
func unzip(src []byte, at int, unpack func(io.Reader)) (next int) {
	const deflated = 8
	head := src[at:]
	if len(head) < zipHeadSize {
		return -1
	}
	start := at + zipHeadSize + int(binary.LittleEndian.Uint16(head[26:])) + int(binary.LittleEndian.Uint16(head[28:]))
	if start > len(src) {
		return -1
	}
	if method := binary.LittleEndian.Uint16(head[8:]); method == deflated {
		r := bytes.NewReader(src[start:])
		unpack(flate.NewReader(r))
		start = len(src) - r.Len()
	} else if n := bytes.Index(src[start:], []byte("PK")); method == 0 && n >= 0 {
		unpack(bytes.NewReader(src[start : start+n]))
	}
	n := bytes.Index(src[start:], []byte(zipHead))
	if n < 0 {
		return -1
	}
	return start + n
}
