package fetch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// A packet is a line of Git's protocol. Its text is valid until the next one is read.
type packet struct {
	kind packetKind
	text []byte
}

type packetKind uint8

const (
	packetData packetKind = iota
	packetFlush
	packetDelim
	packetEnd // of a response, or of the stream
)

// A packetReader reads packets. It holds one, of at most 65,516 bytes, which is all
// that four hexadecimal digits can claim.
type packetReader struct {
	in  io.Reader
	buf [65536]byte
}

var errPacket = errors.New("the server's answer is not what Git's protocol has there")

func (r *packetReader) next() (packet, error) {
	head := r.buf[:4]
	if _, err := io.ReadFull(r.in, head); err != nil {
		if err == io.EOF {
			return packet{kind: packetEnd}, nil
		}
		return packet{}, fmt.Errorf("the server's answer breaks off: %w", err)
	}
	n, err := strconv.ParseUint(string(head), 16, 16)
	switch {
	case err != nil || n == 3 || n > 65520:
		return packet{}, errPacket
	case n < 4:
		return packet{kind: [...]packetKind{packetFlush, packetDelim, packetEnd}[n]}, nil
	}
	text := r.buf[:n-4]
	if _, err := io.ReadFull(r.in, text); err != nil {
		return packet{}, fmt.Errorf("the server's answer breaks off: %w", err)
	}
	if after, refused := bytes.CutPrefix(text, []byte("ERR ")); refused {
		return packet{}, refusal(after)
	}
	return packet{text: text}, nil
}

// line is the text without the end of its line.
func (p packet) line() string { return string(bytes.TrimSuffix(p.text, []byte("\n"))) }

// A refusal is an error in the words of the server, up to 64 KiB of them. They are to be
// masked like any text from outside, and cut after that: half a credential may be one
// that nothing recognizes.
type refusalError string

func (e refusalError) Error() string { return "the server refuses: " + string(e) }

func refusal(text []byte) error {
	return refusalError(bytes.TrimSpace(text))
}

// A pktWriter gathers a request.
type pktWriter struct{ bytes.Buffer }

func (w *pktWriter) line(format string, args ...any) {
	text := fmt.Sprintf(format, args...) + "\n"
	fmt.Fprintf(w, "%04x%s", len(text)+4, text)
}

func (w *pktWriter) flush() { w.WriteString("0000") }

func (w *pktWriter) delim() { w.WriteString("0001") }

// A sideband reads the pack out of the packets that carry it, the first byte of which
// says what they are.
type sideband struct {
	packets *packetReader
	rest    []byte
	done    bool
}

func (s *sideband) Read(p []byte) (int, error) {
	for len(s.rest) == 0 {
		if s.done {
			return 0, io.EOF
		}
		pkt, err := s.packets.next()
		if err != nil {
			return 0, err
		}
		if err := s.take(pkt); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

func (s *sideband) take(pkt packet) error {
	switch {
	case pkt.kind == packetFlush:
		s.done = true
	case pkt.kind != packetData:
		return io.ErrUnexpectedEOF
	case len(pkt.text) == 0:
		return errPacket
	case pkt.text[0] == 1:
		s.rest = pkt.text[1:]
	case pkt.text[0] == 2: // progress, for people
	case pkt.text[0] == 3:
		return refusal(pkt.text[1:])
	default:
		return errPacket
	}
	return nil
}
