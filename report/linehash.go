package report

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"unicode/utf8"
)

// Facts about GitHub's primaryLocationLineHash, which code scanning uses alone
// to tell one alert from another. The action that uploads SARIF computes it
// again and warns about every difference, so it must be exact to the bit.
// Source: github/codeql-action, src/fingerprints.ts.
const (
	hashWindow = 100    // UTF-16 code units from the start of the line, blanks not counted
	hashBase   = 37     // of the polynomial, modulo 2^64
	hashEnd    = 0xffff // stands for the end of the file; zeros follow it
)

// LineHashes returns GitHub's primaryLocationLineHash for each of the wanted
// lines, which count from 1 and may come in any order. LF, CR and CRLF end a
// line. Lines that the text does not have are absent from the result.
//
// It reads r from its start and twice: the hash of a line ends in a number that
// says how many lines up to it share its hash, and counting only the wanted
// hashes, once they are known, keeps memory at a fixed buffer and a few words
// for each wanted line, however large the text. Neither reading goes further
// than the last wanted line needs. A text that changes in between gives wrong
// hashes and no error.
func LineHashes(r io.ReadSeeker, wanted []int) (map[int]string, error) {
	if len(wanted) == 0 {
		return map[int]string{}, nil
	}
	raw := make(map[int]uint64, len(wanted))
	for _, line := range wanted {
		raw[line] = 0
	}
	last := slices.Max(wanted)
	counts := make(map[uint64]int, len(raw))
	err := eachLineHash(r, last, func(line int, hash uint64) {
		if _, ok := raw[line]; ok {
			raw[line] = hash
			counts[hash] = 0
		}
	})
	if err != nil {
		return nil, err
	}
	hashes := make(map[int]string, len(raw))
	err = eachLineHash(r, last, func(line int, hash uint64) {
		if n, ok := counts[hash]; ok {
			counts[hash] = n + 1
		}
		if want, ok := raw[line]; ok && want == hash {
			hashes[line] = fmt.Sprintf("%x:%d", hash, counts[hash])
		}
	})
	return hashes, err
}

// eachLineHash calls found with the hash of each line from the first to last.
func eachLineHash(r io.ReadSeeker, last int, found func(line int, hash uint64)) error {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("hashing lines: %w", err)
	}
	h := newLineHasher(found)
	in := bufio.NewReaderSize(r, 64<<10)
	for h.done < last {
		r, err := nextRune(in)
		if errors.Is(err, io.EOF) {
			h.close()
			return nil
		}
		if err != nil {
			return fmt.Errorf("hashing lines: %w", err)
		}
		h.addRune(r)
		ahead, _ := in.Peek(in.Buffered())
		in.Discard(h.addASCII(ahead))
	}
	return nil
}

// A lineHasher rolls one hash over the text. A line's hash is complete when
// hashWindow units were added from its first one on.
type lineHasher struct {
	found func(line int, hash uint64)
	hash  uint64
	drop  uint64           // hashBase to the power of hashWindow: the weight of the unit that leaves
	units [hashRing]uint64 // unit n is at n modulo hashRing
	n     int              // units added
	// starts holds the unit that each line from done+1 to line begins with, at
	// the line's number modulo hashRing: no more lines than units are open.
	starts    [hashRing]int
	due       int // n at which line done+1 is complete, noLine if it has not begun
	done      int // the last line whose hash was given to found
	line      int // the last line that has begun
	lineStart bool
	afterCR   bool
}

const (
	hashRing = 128 // a power of two that is greater than hashWindow
	noLine   = math.MaxInt
)

func newLineHasher(found func(int, uint64)) *lineHasher {
	h := &lineHasher{found: found, drop: 1, due: noLine, lineStart: true}
	for range hashWindow {
		h.drop *= hashBase
	}
	return h
}

// addASCII adds the bytes of text up to the first that is not ASCII, and returns
// how many it added.
func (h *lineHasher) addASCII(text []byte) int {
	for i := 0; i < len(text); {
		if text[i] >= utf8.RuneSelf {
			return i
		}
		h.add(uint64(text[i]))
		i++
		if !h.lineStart {
			i += h.addPlain(text[i:])
		}
	}
	return len(text)
}

