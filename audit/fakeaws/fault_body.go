package fakeaws

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// damage is the strike of a fault that spoils the text of a successful
// answer, in any protocol. The length that is announced is that of what is
// sent.
func damage(spoil func(body []byte) []byte) func(*hit) bool {
	return func(h *hit) bool {
		a := h.ask()
		if a.whole() {
			a.body = spoil(a.body)
		}
		a.send(h.w)
		return true
	}
}

func half(body []byte) []byte { return body[:len(body)/2] }

// unbalance ends every answer with a bracket that nothing opened, and breaks
// its first member.
func unbalance(body []byte) []byte {
	body = bytes.Replace(body, []byte(`":`), []byte(`";`), 1)
	body = bytes.Replace(body, []byte("</"), []byte("<\\"), 1)
	return append(body, '}')
}

func instead(text string) func([]byte) []byte {
	return func([]byte) []byte { return []byte(text) }
}

// breakOff announces the whole length, sends half and closes the connection.
func breakOff(h *hit) bool {
	a := h.ask()
	h.start(a, len(a.body)/2)
	panic(http.ErrAbortHandler)
}

// start announces the whole answer and sends its first n bytes at once.
func (h *hit) start(a *answer, n int) {
	a.begin(h.w)
	h.w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	h.w.WriteHeader(a.status)
	h.w.Write(a.body[:n])
	h.flush()
}

// flush sends what has been written so far. A writer that cannot (a
// recorder in a test) holds nothing back that could be sent.
func (h *hit) flush() { _ = http.NewResponseController(h.w).Flush() }

// mislabel gives a right answer a wrong type.
func mislabel(h *hit) bool {
	a := h.ask()
	a.header.Set("Content-Type", "text/html; charset=utf-16")
	a.send(h.w)
	return true
}

// fastPart is how much of an endless answer comes as fast as it is read.
// What follows trickles, so that a caller without a limit of his own runs
// into his deadline rather than his machine into its memory.
const fastPart = 256 << 20

// endless answers with a list that never ends.
func endless(h *hit) bool {
	h.w.Header().Set("Content-Type", contentType(h.r.Service))
	h.w.WriteHeader(http.StatusOK)
	opening, item := `{"`+listings[h.r.Operation]+`":[`, `{},`
	if !speaksJSON(h.r.Service) {
		opening, item = "<"+h.r.Operation+"Response>", "<item></item>"
	}
	if _, err := h.w.Write([]byte(opening)); err != nil {
		return true
	}
	block := []byte(strings.Repeat(item, 32<<10))
	for sent := 0; ; sent += len(block) {
		if sent >= fastPart {
			block = []byte(item)
			if !h.pause(time.Second) {
				return true
			}
		}
		if _, err := h.w.Write(block); err != nil {
			return true
		}
		h.flush()
	}
}

// pause waits, and returns false when the caller or the server gives up.
func (h *hit) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-h.r.HTTP.Context().Done():
		return false
	}
}

// bombSize is what a bomb of zeros unpacks to.
const bombSize = 2 << 30

// zeros answers with bombSize zeros, compressed to two megabytes.
func zeros(h *hit) bool {
	header := h.w.Header()
	header.Set("Content-Type", contentType(h.r.Service))
	header.Set("Content-Encoding", "gzip")
	h.w.WriteHeader(http.StatusOK)
	_ = packZeros(h.w, bombSize/zeroBlock) // the caller has gone, as he should
	return true
}

// packZeros writes a gzip file of so many blocks of zeros.
func packZeros(w io.Writer, blocks int) error {
	first, next := zeroBlocks()
	if _, err := w.Write(append([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"), first...)); err != nil {
		return err
	}
	for range blocks - 1 {
		if _, err := w.Write(next); err != nil {
			return err
		}
	}
	trailer := []byte{0x03, 0x00} // an empty last block
	trailer = binary.LittleEndian.AppendUint32(trailer, zerosSum(blocks))
	_, err := w.Write(binary.LittleEndian.AppendUint32(trailer, uint32(blocks*zeroBlock)))
	return err
}

const zeroBlock = 1 << 20

// zeroBlocks returns zeroBlock compressed zeros, as they stand at the
// beginning and after others like them: from the second on all are equal,
// so the bomb costs no more than its compressed size.
func zeroBlocks() (first, next []byte) {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		panic("fakeaws: " + err.Error()) // the level is a constant
	}
	block := make([]byte, zeroBlock)
	for _, out := range []*[]byte{&first, &next} {
		b.Reset()
		w.Write(block) // into memory: cannot fail
		w.Flush()
		*out = bytes.Clone(b.Bytes())
	}
	return first, next
}

// zerosSum is the checksum of so many blocks of zeros.
func zerosSum(blocks int) uint32 {
	block := make([]byte, zeroBlock)
	sum := uint32(0)
	for range blocks {
		sum = crc32.Update(sum, crc32.IEEETable, block)
	}
	return sum
}
