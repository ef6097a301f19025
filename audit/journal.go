package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
)

// A Journal keeps the records of a collection as they come, so that one that is
// broken off can go on where it stopped. It is used by one collection after
// another, and within one from any number of goroutines.
type Journal struct {
	mu  sync.Mutex
	w   *counter
	err error // of the first write that failed: after half a record none may follow
	// done are the regions of the earlier collection that were collected to their
	// end, kept the complete secrets of the others.
	done map[cell]*cellData
	kept map[journalKey]keptSecret
	old  *Inventory
}

// A keptSecret is where the record of a secret stands in the journal, or the record
// itself where the journal cannot be read.
type keptSecret struct {
	offset int64
	size   int
	text   []byte
}

type journalKey [16]byte

func newJournalKey(at cell, arn string) journalKey {
	sum := sha256.Sum256([]byte(at.account + "\x00" + at.region + "\x00" + arn))
	return journalKey(sum[:])
}

// NewJournal writes records to w, one per call, for a collection with o. old is
// what an earlier journal held, nil for none: of its regions those that are
// complete are taken over, of the others the secrets of which nothing is missing.
// They are written to w first, with a header, so that w alone is enough to go on
// from again. What was asked differently cannot be gone on with.
func NewJournal(w io.Writer, o Options, old *Inventory) (*Journal, error) {
	o = o.orDefaults()
	h := o.header()
	if old != nil {
		if err := h.sameQuestions(old.Header); err != nil {
			return nil, err
		}
		if h.Shard != old.Shard {
			return nil, errors.New("it was begun for another shard")
		}
	}
	j := &Journal{w: &counter{w: w}, old: old, done: map[cell]*cellData{}, kept: map[journalKey]keptSecret{}}
	h.Type, h.Schema = "inventory", Schema
	if err := j.write(h); err != nil || old == nil {
		return j, err
	}
	for _, at := range old.sorted() {
		if err := j.takeOver(at); err != nil {
			return nil, err
		}
	}
	return j, nil
}

// A counter counts the bytes that are written.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// sameQuestions checks that what was asked for old was asked as h says.
func (h Header) sameQuestions(old Header) error {
	sorted := func(list []string) []string { return slices.Compact(slices.Sorted(slices.Values(list))) }
	differs := ""
	switch {
	case h.Secret != old.Secret:
		return fmt.Errorf("it asked about %s, and not about %s", aboutSecret(old.Secret), aboutSecret(h.Secret))
	case h.Organization != old.Organization, !slices.Equal(h.Accounts, old.Accounts):
		differs = "accounts"
	case !slices.Equal(sorted(h.Regions), sorted(old.Regions)):
		differs = "regions"
	case h.Shard != old.Shard && (h.Shard == "" || old.Shard == ""):
		differs = "shards"
	case !slices.Equal(h.Operations, old.Operations):
		differs = "checks"
	case !slices.Equal(h.TagValues, old.TagValues):
		differs = "tags"
	default:
		return nil
	}
	return fmt.Errorf("it was begun for other %s", differs)
}

func aboutSecret(secret string) string {
	if secret == "" {
		return "all secrets"
	}
	return fmt.Sprintf("the secret %q", secret)
}

// takeOver carries one region of the old inventory into the new journal.
func (j *Journal) takeOver(at cell) error {
	ended, err := j.old.ended(at)
	if err != nil {
		return err
	}
	if ended {
		j.done[at] = j.old.cells[at]
		out := newRecordWriter(j.w)
		out.cell(j.old, at)
		return out.flush()
	}
	for s, err := range j.old.secrets(at) {
		if err != nil {
			return err
		}
		if s.Vanished || len(s.Gaps) > 0 {
			continue
		}
		text, err := recordLines(s)
		if err != nil {
			return err
		}
		kept := keptSecret{offset: j.w.n, size: len(text)}
		if _, readable := j.w.w.(io.ReaderAt); !readable {
			kept.text = text
		}
		j.kept[newJournalKey(at, s.ARN)] = kept
		if _, err := j.w.Write(text); err != nil {
			return err
		}
	}
	return nil
}

// ended reports whether everything about a region was asked.
func (inv *Inventory) ended(at cell) (bool, error) {
	d := inv.cells[at]
	if d.record == nil || d.record.Status == RegionNotExamined || stopped(d.gaps) {
		return false, nil
	}
	for _, k := range d.keys {
		if stopped(k.Gaps) {
			return false, nil
		}
	}
	for _, f := range d.functions {
		if stopped(f.Gaps) {
			return false, nil
		}
	}
	for _, t := range d.trails {
		if stopped(t.Gaps) {
			return false, nil
		}
	}
	for _, c := range d.configs {
		if stopped(c.Gaps) {
			return false, nil
		}
	}
	if d.globalData.stopped() {
		return false, nil
	}
	for s, err := range inv.secrets(at) {
		if err != nil || stopped(s.Gaps) {
			return false, err
		}
	}
	return true, nil
}

// stopped reports whether a run ended before it asked something.
func stopped(gaps []Gap) bool {
	return slices.ContainsFunc(gaps, func(g Gap) bool { return g.Reason == Stopped })
}

// region reports whether a region was collected to its end by an earlier run.
func (j *Journal) region(at cell) bool { return j.done[at] != nil }

// secret returns the record of a secret that an earlier run completed, nil if
// there is none.
func (j *Journal) secret(at cell, arn string) *Secret {
	kept, ok := j.kept[newJournalKey(at, arn)]
	if !ok {
		return nil
	}
	text := kept.text
	if file, readable := j.w.w.(io.ReaderAt); text == nil && readable {
		text = make([]byte, kept.size)
		if _, err := file.ReadAt(text, kept.offset); err != nil {
			return nil // then it is asked about anew
		}
	}
	s := &Secret{}
	if err := json.Unmarshal(bytes.TrimSpace(text), s); err != nil { // it was written by us
		return nil
	}
	return s
}

// into hands the regions that are done to inv, and returns a recorder that
// writes what comes before inv has it. The other regions of the earlier run stand
// in inv too: one that is not asked now, because another account is, was not
// examined. An account that refused is asked anew.
func (j *Journal) into(inv *Inventory) recorder {
	if j.old != nil {
		for at := range j.old.cells {
			if at.region != everyRegion {
				inv.at(at)
			}
		}
		maps.Copy(inv.cells, j.done)
		inv.shared.adopt(j.old.shared, j.done)
	}
	return &journalled{j, inv}
}

func (j *Journal) write(v any) error {
	var line bytes.Buffer
	if err := writeLine(&line, v); err != nil {
		return err
	}
	return j.append(line.Bytes())
}

// append writes whole lines, in one call.
func (j *Journal) append(lines []byte) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err == nil {
		if _, err := j.w.Write(lines); err != nil {
			j.err = fmt.Errorf("the inventory cannot be saved: %w", err)
		}
	}
	return j.err
}

// A journalled recorder writes each record before the inventory has it.
type journalled struct {
	journal *Journal
	inv     *Inventory
}

func (r *journalled) record(at cell, v any) error {
	return errors.Join(r.journal.note(v), r.inv.add(at, v))
}

// note writes a record and its gaps in one go, so that a gap follows what it is
// about.
func (j *Journal) note(v any) error {
	lines, err := recordLines(v)
	if err != nil {
		return err
	}
	return j.append(lines)
}
