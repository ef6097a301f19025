package report

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"regexp"
	"sync"
)

var (
	errForeign   = errors.New("a record of no known type, or not in the order in which assay writes")
	errSecond    = errors.New("something follows the summary; assay report takes several reports as several files")
	errNoSummary = errors.New("not a whole report: it has no summary")
)

// A record is one piece of a saved report.
type record struct {
	kind    string // "run", "finding", "verdict", "notice", "summary"; "notices" and "verdicts" for what was left out
	text    []byte // its JSON, valid until the next record
	offset  int64  // of text in the report
	leftOut int    // of notices and verdicts
}

// records yields what a report in json or jsonl holds, one after the other, and
// ends with an error if it is none or has no end. The first record is the run and
// the last the summary.
func records(r io.Reader) iter.Seq2[*record, error] {
	return func(yield func(*record, error) bool) {
		in := bufio.NewReaderSize(r, 64<<10)
		p := &recordReader{json: json.NewDecoder(in), yield: yield}
		start, _ := in.Peek(512) // an error is met again
		var err error
		if documentStart().Match(start) {
			err = p.document()
		} else {
			err = p.lines()
		}
		if err == nil && !p.done {
			err = p.ending()
		}
		if err != nil && !p.done {
			yield(nil, err)
		}
	}
}

// partRecords yields what the file of a Spool holds.
func partRecords(r io.Reader) iter.Seq2[*record, error] {
	return func(yield func(*record, error) bool) {
		p := &recordReader{json: json.NewDecoder(bufio.NewReaderSize(r, 64<<10)), yield: yield, began: true, parts: true}
		if err := p.lines(); err != nil && !p.done && err != errNoSummary {
			yield(nil, err)
		}
	}
}

// documentStart is how the format json begins. The other one has a type first.
var documentStart = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\s*\{\s*"run"\s*:`) })

// A recordReader reads a report.
type recordReader struct {
	json  *json.Decoder
	yield func(*record, error) bool
	text  json.RawMessage
	began bool // the run was read
	ended bool // the summary was read
	done  bool // nobody wants more
	parts bool // it is the file of a Spool
}

// next reads a value and hands it on. Its kind is asked from it if none is given.
func (p *recordReader) next(kind string) error {
	if err := p.json.Decode(&p.text); err != nil {
		return err
	}
	if kind == "" {
		var typed struct{ Type string }
		if err := json.Unmarshal(p.text, &typed); err != nil {
			return err
		}
		kind = typed.Type
	}
	if p.ended || p.began == (kind == "run") {
		return errForeign
	}
	p.began = true
	rec := &record{kind: kind, text: p.text, offset: p.json.InputOffset() - int64(len(p.text))}
	switch kind {
	case "run", "finding", "verdict", "notice":
	case "parts", "part":
		if !p.parts {
			return errForeign
		}
	case "summary":
		p.ended = true
	case "notices", "verdicts":
		if err := json.Unmarshal(p.text, &rec.leftOut); err != nil {
			return err
		}
	default:
		return errForeign
	}
	p.done = !p.yield(rec, nil)
	return nil
}

// lines reads the format jsonl.
func (p *recordReader) lines() error {
	for !p.done && !p.ended {
		err := p.next("")
		if err == io.EOF {
			return errNoSummary
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// arrays are the members of a document that hold many records.
var arrays = map[string]string{"findings": "finding", "verdicts": "verdict", "notices": "notice"}

// document reads the format json.
func (p *recordReader) document() error {
	if _, err := p.json.Token(); err != nil {
		return err
	}
	for !p.done && p.json.More() {
		name, err := p.json.Token()
		if err != nil {
			return err
		}
		if err := p.member(name); err != nil {
			return err
		}
	}
	if p.done {
		return nil
	}
	_, err := p.json.Token()
	return err
}

func (p *recordReader) member(name json.Token) error {
	switch name {
	case "run", "summary":
		return p.next(name.(string))
	case "notices_left_out":
		return p.next("notices")
	case "verdicts_left_out":
		return p.next("verdicts")
	}
	kind, known := arrays[name.(string)]
	if !known {
		return errForeign
	}
	open, err := p.json.Token()
	if err != nil {
		return err
	}
	if open != json.Delim('[') {
		return errForeign
	}
	for !p.done && p.json.More() {
		if err := p.next(kind); err != nil {
			return err
		}
	}
	if p.done {
		return nil
	}
	_, err = p.json.Token()
	return err
}

// ending checks that the report is whole and nothing follows it.
func (p *recordReader) ending() error {
	if !p.ended {
		return errNoSummary
	}
	if _, err := p.json.Token(); err == nil {
		return errSecond
	} else if err != io.EOF {
		return err
	}
	return nil
}
