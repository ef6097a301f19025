package audit

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"

	"github.com/assayhq/assay/report"
)

// An Inventory is what Collect learned, or what ReadInventory read. Its secrets
// are held compressed and read one at a time. It may be added to from several
// goroutines; it is read when all is added.
type Inventory struct {
	Header
	// Broken says that a file does not hold all records that its end counts, or has
	// no end.
	Broken bool
	// Missing names the shards that Merge did not get.
	Missing []string
	// Unfinished says that Collect did not get to everything: it was interrupted,
	// its time was up, or its records could not be kept. Another run can go on.
	Unfinished bool

	mu     sync.Mutex
	cells  map[cell]*cellData
	shared *replicas
	roster *roster // set when all is added, nil if no identities are held
	packer packer
}

// cellData is what an inventory holds of one region of one account.
type cellData struct {
	record     *RegionRecord
	secrets    runs // by ARN: the record, and those of its gaps
	seen       int  // secrets
	keyUsers   map[string]int
	keys       map[string]*Key // by ARN
	functions  map[string]*Function
	trails     map[string]*Trail
	configs    map[string]*Configuration
	activities []*Activity
	bursts     []*Burst
	watch      *Watch
	gaps       []Gap
	globalData
}

func newInventory(h Header) *Inventory {
	h.Type, h.Schema = "inventory", Schema
	return &Inventory{Header: h, cells: map[cell]*cellData{}, shared: newReplicas()}
}

func (inv *Inventory) at(c cell) *cellData {
	d := inv.cells[c]
	if d == nil {
		d = &cellData{
			secrets: runs{packer: &inv.packer}, keyUsers: map[string]int{}, keys: map[string]*Key{}, functions: map[string]*Function{}, trails: map[string]*Trail{},
			configs: map[string]*Configuration{},
		}
		inv.cells[c] = d
	}
	return d
}

// add takes a record: *Secret, *Key, *Function, *Trail, *Configuration, *Activity,
// *Burst, *Watch, Gap or *RegionRecord. A second record of the same resource takes the place of the first.
func (inv *Inventory) add(at cell, record any) error {
	if s, ok := record.(*Secret); ok {
		return inv.addSecret(at, s)
	}
	inv.mu.Lock()
	defer inv.mu.Unlock()
	d := inv.at(at)
	switch r := record.(type) {
	case *Key:
		d.keys[r.ARN] = r
	case *Function:
		d.functions[r.ARN] = r
	case *Trail:
		d.trails[r.ARN] = r
	case *Configuration:
		d.configs[r.ARN] = r
	case *Activity:
		d.activities = append(d.activities, r)
	case *Identity, *ManagedPolicy, *Organization:
		d.globalData.add(r)
	case *Burst:
		d.bursts = append(d.bursts, r)
	case *Watch:
		d.watch = r
	case *RegionRecord:
		d.record = r
		return d.secrets.seal() // most often it is the last of its region
	case Gap:
		return d.addGap(r)
	default:
		return fmt.Errorf("inventory: no record is a %T", record)
	}
	return nil
}

func (inv *Inventory) addSecret(at cell, s *Secret) error {
	text, err := recordLines(s)
	if err != nil {
		return err
	}
	inv.mu.Lock()
	defer inv.mu.Unlock()
	d := inv.at(at)
	d.seen++
	d.keyUsers[keyReference(s.KMSKeyID)]++
	inv.shared.add(s)
	return d.secrets.add([]byte(s.ARN), text)
}

// addGap files a gap with the resource that it is about. In a file it may stand
// anywhere after that.
func (d *cellData) addGap(g Gap) error {
	if c := d.configs[g.Resource]; c != nil && g.Operation.searched() {
		c.Gaps = append(c.Gaps, g)
		return nil
	}
	switch {
	case d.globalData.addGap(g):
	case d.keys[g.Resource] != nil:
		k := d.keys[g.Resource]
		k.Gaps = append(k.Gaps, g)
	case d.functions[g.Resource] != nil:
		f := d.functions[g.Resource]
		f.Gaps = append(f.Gaps, g)
	case d.trails[g.Resource] != nil:
		t := d.trails[g.Resource]
		t.Gaps = append(t.Gaps, g)
	case arnTail(g.Resource) != "":
		line, err := gapLine(g)
		if err != nil {
			return err
		}
		return d.secrets.add([]byte(g.Resource), line)
	default:
		d.gaps = append(d.gaps, g)
	}
	return nil
}