// addPlain does what add would do for the bytes of text up to the first that is
// a blank, a control character or not ASCII, and returns how many there were.
// Nearly all of a text passes here, hence the state in local variables.
func (h *lineHasher) addPlain(text []byte) int {
	hash, n := h.hash, h.n
	text = text[:min(len(text), h.due-n-1)] // short of the next emit
	for i, c := range text {
		if c <= ' ' || c >= utf8.RuneSelf {
			text = text[:i]
			break
		}
		hash = hash*hashBase + uint64(c) - h.drop*h.units[(n-hashWindow)&(hashRing-1)]
		h.units[n&(hashRing-1)] = uint64(c)
		n++
	}
	h.hash, h.n = hash, n
	h.afterCR = h.afterCR && len(text) == 0
	return len(text)
}

// addRune adds a character as the one or two UTF-16 units that it is made of.
func (h *lineHasher) addRune(r rune) {
	if r < 0x10000 {
		h.add(uint64(r))
		return
	}
	r -= 0x10000
	h.add(uint64(0xd800 + r>>10))
	h.add(uint64(0xdc00 + r&0x3ff))
}

// add takes one unit of the text. Blanks leave no trace, except that one
// between CR and LF makes them two line ends.
func (h *lineHasher) add(unit uint64) {
	if unit == ' ' || unit == '\t' || h.afterCR && unit == '\n' {
		h.afterCR = false
		return
	}
	h.afterCR = unit == '\r'
	if h.afterCR {
		unit = '\n'
	}
	if h.lineStart {
		h.line++
		h.starts[h.line%hashRing] = h.n
		if h.line == h.done+1 {
			h.due = h.n + hashWindow
		}
	}
	h.lineStart = unit == '\n'
	h.roll(unit)
}

// roll adds a unit to the hash and takes the one away that leaves the window.
func (h *lineHasher) roll(unit uint64) {
	leaves := h.units[(h.n-hashWindow)&(hashRing-1)] // 0 until the window is full
	h.units[h.n&(hashRing-1)] = unit
	h.hash = h.hash*hashBase + unit - h.drop*leaves
	h.n++
	if h.n == h.due {
		h.emit()
	}
}

// emit gives the hash of the oldest open line and looks for the next one.
func (h *lineHasher) emit() {
	h.done++
	h.found(h.done, h.hash)
	h.due = noLine
	if h.done < h.line {
		h.due = h.starts[(h.done+1)%hashRing] + hashWindow
	}
}

// close ends the text and gives the hashes of the lines that are still open.
func (h *lineHasher) close() {
	h.add(hashEnd)
	for h.done < h.line {
		h.roll(0)
	}
}

// nextRune reads a character. A run of bytes that is no UTF-8 is one U+FFFD for
// each maximal part of a character, as the WHATWG Encoding Standard and with it
// Node.js decode it; Go's own decoder would give one for each byte.
func nextRune(in *bufio.Reader) (rune, error) {
	head, err := in.Peek(utf8.UTFMax)
	if len(head) == 0 {
		return 0, err
	}
	r, size := utf8.DecodeRune(head)
	if r == utf8.RuneError && size == 1 {
		size = brokenLen(head)
	}
	_, err = in.Discard(size)
	return r, err
}

// brokenLen returns the length of the longest beginning of b that also begins
// some UTF-8 character, at least 1. b does not begin with a whole character.
func brokenLen(b []byte) int {
	n := 1
	for n < len(b) && beginsRune(b[:n+1]) {
		n++
	}
	return n
}

// beginsRune reports whether b can be completed to a UTF-8 character. Which
// bytes may follow is decided by the first two alone, so trying the lowest and
// the highest continuation bytes is enough.
func beginsRune(b []byte) bool {
	for _, fill := range []byte{0x80, 0xbf} {
		whole := append(slices.Clone(b), fill, fill, fill)
		if _, size := utf8.DecodeRune(whole); size > 1 && size > len(b) {
			return true
		}
	}
	return false
}
