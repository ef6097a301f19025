package audit

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// InventorySchema is the JSON Schema of one record of an inventory.
//
//go:embed inventory.schema.json
var InventorySchema []byte

// maxRecord bounds one record of a file, in bytes: a secret with its hundred
// versions, its policy of 20 kB and its tags stays far below.
const maxRecord = 16 << 20

// Write writes the inventory as JSON lines: the header, then region after region,
// sorted, then the end. The same inventory gives the same bytes.
func (inv *Inventory) Write(w io.Writer) error {
	out := newRecordWriter(w)
	out.put(inv.Header)
	for _, at := range inv.sorted() {
		out.cell(inv, at)
	}
	out.put(End{Type: "end", Records: out.records})
	return out.flush()
}

// A recordWriter writes records as lines. It keeps the first error.
type recordWriter struct {
	w       *bufio.Writer
	line    bytes.Buffer
	records int
	err     error
}

func newRecordWriter(w io.Writer) *recordWriter {
	return &recordWriter{w: bufio.NewWriterSize(w, 1<<16)}
}

func (o *recordWriter) flush() error {
	if o.err == nil {
		o.err = o.w.Flush()
	}
	return o.err
}

func (o *recordWriter) put(v any) {
	if o.err != nil {
		return
	}
	o.line.Reset()
	if o.err = writeLine(&o.line, v); o.err != nil {
		return
	}
	_, o.err = o.w.Write(o.line.Bytes())
	o.records++
}

// record writes a record under its type, and the gaps that it carries after it.
func (o *recordWriter) record(v any) {
	switch r := v.(type) {
	case *Secret:
		if r.Type = "secret"; !r.Vanished {
			o.put(r)
		}
		o.gaps(r.Gaps)
	case *Key:
		r.Type = "key"
		o.put(r)
		o.gaps(r.Gaps)
	case *Function:
		r.Type = "function"
		o.put(r)
		o.gaps(r.Gaps)
	case *Trail:
		r.Type = "trail"
		o.put(r)
		o.gaps(r.Gaps)
	case *Configuration:
		r.Type = "configuration"
		o.put(r)
		o.gaps(r.Gaps)
	case *Activity:
		r.Type = "activity"
		o.put(r)
	case *Identity:
		r.Type = "identity"
		o.put(r)
		o.gaps(r.Gaps)
	case *ManagedPolicy:
		r.Type = "policy"
		o.put(r)
		o.gaps(r.Gaps)
	case *Organization:
		r.Type = "organization"
		o.put(r)
		o.gaps(r.Gaps)
	case *Burst:
		r.Type = "burst"
		o.put(r)
	case *Watch:
		r.Type = "watch"
		o.put(r)
	case *RegionRecord:
		r.Type = "region"
		o.put(r)
	case Gap:
		o.gaps([]Gap{r})
	}
}

// cell writes the records of one region, its own last: a file without that was
// broken off in the region.
func (o *recordWriter) cell(inv *Inventory, at cell) {
	for s, err := range inv.secrets(at) {
		o.err = errors.Join(o.err, err)
		if o.err != nil {
			return
		}
		o.record(s)
	}
	d := inv.cells[at]
	for _, arn := range slices.Sorted(maps.Keys(d.keys)) {
		o.record(d.keys[arn])
	}
	for _, arn := range slices.Sorted(maps.Keys(d.functions)) {
		o.record(d.functions[arn])
	}
	for _, arn := range slices.Sorted(maps.Keys(d.trails)) {
		o.record(d.trails[arn])
	}
	for _, arn := range slices.Sorted(maps.Keys(d.configs)) {
		o.record(d.configs[arn])
	}
	for _, a := range sortActivity(slices.Clone(d.activities)) {
		o.record(a)
	}
	for _, b := range slices.SortedFunc(slices.Values(d.bursts), compareBursts) {
		o.record(b)
	}
	if d.watch != nil {
		o.record(d.watch)
	}
	d.globalData.write(o)
	o.gaps(d.gaps)
	if d.record != nil {
		o.record(d.record)
	}
}

func (o *recordWriter) gaps(list []Gap) {
	list = slices.Clone(list)
	slices.SortFunc(list, compareGaps)
	for _, g := range list {
		g.Type = "gap"
		o.put(g)
	}
}

