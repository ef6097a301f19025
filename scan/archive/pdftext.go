package archive

import (
	"bytes"
	"encoding/hex"
	"io"
	"iter"
	"strconv"
	"unicode/utf16"
)

// A charCodes is a font's table of characters.
type charCodes struct {
	width int // bytes of a code, 0 for no table
	room  int
	text  map[int]string
}

// maxCodeText is how long what one code stands for may be, in bytes of UTF-16.
const maxCodeText = 32

// parseCodes reads the pairs and ranges of a ToUnicode table, as many as there is
// room for.
func parseCodes(text []byte, room int) charCodes {
	codes := charCodes{width: 1, room: room, text: map[int]string{}}
	var held [][]byte
	for t := (pdfTokens{rest: text}); ; {
		token, kind := t.next()
		switch {
		case kind == tokenEnd:
			return codes
		case kind == tokenString:
			held = append(held, token)
		case string(token) == "beginbfchar" || string(token) == "beginbfrange" || string(token) == "begincodespacerange":
			held = held[:0]
		case string(token) == "endcodespacerange" && len(held) > 0:
			codes.width = max(1, min(len(held[0]), 4))
		case string(token) == "endbfchar":
			for i := 0; i+1 < len(held); i += 2 {
				codes.add(number(held[i]), held[i+1], 0)
			}
		case string(token) == "endbfrange":
			for i := 0; i+2 < len(held); i += 3 {
				first, last := number(held[i]), number(held[i+1])
				for k := first; k <= last && k-first < 256 && len(codes.text) < room; k++ {
					codes.add(k, held[i+2], k-first)
				}
			}
		}
	}
}

// add adds a character, so many behind the one whose UTF-16 it is given.
func (c *charCodes) add(code int, text []byte, behind int) {
	if len(text) == 0 || len(text) > maxCodeText || len(c.text) >= c.room {
		return
	}
	if len(text) == 1 {
		text = []byte{0, text[0]}
	}
	units := make([]uint16, len(text)/2)
	for i := range units {
		units[i] = uint16(text[2*i])<<8 | uint16(text[2*i+1])
	}
	units[len(units)-1] += uint16(behind)
	c.text[code] = string(utf16.Decode(units))
}

func number(b []byte) (n int) {
	for _, c := range b[:min(len(b), 4)] {
		n = n<<8 | int(c)
	}
	return n
}

// decode returns a shown string as text.
func (c *charCodes) decode(dst, shown []byte) []byte {
	if c.width == 0 {
		for _, b := range shown {
			dst = append(dst, string(rune(b))...)
		}
		return dst
	}
	for ; len(shown) >= c.width; shown = shown[c.width:] {
		if s, ok := c.text[number(shown[:c.width])]; ok {
			dst = append(dst, s...)
		} else if c.width == 1 {
			dst = append(dst, string(rune(shown[0]))...)
		}
	}
	return dst
}

// shown returns the text that a stream of instructions shows.
func (d *pdf) shown(instructions []byte) (text []byte) {
	if !bytes.Contains(instructions, []byte("Tf")) && !bytes.Contains(instructions, []byte("Tj")) && !bytes.Contains(instructions, []byte("TJ")) {
		return nil
	}
	var font charCodes
	var last []byte // the name before
	var moves [2]float64
	t := pdfTokens{rest: instructions}
	for len(text) < maxPDFStream {
		token, kind := t.next()
		switch kind {
		case tokenEnd:
			return text
		case tokenName:
			last = token
		case tokenString:
			text = font.decode(text, token)
		case tokenNumber:
			n, _ := strconv.ParseFloat(string(token), 64)
			if t.inArray && n < -200 { // thousandths of the size of the font: a blank
				text = append(text, ' ')
			}
			moves[0], moves[1] = moves[1], n
		case tokenWord:
			switch string(token) {
			case "Tf":
				font = d.font(string(last))
			case "Td", "TD", "Tm":
				if moves[1] == 0 && string(token) != "Tm" {
					text = append(text, ' ')
				} else {
					text = append(text, '\n')
				}
			case "T*", "'", "\"", "ET":
				text = append(text, '\n')
			}
		}
	}
	d.fault = errLongPDFStream
	return text
}

