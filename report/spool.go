package report

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"time"
)

// A Spool keeps in a file what a run found in each of many repositories, until all
// are examined and the run writes its report. Memory holds where parts are, and
// nothing of what they say. Its methods are called from one goroutine at a time.
//
// Parts of runs that were killed can be taken over: each one ends with a record that
// has the hash of its bytes, so that what is whole is told from what broke off.
type Spool struct {
	run    Run
	of     string // what tells runs apart whose parts are not the same
	out    *os.File
	buffer *bufio.Writer
	synced time.Time
	kept   bool // the file outlives a run that breaks
	names  []string
	old    map[string]oldPart // by repository
}

// An oldPart is a part that an earlier run left.
type oldPart struct {
	key            string
	file           string
	offset, length int64
	end            int64 // bytes of its last record
}

// spoolPattern names the files in a folder of parts.
const spoolPattern = "parts-*.jsonl"

// NewSpool makes a Spool. folder is where parts outlive a run that breaks; with ""
// they lie in the folder for temporary files and outlive nothing. of tells apart runs
// whose parts are not the same, because rules, settings or versions differ.
func NewSpool(folder, of string, run Run) (*Spool, error) {
	s := &Spool{run: run, of: of, kept: folder != "", old: map[string]oldPart{}, synced: time.Now()}
	if s.kept {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, fmt.Errorf("folder of parts %s: %w", folder, pathless(err))
		}
		s.readOld(folder)
	}
	var err error
	if s.out, err = os.CreateTemp(folder, spoolPattern); err != nil {
		return nil, fmt.Errorf("cannot keep parts: %w", pathless(err))
	}
	// Where a file without a name can be written to, one that nobody takes over has none:
	// so nothing stays of a run that is killed.
	if s.kept || os.Remove(s.out.Name()) != nil {
		s.names = append(s.names, s.out.Name())
	}
	s.buffer = bufio.NewWriterSize(s.out, 64<<10)
	line, _ := json.Marshal(spoolRecord{"parts", of}) // of texts
	s.buffer.Write(append(line, '\n'))
	return s, nil
}

// A spoolRecord begins a file of parts.
type spoolRecord struct {
	Type string `json:"type"`
	Of   string `json:"of"`
}

// A partRecord ends a part.
type partRecord struct {
	Type       string        `json:"type"`
	Repository string        `json:"repository"`
	Key        string        `json:"key"`
	Sum        string        `json:"sum"` // SHA-256 of the part's lines, of this one without the sum, in hex
	Summary    summaryRecord `json:"summary"`
}

func (r *partRecord) summary() Summary { return r.Summary.summary() }

// readOld finds out which parts earlier runs left. What cannot be read is as if it
// were not there: the repository is examined again.
func (s *Spool) readOld(folder string) {
	entries, _ := os.ReadDir(folder)
	for _, e := range entries {
		if ours, _ := filepath.Match(spoolPattern, e.Name()); !ours { // the pattern is sound
			continue
		}
		name := filepath.Join(folder, e.Name())
		if info, err := os.Lstat(name); err != nil || !info.Mode().IsRegular() {
			continue // a pipe would never be opened, a device never end
		}
		file, err := os.Open(name)
		if err != nil {
			continue
		}
		if s.readOldFile(name, file) {
			s.names = append(s.names, name)
		}
		file.Close()
	}
}

// readOldFile reports false for a file of other parts.
func (s *Spool) readOldFile(name string, file io.Reader) bool {
	in := bufio.NewReaderSize(file, 64<<10)
	first, err := in.ReadSlice('\n') // a longer one is not ours
	var head spoolRecord
	if err != nil || json.Unmarshal(first, &head) != nil || head.Type != "parts" || head.Of != s.of {
		return false
	}
	at := int64(len(first))
	start, sum := at, sha256.New()
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return true
		}
		at += int64(len(line))
		if !bytes.HasPrefix(line, []byte(`{"type":"part",`)) {
			sum.Write(line)
			continue
		}
		var end partRecord
		if json.Unmarshal(line, &end) != nil {
			end.Sum = ""
		}
		sum.Write(bytes.Replace(line, []byte(end.Sum), nil, 1))
		if end.Sum == hexSum(sum) {
			s.old[end.Repository] = oldPart{end.Key, name, start, at - start, int64(len(line))}
		}
		start = at
		sum.Reset()
	}
}

func hexSum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// Reuse takes over the part of a repository that an earlier run left, if it has the
// same key. It reports false if there is none.
func (s *Spool) Reuse(repository, key string) (Summary, bool, error) {
	old, ok := s.old[repository]
	if !ok || old.key != key {
		return Summary{}, false, nil
	}
	file, err := os.Open(old.file)
	if err != nil {
		return Summary{}, false, nil // it is examined again
	}
	defer file.Close()
	text := make([]byte, old.end)
	var end partRecord
	if _, err := file.ReadAt(text, old.offset+old.length-old.end); err != nil || json.Unmarshal(text, &end) != nil {
		return Summary{}, false, nil
	}
	n, err := io.Copy(s.buffer, io.NewSectionReader(file, old.offset, old.length))
	if err == nil && n < old.length {
		err = errChanged
	}
	return end.summary(), true, spoolError(err)
}

