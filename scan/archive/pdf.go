package archive

import (
	"bytes"
	"encoding/ascii85"
	"errors"
	"io"
	"regexp"
	"strconv"

	"github.com/klauspost/compress/zlib"
)

// Of a PDF document the text is read that its pages show, as far as that takes no
// more than to unpack streams and to look characters up in the tables that come with
// fonts. See ISO 32000-1, 7.3 to 7.5 and 9.
const (
	maxPDF       = 32 << 20 // bytes of a document
	maxPDFStream = 16 << 20 // bytes of what a stream unpacks to
	maxPDFDict   = 64 << 10 // bytes between an object and its stream
)

// pdfText is the name of the text of a document.
const pdfText = "text"

var (
	errLongPDF       = errors.New("longer than 32 MiB; its text was not examined")
	errLongPDFStream = errors.New("a stream unpacks to more than 16 MiB; the rest of it was not examined")
)

func readPDF(c Content, m *Meter, next yield) {
	if c.Size > maxPDF {
		next(Member{}, errLongPDF)
		return
	}
	if err := m.Hold(maxPDF + 2*maxPDFStream); err != nil {
		next(Member{}, err)
		return
	}
	defer m.Release(maxPDF + 2*maxPDFStream)
	data := make([]byte, c.Size)
	if n, _ := c.At.ReadAt(data, 0); n < len(data) {
		next(Member{}, errTruncated)
		return
	}
	if regexp.MustCompile(`/Encrypt\s+\d+\s+\d+\s+R`).Match(data) {
		next(Member{}, ErrEncrypted)
		return
	}
	doc := newPDF(data, m)
	for o := range doc.objects {
		doc.learn(o)
	}
	text := doc.text()
	defer text.stop()
	if next(Member{Name: pdfText, Reader: &inflated{r: text, meter: m}}, nil) && doc.fault != nil {
		next(Member{Name: pdfText}, doc.fault)
	}
}

// A pdf is a document that is being read.
type pdf struct {
	data    []byte
	meter   *Meter
	unicode map[int]int       // by object of a font: that of its table of characters
	fonts   map[string][]int  // by name: objects that are called so somewhere
	codes   map[int]charCodes // by object
	table   *regexp.Regexp
	named   *regexp.Regexp
	first   *regexp.Regexp
	room    int // for characters of fonts
	fault   error
}

func newPDF(data []byte, m *Meter) *pdf {
	return &pdf{
		data: data, meter: m, unicode: map[int]int{}, fonts: map[string][]int{}, codes: map[int]charCodes{}, room: maxPDFCodes,
		table: regexp.MustCompile(`/ToUnicode\s+(\d+)\s+\d+\s+R`),
		named: regexp.MustCompile(`/([^\s/<>\[\]()]{1,64})\s+(\d+)\s+\d+\s+R`),
		first: regexp.MustCompile(`/First\s+(\d+)`),
	}
}

// A pdfObject is an object of a document, and the packed stream that follows it.
type pdfObject struct {
	number int
	dict   []byte
	stream []byte // nil for none
}

// objects yields the objects as they lie in the document, each byte once. The table
// that says where they are is not needed for that, and may be wrong.
func (d *pdf) objects(yield func(pdfObject) bool) {
	begin := []byte(" obj")
	for rest := d.data; ; {
		i := bytes.Index(rest, begin)
		if i < 0 {
			return
		}
		o := pdfObject{number: objectNumber(rest[:i])}
		rest = rest[i+len(begin):]
		o.dict = rest[:min(len(rest), maxPDFDict)]
		for _, end := range [][]byte{begin, []byte("endobj")} {
			if at := bytes.Index(o.dict, end); at >= 0 {
				o.dict = o.dict[:at]
			}
		}
		if at := bytes.Index(o.dict, []byte("stream")); at >= 0 {
			o.dict = o.dict[:at]
			o.stream, rest, _ = bytes.Cut(rest[at+len("stream"):], []byte("endstream"))
			o.stream = bytes.TrimPrefix(bytes.TrimPrefix(o.stream, []byte("\r")), []byte("\n"))
		}
		if !yield(o) {
			return
		}
	}
}

// objectNumber returns the first of the two numbers that text ends with.
func objectNumber(text []byte) int {
	fields := bytes.Fields(text[max(0, len(text)-24):])
	if len(fields) < 2 {
		return 0
	}
	n, _ := strconv.Atoi(string(fields[len(fields)-2]))
	return n
}