// recordLines is a record and its gaps as they stand in a file.
func recordLines(v any) ([]byte, error) {
	var b bytes.Buffer
	out := recordWriter{w: bufio.NewWriterSize(&b, 4096)}
	out.record(v)
	err := out.flush()
	return b.Bytes(), err
}

func gapLine(g Gap) ([]byte, error) {
	var b bytes.Buffer
	g.Type = "gap"
	err := writeLine(&b, g)
	return b.Bytes(), err
}

// writeLine writes a record as one line. Characters of HTML stay as they are.
func writeLine(b *bytes.Buffer, v any) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("inventory: %w", err)
	}
	return nil
}

// secrets yields the secrets of a region, sorted by ARN.
func (inv *Inventory) secrets(at cell) iter.Seq2[*Secret, error] {
	return func(yield func(*Secret, error) bool) {
		d := inv.cells[at]
		if d == nil {
			return
		}
		var held *Secret
		for e, err := range d.secrets.all() {
			if err != nil {
				yield(nil, err)
				return
			}
			if held != nil && held.ARN != string(e.key) {
				if !yield(held, nil) {
					return
				}
				held = nil
			}
			if held, err = joinSecret(held, e); err != nil {
				yield(nil, err)
				return
			}
		}
		if held != nil {
			yield(held, nil)
		}
	}
}

// joinSecret reads the lines of e. A later record of a secret replaces an
// earlier one with its gaps; gaps without a secret belong to one that vanished.
func joinSecret(held *Secret, e entry) (*Secret, error) {
	for line := range bytes.Lines(e.text) {
		if bytes.HasPrefix(line, []byte(`{"type":"gap"`)) {
			var g Gap
			if err := json.Unmarshal(line, &g); err != nil {
				return nil, fmt.Errorf("inventory: %w", err)
			}
			if held == nil {
				held = &Secret{Account: g.Account, Region: g.Region, ARN: g.Resource, Name: nameOf(g.Resource), Vanished: true}
			}
			held.Gaps = append(held.Gaps, g)
			continue
		}
		held = &Secret{}
		if err := json.Unmarshal(line, held); err != nil {
			return nil, fmt.Errorf("inventory: %w", err)
		}
	}
	return held, nil
}

// nameOf is the name in the ARN of a secret, as far as it can be told.
func nameOf(arn string) string {
	tail := arnTail(arn)
	if name, ok := cutSuffix6(tail); ok {
		return name
	}
	return tail
}

// sorted returns the regions that the inventory speaks of.
func (inv *Inventory) sorted() []cell {
	return slices.SortedFunc(maps.Keys(inv.cells), func(a, b cell) int {
		return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.region, b.region))
	})
}

// region prepares what the checks see of a region.
func (inv *Inventory) region(at cell, settings Settings) *Region {
	d := inv.cells[at]
	r := &Region{
		Now: inv.Collected, Settings: settings, Narrowed: inv.Secret != "", Gaps: d.gaps, elsewhere: inv.shared,
		keys: map[string]*Key{}, functions: d.functions, activities: map[string][]*Activity{}, keyUsers: d.keyUsers,
	}
	if d.record != nil {
		r.RegionRecord = *d.record
	} else { // the file was broken off
		r.RegionRecord = RegionRecord{Account: at.account, Region: at.region, Status: RegionNotExamined}
	}
	for _, arn := range slices.Sorted(maps.Keys(d.keys)) {
		k := d.keys[arn]
		r.Keys = append(r.Keys, k)
		r.keys[arn] = k
		for _, reference := range k.References {
			r.keys[reference] = k
		}
	}
	for _, arn := range slices.Sorted(maps.Keys(d.trails)) {
		r.Trails = append(r.Trails, d.trails[arn])
	}
	for _, arn := range slices.Sorted(maps.Keys(d.configs)) {
		r.Configurations = append(r.Configurations, d.configs[arn])
	}
	for _, a := range d.activities {
		id := activityID(a.SecretID)
		r.activities[id] = append(r.activities[id], a)
	}
	r.roster, r.global = inv.roster, inv.globalOf(at)
	r.Bursts = slices.SortedFunc(slices.Values(d.bursts), compareBursts)
	r.watches = inv.watches(at.account)
	r.Empty = d.seen == 0 && inv.shared.listed[at] && r.asked(ListSecrets)
	r.named = inv.namedIDs(at, r.activities)
	return r
}