// font returns the table of the font that is called so somewhere in the document.
func (d *pdf) font(name string) charCodes {
	for _, object := range d.fonts[name] {
		if table, ok := d.unicode[object]; ok {
			return d.codes[table]
		}
	}
	return charCodes{}
}

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenWord
	tokenName
	tokenNumber
	tokenString // what it stands for
)

// pdfTokens splits instructions into tokens.
type pdfTokens struct {
	rest    []byte
	inArray bool
}

const pdfDelimiters = "()<>[]{}/% \t\r\n\f\x00"

func (t *pdfTokens) next() (token []byte, kind tokenKind) {
	for len(t.rest) > 0 {
		c := t.rest[0]
		switch {
		case c == '(':
			return t.literal(), tokenString
		case c == '<' && len(t.rest) > 1 && t.rest[1] != '<':
			return t.hex(), tokenString
		case c == '%':
			if i := bytes.IndexAny(t.rest, "\r\n"); i >= 0 {
				t.rest = t.rest[i:]
			} else {
				t.rest = nil
			}
		case c == '/':
			t.rest = t.rest[1:]
			return t.word(), tokenName
		case bytes.IndexByte([]byte(pdfDelimiters), c) >= 0:
			if c == '[' || c == ']' {
				t.inArray = c == '['
			}
			if t.rest = t.rest[1:]; c == '<' && len(t.rest) > 0 {
				t.rest = t.rest[1:]
			}
		default:
			token = t.word()
			if c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' {
				return token, tokenNumber
			}
			return token, tokenWord
		}
	}
	return nil, tokenEnd
}

func (t *pdfTokens) word() []byte {
	i := bytes.IndexAny(t.rest, pdfDelimiters)
	if i < 0 {
		i = len(t.rest)
	}
	token := t.rest[:i]
	t.rest = t.rest[i:]
	return token
}

func (t *pdfTokens) hex() []byte {
	end := bytes.IndexByte(t.rest, '>')
	if end < 0 {
		end = len(t.rest)
	}
	digits := bytes.Join(bytes.Fields(t.rest[1:end]), nil)
	if len(digits)%2 == 1 {
		digits = append(digits, '0')
	}
	t.rest = t.rest[min(end+1, len(t.rest)):]
	out := make([]byte, len(digits)/2)
	n, _ := hex.Decode(out, digits)
	return out[:n]
}

// literal reads a string in brackets.
func (t *pdfTokens) literal() (s []byte) {
	depth := 0
	for i := 0; i < len(t.rest); i++ {
		c := t.rest[i]
		switch {
		case c == '\\' && i+1 < len(t.rest):
			i++
			var more int
			s, more = escaped(s, t.rest[i:])
			i += more
			continue
		case c == '(':
			if depth++; depth == 1 {
				continue
			}
		case c == ')':
			if depth--; depth == 0 {
				t.rest = t.rest[i+1:]
				return s
			}
		}
		s = append(s, c)
	}
	t.rest = nil
	return s
}

// escaped appends what an escape stands for, of which text is what follows the
// backslash, and returns how many bytes it has beyond the first.
func escaped(s, text []byte) ([]byte, int) {
	switch c := text[0]; c {
	case 'n':
		return append(s, '\n'), 0
	case 'r', 't', 'b', 'f':
		return append(s, ' '), 0
	case '\n':
		return s, 0
	case '0', '1', '2', '3', '4', '5', '6', '7':
		n, k := 0, 0
		for k < 3 && k < len(text) && text[k] >= '0' && text[k] <= '7' {
			n, k = n<<3|int(text[k]-'0'), k+1
		}
		return append(s, byte(n)), k - 1
	default:
		return append(s, c), 0
	}
}

// A pieces reads pieces one after the other.
type pieces struct {
	next func() ([]byte, bool)
	stop func()
	rest []byte
}

func newPieces(all iter.Seq[[]byte]) *pieces {
	next, stop := iter.Pull(all)
	return &pieces{next: next, stop: stop}
}

func (p *pieces) Read(b []byte) (int, error) {
	for len(p.rest) == 0 {
		piece, ok := p.next()
		if !ok {
			return 0, io.EOF
		}
		p.rest = piece
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}