// ReadInventory reads what Write wrote, or what a person wrote to the same
// schema. The order of the records matters in three ways: the header comes
// first, a gap comes after the resource that it is about, and what stands after
// the end is an error. A file that ends before its end is read as far as it goes
// and is Broken, as is one with fewer or more records than its end counts. Errors
// name the line.
func ReadInventory(r io.Reader) (*Inventory, error) {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, 1<<16), maxRecord)
	var inv *Inventory
	var end *End
	records := 0
	for number := 1; in.Scan(); number++ {
		line := bytes.TrimSpace(in.Bytes())
		if len(line) == 0 {
			continue
		}
		err := errors.New("there is a record after the end")
		if end == nil {
			inv, end, err = readRecord(inv, line)
		}
		if end == nil {
			records++
		}
		if err != nil && !(inv != nil && tornLine(line, in)) {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
	}
	if err := in.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("a record is longer than %d bytes", maxRecord)
	} else if err != nil {
		return nil, err
	}
	if inv == nil {
		return nil, errors.New("it is empty; an inventory begins with a record of the type inventory")
	}
	inv.Broken = end == nil || end.Records != 0 && end.Records != records
	return inv, nil
}

// tornLine reports whether a line that makes no sense is the last one, half
// written when the power went or the program was killed.
func tornLine(line []byte, in *bufio.Scanner) bool {
	return !json.Valid(line) && !in.Scan()
}

// readRecord reads one line into inv, which the header makes.
func readRecord(inv *Inventory, line []byte) (_ *Inventory, end *End, err error) {
	var head struct {
		Type, Account, Region, ARN string
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return inv, nil, fmt.Errorf("no record of an inventory: %w", err)
	}
	if inv == nil {
		var h Header
		if err := decode(line, &h); err != nil || head.Type != "inventory" {
			return nil, nil, errors.Join(errors.New("the first record is not of the type inventory"), err)
		}
		if h.Schema != Schema {
			return nil, nil, fmt.Errorf("the schema is %q, this program reads %q", h.Schema, Schema)
		}
		if !possible(h.Collected) { // it is the clock of every check
			return nil, nil, errors.New("the inventory does not say when it was collected")
		}
		return newInventory(h), nil, nil
	}
	record := newRecord(head.Type)
	if record == nil {
		return inv, nil, fmt.Errorf("there is no type of record %q", head.Type)
	}
	if err := decode(line, record); err != nil {
		return inv, nil, err
	}
	if end, ok := record.(*End); ok {
		return inv, end, nil
	}
	if head.Account == "" || head.Region == "" {
		return inv, nil, fmt.Errorf("a record of the type %s without account or region", head.Type)
	}
	switch head.Type {
	case "secret", "key", "function", "trail", "configuration", "identity", "policy":
		if head.ARN == "" {
			return inv, nil, fmt.Errorf("a record of the type %s without arn", head.Type)
		}
	}
	if kind := head.Type; (kind == "identity" || kind == "policy" || kind == "organization") && head.Region != globalRegion {
		return inv, nil, fmt.Errorf("a record of the type %s in the region %q, and not in %q", kind, head.Region, globalRegion)
	}
	if r, ok := record.(*RegionRecord); ok && r.Status != RegionExamined && r.Status != RegionDisabled && r.Status != RegionNotExamined {
		return inv, nil, fmt.Errorf("there is no status of a region %q", r.Status)
	}
	if g, ok := record.(*Gap); ok {
		return inv, nil, inv.add(cell{head.Account, head.Region}, *g)
	}
	return inv, nil, inv.add(cell{head.Account, head.Region}, record)
}

func newRecord(kind string) any {
	switch kind {
	case "secret":
		return &Secret{}
	case "key":
		return &Key{}
	case "function":
		return &Function{}
	case "trail":
		return &Trail{}
	case "configuration":
		return &Configuration{}
	case "activity":
		return &Activity{}
	case "identity":
		return &Identity{}
	case "policy":
		return &ManagedPolicy{}
	case "organization":
		return &Organization{}
	case "burst":
		return &Burst{}
	case "watch":
		return &Watch{}
	case "gap":
		return &Gap{}
	case "region":
		return &RegionRecord{}
	case "end":
		return &End{}
	}
	return nil
}

// decode refuses fields that the schema does not have: a misspelt one would
// otherwise be a fact that is missing.
func decode(line []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	return d.Decode(v)
}