// Part returns a Handler that keeps what is said of one repository. Paths are given
// to it as they are in the repository. key, if it is not empty, tells the states of
// the repository apart: see Reuse.
func (s *Spool) Part(repository, key string) *SpoolPart {
	return &SpoolPart{spool: s, repository: repository, key: key, sum: sha256.New()}
}

// A SpoolPart is what a Spool keeps of one repository.
type SpoolPart struct {
	spool           *Spool
	repository, key string
	sum             hash.Hash
	unopened        bool
	summary         Summary
}

// Summary is what the part ended with.
func (p *SpoolPart) Summary() Summary { return p.summary }

// Unopened is a part of a repository that could not be opened: err says why.
func (s *Spool) Unopened(repository string, err error) error {
	p := &SpoolPart{spool: s, repository: repository, sum: sha256.New(), unopened: true}
	n := Notice{Subject: repository, Err: err, Repository: repository}
	return errors.Join(p.line(newNoticeRecord(n)), p.End(Summary{NotExamined: 1}))
}

// Begin does nothing: all parts are of one run.
func (p *SpoolPart) Begin(Run) error { return nil }

// Finding keeps f.
func (p *SpoolPart) Finding(f Finding) error {
	places := make([]Location, len(f.Occurrences))
	for i, l := range f.Occurrences {
		l.Repository, l.Path = p.repository, p.repository+"/"+l.Path
		places[i] = l
	}
	f.Occurrences = places
	return p.line(newFindingRecord(f))
}

// Verdict keeps v.
func (p *SpoolPart) Verdict(v Verdict) error { return p.line(newVerdictRecord(v)) }

// Notice keeps n.
func (p *SpoolPart) Notice(n Notice) error {
	n.Subject, n.Repository = p.repository+"/"+n.Subject, p.repository
	return p.line(newNoticeRecord(n))
}

// syncEvery is how often parts are written through to the disk. A process that is
// killed loses what it has not flushed, and a machine that loses power this much.
const syncEvery = 5 * time.Second

// End completes the part. That of an interrupted run says that its repository has to
// be examined again.
func (p *SpoolPart) End(sum Summary) error {
	key := p.key
	if sum.Interrupted || p.unopened {
		key = ""
	}
	sum.Repositories = []RepositoryResult{{
		Name: p.repository, Unopened: p.unopened, Files: sum.Files, Blobs: sum.Blobs, Commits: sum.Commits, Bytes: sum.Bytes,
	}}
	p.summary = sum
	end := partRecord{"part", validUTF8(p.repository), key, "", newSummaryRecord(sum)}
	text, err := marshal(end)
	s := p.spool
	if err == nil {
		p.sum.Write(append(text, '\n'))
		end.Sum = hexSum(p.sum)
		text, err = marshal(end)
	}
	if err == nil {
		_, err = s.buffer.Write(append(text, '\n'))
	}
	if err == nil && s.kept {
		err = s.buffer.Flush()
	}
	if err == nil && s.kept && time.Since(s.synced) > syncEvery {
		err = s.out.Sync()
		s.synced = time.Now()
	}
	return spoolError(err)
}

func (p *SpoolPart) line(v any) error {
	text, err := marshal(v)
	if err == nil {
		text = append(text, '\n')
		p.sum.Write(text)
		_, err = p.spool.buffer.Write(text)
	}
	return spoolError(err)
}

func spoolError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("cannot keep parts: %w", pathless(err))
}

// Tell tells to what all parts hold, as Merge does, and what more counts besides.
func (s *Spool) Tell(to Handler, more Summary) error {
	if err := s.buffer.Flush(); err != nil {
		return spoolError(err)
	}
	info, err := s.out.Stat()
	if err != nil {
		return spoolError(err)
	}
	open := func() (SavedFile, error) { return spoolFile{io.NewSectionReader(s.out, 0, info.Size())}, nil }
	x := emptyIndex([]Saved{{Name: "the parts of this run", Open: open, parts: true}}, standingIdentity)
	defer x.close()
	x.runs = []Run{s.run}
	if err := x.add(0); err != nil {
		return err
	}
	x.summary = x.summary.Plus(more)
	return x.tell(s.run, to)
}

type spoolFile struct{ *io.SectionReader }

func (spoolFile) Close() error { return nil }

// Forget says that the report of all parts is written, so that nobody needs what
// earlier runs left either.
func (s *Spool) Forget() { s.kept = false }

// Close gives up the file. What is kept for a later run stays.
func (s *Spool) Close() {
	s.buffer.Flush() // what is lost is examined again
	s.out.Close()
	for _, name := range s.names {
		if !s.kept {
			os.Remove(name) // what stays costs room and nothing else
		}
	}
}