// unpack returns what the stream of an object holds, nil if it is none that text
// or objects could stand in.
func (d *pdf) unpack(o pdfObject) []byte {
	if o.stream == nil || bytes.Contains(o.dict, []byte("/Image")) || bytes.Contains(o.dict, []byte("/FontFile")) || bytes.Contains(o.dict, []byte("/Length1")) {
		return nil
	}
	var r io.Reader = bytes.NewReader(o.stream)
	packed := bytes.Contains(o.dict, []byte("/FlateDecode"))
	if bytes.Contains(o.dict, []byte("/ASCII85Decode")) {
		r = ascii85.NewDecoder(bytes.NewReader(bytes.TrimSuffix(bytes.TrimSpace(o.stream), []byte("~>"))))
	}
	if packed {
		z, err := zlib.NewReader(r)
		if err != nil {
			d.fault = errDamaged
			return nil
		}
		r = z
	}
	text, err := io.ReadAll(io.LimitReader(&inflated{r: r, meter: d.meter}, maxPDFStream+1))
	if err != nil {
		d.fault = plain(err)
	}
	if len(text) > maxPDFStream {
		d.fault, text = errLongPDFStream, text[:maxPDFStream]
	}
	return text
}

// learn takes in what an object says of fonts.
func (d *pdf) learn(o pdfObject) {
	if o.number > 0 {
		d.learnDict(o.number, o.dict)
	}
	if o.stream == nil {
		return
	}
	if bytes.Contains(o.dict, []byte("/ObjStm")) {
		d.learnPacked(o)
		return
	}
	if bytes.Contains(o.dict, []byte("/Length1")) || bytes.Contains(o.dict, []byte("/XRef")) {
		return
	}
	if text := d.unpack(o); bytes.Contains(text, []byte("beginbf")) {
		codes := parseCodes(text, d.room)
		d.codes[o.number], d.room = codes, d.room-len(codes.text)
	}
}

// maxPDFFonts and maxPDFCodes bound what is remembered of fonts and of their
// characters.
const (
	maxPDFFonts = 10_000
	maxPDFCodes = 1 << 18
)

func (d *pdf) learnDict(number int, dict []byte) {
	if m := d.table.FindSubmatch(dict); m != nil && len(d.unicode) < maxPDFFonts {
		d.unicode[number], _ = strconv.Atoi(string(m[1]))
		return
	}
	for _, m := range d.named.FindAllSubmatch(dict, -1) {
		if n, err := strconv.Atoi(string(m[2])); err == nil && len(d.fonts) < maxPDFFonts && len(d.fonts[string(m[1])]) < 64 {
			d.fonts[string(m[1])] = append(d.fonts[string(m[1])], n)
		}
	}
}

// learnPacked takes in the objects that a stream holds: pairs of numbers and offsets,
// then the objects.
func (d *pdf) learnPacked(o pdfObject) {
	text := d.unpack(o)
	m := d.first.FindSubmatch(o.dict)
	if m == nil {
		return
	}
	first, err := strconv.Atoi(string(m[1]))
	if err != nil || first > len(text) {
		return
	}
	list, done := bytes.Fields(text[:first]), 0
	for i := 0; i+1 < len(list); i += 2 {
		number, _ := strconv.Atoi(string(list[i]))
		start, _ := strconv.Atoi(string(list[i+1]))
		end := len(text) - first
		if i+3 < len(list) {
			end, _ = strconv.Atoi(string(list[i+3]))
		}
		if start >= done && start <= end && end <= len(text)-first { // no byte is read twice
			done = end
			d.learnDict(number, text[first+start:first+end])
		}
	}
}

// text reads the text of all pages, in the order of the document's bytes.
func (d *pdf) text() *pieces {
	objects := func(yield func([]byte) bool) {
		for o := range d.objects {
			if o.stream == nil || bytes.Contains(o.dict, []byte("/ObjStm")) || bytes.Contains(o.dict, []byte("/XRef")) || d.codes[o.number].width > 0 {
				continue
			}
			if text := d.shown(d.unpack(o)); len(text) > 0 && !yield(text) {
				return
			}
		}
	}
	return newPieces(objects)
}