// watches returns what watches over the events of an account, by region.
func (inv *Inventory) watches(account string) map[string]*Watch {
	list := map[string]*Watch{}
	for at, d := range inv.cells {
		if at.account == account && d.watch != nil {
			list[at.region] = d.watch
		}
	}
	return list
}

// link lets regions see each other's replicas. It is called when all is added.
func (inv *Inventory) link() error {
	shard, err := report.ParseShard(inv.Shard)
	if err != nil {
		return err
	}
	inv.shared.asked, inv.shared.shard = inv.Regions, shard
	for at, d := range inv.cells {
		complete := !inv.Broken && d.record != nil && d.record.Status == RegionExamined
		for _, g := range d.gaps {
			complete = complete && g.Operation != ListSecrets
		}
		inv.shared.listed[at] = complete
		keys := map[string]*Key{}
		for arn, k := range d.keys {
			keys[arn] = k
			for _, reference := range k.References {
				keys[reference] = k
			}
		}
		inv.shared.keys[at] = keys
	}
	inv.roster = nil
	if inv.Identified() {
		inv.roster = newRoster(inv)
	}
	for at, wanted := range inv.shared.missing() {
		if err := inv.find(at, wanted); err != nil {
			return err
		}
	}
	return nil
}

// find looks for primaries that do not say that they are ones.
func (inv *Inventory) find(at cell, wanted map[string]bool) error {
	for s, err := range inv.secrets(at) {
		if err != nil {
			return err
		}
		if wanted[arnTail(s.ARN)] {
			inv.shared.keep(s)
		}
	}
	return nil
}

// examinedAny reports whether there is a region that is not disabled.
func (inv *Inventory) examinedAny() bool {
	for at, d := range inv.cells {
		if !at.isGlobal() && (d.record == nil || d.record.Status != RegionDisabled) {
			return true
		}
	}
	return false
}

// Searched reports whether the configuration of other services was to be asked for.
func (inv *Inventory) Searched() bool { return inv.wanted(Operation.searched) }

// Detailed reports whether more was to be asked of secrets than which there are, as a
// collection of configuration alone does. One that asked for neither is about secrets.
func (inv *Inventory) Detailed() bool {
	return !inv.Searched() || inv.wanted(func(op Operation) bool {
		row := op.row()
		return row != nil && !row.needed && !row.searched
	})
}

// wanted reports whether an operation was to be asked for which is holds: by the header,
// or, where that says that all were, by what was asked in any region.
func (inv *Inventory) wanted(is func(Operation) bool) bool {
	if len(inv.Operations) > 0 {
		return slices.ContainsFunc(inv.Operations, is)
	}
	for _, d := range inv.cells {
		if d.record != nil && slices.ContainsFunc(d.record.Calls, func(c CallCount) bool { return is(c.Operation) }) {
			return true
		}
	}
	return false
}

// Complete reports whether every region was examined and its secrets were listed
// to their end.
func (inv *Inventory) Complete() bool {
	for _, d := range inv.cells {
		if d.record == nil || d.record.Status == RegionNotExamined || slices.ContainsFunc(d.gaps, func(g Gap) bool { return g.Operation == ListSecrets }) {
			return false
		}
	}
	return !inv.Unfinished && !inv.Broken
}
