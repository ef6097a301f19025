package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// A Saved is a report in json or jsonl that can be read again. It must not change
// meanwhile.
type Saved struct {
	Name string // for messages
	Open func() (SavedFile, error)

	parts bool // the file is that of a Spool
}

// A SavedFile is an open report.
type SavedFile interface {
	io.Reader
	io.ReaderAt
	io.Closer
}

// SavedAs returns the report that a file holds. What can be read only once, such as a
// pipe, is kept in memory.
func SavedAs(name string) (Saved, error) {
	open := func() (SavedFile, error) { return os.Open(name) }
	s := Saved{Name: name, Open: open}
	file, err := os.Open(name)
	if err != nil {
		return s, fmt.Errorf("%s: %w", name, pathless(err))
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || info.IsDir() || info.Mode().IsRegular() {
		return s, err // reading a folder fails with words of its own
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return s, fmt.Errorf("%s: %w", name, pathless(err))
	}
	return SavedText(name, text), nil
}

// SavedText returns a report that is in memory.
func SavedText(name string, text []byte) Saved {
	return Saved{Name: name, Open: func() (SavedFile, error) { return memoryFile{bytes.NewReader(text)}, nil }}
}

type memoryFile struct{ *bytes.Reader }

func (memoryFile) Close() error { return nil }

// Tell tells to what s holds, as Read does.
func (s Saved) Tell(to Handler) error {
	to = &player{to: to}
	return s.read(func(r *record) error { return r.tell(to) })
}

// read hands the records of s to do. An error of the report says which one it is.
func (s Saved) read(do func(*record) error) error {
	file, err := s.Open()
	if err != nil {
		return fmt.Errorf("%s: %w", s.Name, pathless(err))
	}
	defer file.Close()
	all := records(file)
	if s.parts {
		all = partRecords(file)
	}
	for rec, err := range all {
		if err != nil {
			err = unreadable(err)
		} else {
			err = do(rec)
		}
		var broken unreadableError
		if errors.As(err, &broken) {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// A span is where a record stands.
type span struct {
	report         int // its number
	offset, length int64
}

// A shelf reads records of saved reports again.
type shelf struct {
	saved []Saved
	open  map[int]SavedFile
	text  []byte
}

// maxOpen bounds the files that are open at a time.
const maxOpen = 64

var errChanged = errors.New("it changed while it was read")

// decode reads the record at s into v.
func (s *shelf) decode(at span, v any) error {
	file, err := s.file(at.report)
	if err != nil {
		return err
	}
	if int64(cap(s.text)) < at.length {
		s.text = make([]byte, at.length+at.length/4)
	}
	text := s.text[:at.length]
	_, err = file.ReadAt(text, at.offset)
	if err == nil || err == io.EOF {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.saved[at.report].Name, errChanged)
	}
	return nil
}

func (s *shelf) file(n int) (SavedFile, error) {
	if file := s.open[n]; file != nil {
		return file, nil
	}
	if len(s.open) >= maxOpen {
		s.close()
	}
	file, err := s.saved[n].Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.saved[n].Name, pathless(err))
	}
	if s.open == nil {
		s.open = map[int]SavedFile{}
	}
	s.open[n] = file
	return file, nil
}

// close closes what is open; nothing was written that could be lost.
func (s *shelf) close() {
	for _, file := range s.open {
		file.Close()
	}
	clear(s.open)
}
