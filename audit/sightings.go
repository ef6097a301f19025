package audit

import (
	"bufio"
	"bytes"
	"compress/flate"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"sync"
	"time"
)

// Sightings hold events, in whatever order they come, and give them back region by
// region, by time and each once. So what is made of them does not depend on the
// order of files. They are kept compressed, some twenty bytes each, and beyond
// spillAfter in a temporary file. They may be added to by several goroutines.
type sightings struct {
	mu   sync.Mutex
	runs runs
	kept int // bytes of sealed runs in memory
	file *os.File
	size int64
	out  []section // runs in the file
}

// A section is a run in a file.
type section struct{ offset, length int64 }

// spillAfter is how many bytes of compressed events stay in memory: about three
// million events.
const spillAfter = 64 << 20

// addAll takes the events of one file.
func (s *sightings) addAll(list []entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range list {
		before := len(s.runs.sealed)
		if err := s.runs.add(e.key, e.text); err != nil {
			return err
		}
		for _, run := range s.runs.sealed[before:] {
			s.kept += len(run)
		}
	}
	if s.kept > spillAfter {
		return s.spill()
	}
	return nil
}

// spill moves the runs in memory to the file.
func (s *sightings) spill() error {
	if s.file == nil {
		file, err := os.CreateTemp("", "assay-events-*")
		if err != nil {
			return fmt.Errorf("events that do not fit into memory: %w", err)
		}
		s.file = file
		os.Remove(file.Name()) // it goes with the program; where that cannot be, close removes it
	}
	for _, run := range s.runs.sealed {
		if _, err := s.file.WriteAt(run, s.size); err != nil {
			return fmt.Errorf("events that do not fit into memory: %w", err)
		}
		s.out = append(s.out, section{s.size, int64(len(run))})
		s.size += int64(len(run))
	}
	s.runs.sealed, s.kept = nil, 0
	return nil
}

// close gives up the temporary file.
func (s *sightings) close() {
	if s.file != nil {
		s.file.Close()
		os.Remove(s.file.Name())
	}
}

// all yields the events by region, time and id, each once. An event that was
// delivered twice has the same id.
func (s *sightings) all() iter.Seq2[entry, error] {
	return func(yield func(entry, error) bool) {
		if err := s.runs.seal(); err != nil {
			yield(entry{}, err)
			return
		}
		merge, err := s.cursors()
		last := ""
		for err == nil && len(merge) > 0 {
			c := merge[0]
			if key := string(c.key); key != last {
				last = key
				if !yield(c.entry, nil) {
					return
				}
			}
			heap.Pop(&merge)
			err = merge.take(c)
		}
		if err != nil {
			yield(entry{}, err)
		}
	}
}

// cursors opens every run, those in the file with a small buffer each.
func (s *sightings) cursors() (merger, error) {
	var merge merger
	open := func(in io.Reader) error {
		return merge.take(&cursor{order: len(merge), in: bufio.NewReader(flate.NewReader(in))})
	}
	for _, part := range s.out {
		if err := open(bufio.NewReader(io.NewSectionReader(s.file, part.offset, part.length))); err != nil {
			return nil, err
		}
	}
	for _, run := range s.runs.sealed {
		if err := open(bytes.NewReader(run)); err != nil {
			return nil, err
		}
	}
	return merge, nil
}

// A sighting is an event as it is kept: its place in the order is its key.
type sighting struct {
	cell
	event
}

// entry packs a sighting. Texts are parted by their lengths.
func (s *sighting) entry() entry {
	var e entry
	e.key = appendText(appendText(nil, s.account), s.region)
	e.key = binary.BigEndian.AppendUint64(e.key, uint64(s.time.Unix())^signBit) // so that bytes order as times do
	e.key = append(e.key, s.id...)
	flags := byte(0)
	for i, set := range []bool{s.about.Service, s.about.Console} {
		if set {
			flags |= 1 << i
		}
	}
	e.text = append(e.text, flags)
	for _, field := range s.about.texts() {
		e.text = appendText(e.text, *field)
	}
	for _, id := range s.secrets {
		e.text = appendText(e.text, id)
	}
	return e
}

const signBit = 1 << 63

// texts are the fields of an activity that an event has, but for the secret.
func (a *Activity) texts() []*string {
	return []*string{&a.Event, &a.Principal, &a.PrincipalType, &a.Source, &a.UserAgent, &a.Error, &a.Message, &a.Note}
}

func appendText(to []byte, text string) []byte {
	return append(binary.AppendUvarint(to, uint64(len(text))), text...)
}

// unpack reads what entry packed.
func (e entry) unpack() (sighting, error) {
	var s sighting
	key := packed(e.key)
	s.account, s.region = key.text(), key.text()
	if len(key) < 8 || len(e.text) == 0 {
		return s, errPacked
	}
	seconds := int64(binary.BigEndian.Uint64(key[:8]) ^ signBit)
	s.time, s.id = time.Unix(seconds, 0).UTC(), string(key[8:])
	s.about.Service, s.about.Console = e.text[0]&1 != 0, e.text[0]&2 != 0
	rest := packed(e.text[1:])
	for _, field := range s.about.texts() {
		*field = rest.text()
	}
	for len(rest) > 0 {
		s.secrets = append(s.secrets, rest.text())
	}
	return s, nil
}

var errPacked = errors.New("an event cannot be read again")

// packed texts are read one after the other; "" at the end.
type packed []byte

func (p *packed) text() string {
	n, used := binary.Uvarint(*p)
	if used <= 0 || n > uint64(len(*p)-used) {
		*p = nil
		return ""
	}
	text := string((*p)[used : used+int(n)])
	*p = (*p)[used+int(n):]
	return text
}
