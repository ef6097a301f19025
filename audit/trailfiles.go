package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// A trailFile is one file that a trail delivered, or that may be one.
type trailFile struct {
	name string // where it is, for messages
	sort fileSort
	// What its path says: "", "" and zero if it says nothing.
	at   cell
	time time.Time
	open func(context.Context) (io.ReadCloser, error)
}

// A fileSort says what a file is, by its path.
type fileSort int

const (
	fileOfEvents fileSort = iota
	fileDigest            // of CloudTrail's own, to prove that no file was changed
	fileForeign
)

// FileCounts count the files of a trail and what was in them.
type FileCounts struct {
	Files     int   `json:"files"`               // that were read
	Records   int64 `json:"records"`             // in them
	Digests   int   `json:"digests,omitempty"`   // left out: they hold no events
	Foreign   int   `json:"foreign,omitempty"`   // left out: they are none of a trail's
	Outside   int   `json:"outside,omitempty"`   // left out: of days, accounts or regions that were not asked for
	Damaged   int   `json:"damaged,omitempty"`   // read as far as they go, or not at all
	Elsewhere int64 `json:"elsewhere,omitempty"` // events of other accounts and regions
}

// trailName is the name of a file that CloudTrail delivers:
// 111122223333_CloudTrail_eu-west-1_20261120T1005Z_AbCd1234.json.gz.
var trailName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([0-9]{12})_(CloudTrail[A-Za-z-]*)_([a-z0-9-]+)_([0-9]{8}T[0-9]{4}Z)_[^/]*$`)
})

// newTrailFile reads what a path says. Folders are as CloudTrail makes them:
// AWSLogs/[o-id/]account/CloudTrail/region/yyyy/mm/dd.
func newTrailFile(name string) trailFile {
	f := trailFile{name: name}
	dir, base := path.Split(name)
	parts := strings.Split(strings.Trim(dir, "/"), "/")
	service := ""
	if i := slices.Index(parts, "AWSLogs"); i >= 0 {
		rest := parts[i+1:]
		if len(rest) > 0 && strings.HasPrefix(rest[0], "o-") {
			rest = rest[1:]
		}
		if len(rest) > 1 && isAccount(rest[0]) {
			f.at.account, service = rest[0], rest[1]
		}
		if len(rest) > 2 && validRegion(rest[2]) {
			f.at.region = rest[2]
		}
		if len(rest) > 5 {
			f.time, _ = time.Parse("2006/01/02", strings.Join(rest[3:6], "/"))
		}
	}
	if m := trailName().FindStringSubmatch(base); m != nil {
		f.at, service = cell{m[1], m[3]}, m[2]
		f.time, _ = time.Parse("20060102T1504Z", m[4])
	}
	switch ext := path.Ext(strings.TrimSuffix(base, ".gz")); {
	case service == "CloudTrail-Digest":
		f.sort = fileDigest
	case service != "" && service != "CloudTrail", ext != ".json" && !strings.HasSuffix(base, ".gz"):
		f.sort = fileForeign
	}
	return f
}

// outside reports whether its path says that it holds nothing of an interval. Files
// come up to a day after what is in them, and their folder is that of a day.
func (f *trailFile) outside(from, to time.Time) bool {
	const day = 24 * time.Hour
	return !f.time.IsZero() && (f.time.Before(from.Add(-day)) || f.time.After(to.Add(2*day)))
}

// filesIn yields every regular file of a folder, or the one file that dir is.
func filesIn(dir string) iter.Seq2[trailFile, error] {
	return func(yield func(trailFile, error) bool) {
		if to, err := filepath.EvalSymlinks(dir); err == nil { // WalkDir follows no link; what is wrong with dir, it says itself
			dir = to
		}
		err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
			if err != nil {
				if name == dir {
					return fmt.Errorf("trail files: %w", err)
				}
				f := newTrailFile(filepath.ToSlash(name))
				if !yield(f, err) {
					return fs.SkipAll
				}
				return nil
			}
			f := newTrailFile(filepath.ToSlash(name))
			if !entry.Type().IsRegular() {
				if !entry.IsDir() && f.sort == fileOfEvents && !yield(f, errors.New("a link or a device, which is not followed")) {
					return fs.SkipAll
				}
				return nil
			}
			f.open = func(context.Context) (io.ReadCloser, error) { return os.Open(name) }
			if !yield(f, nil) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield(trailFile{}, err)
		}
	}
}

// A cover is what the files of one region cover.
type cover struct {
	from, to time.Time
	days     map[int64]bool // with a file
	reads    bool           // there is an event that reads
	// What went wrong: files that could not be read to the end, of which the first by
	// name is told, and events that made no sense.
	damaged int
	damage  string
	odd     string
}

// note takes a file with what its first record says.
func (c *cover) note(at time.Time) {
	if !possible(at) {
		return
	}
	if c.from.IsZero() || at.Before(c.from) {
		c.from = at
	}
	c.to = latest(c.to, at)
	c.days[dayOf(at)] = true
}

// window says what the files cover of an interval.
func (c *cover) window(from, to time.Time, events int) *EventWindow {
	w := &EventWindow{From: latest(c.from, from), To: c.to, Events: events, WritesOnly: !c.reads}
	if w.To.After(to) {
		w.To = to
	}
	if w.To.Before(w.From) {
		w.To = w.From
	}
	for day := dayOf(w.From); day <= dayOf(w.To); day++ {
		if !c.days[day] {
			w.MissingDays++
		}
	}
	return w
}

func (c *cover) broken(f *trailFile, err error) {
	c.damaged++
	c.damage = least(c.damage, path.Base(f.name)+": "+fileError(err))
}

// faults says what could not be read of a region, nothing if all could.
func (c *cover) faults() []string {
	var list []string
	if c.damaged > 0 {
		list = append(list, plural(int64(c.damaged), "file")+" of the trail could not be read to the end, the first: "+c.damage)
	}
	if c.odd != "" {
		list = append(list, c.odd)
	}
	return list
}

// least returns the lesser text, where "" is none.
func least(a, b string) string {
	if a == "" || b != "" && b < a {
		return b
	}
	return a
}

// fileError says what is wrong with a file, without its path.
func fileError(err error) string {
	var e *fs.PathError
	if errors.As(err, &e) {
		err = e.Err
	}
	return oneLine(err.Error())
}

// String says what was read and what was left out.
func (c *FileCounts) String() string {
	text := fmt.Sprintf("%s with %s read", plural(int64(c.Files), "file"), plural(c.Records, "record"))
	say := func(n int64, noun, why string) {
		if n > 0 {
			text += fmt.Sprintf("; %s %s", plural(n, noun), why)
		}
	}
	say(int64(c.Damaged), "damaged file", "read as far as possible")
	say(int64(c.Digests), "digest", "left out")
	say(int64(c.Foreign), "foreign file", "left out")
	say(int64(c.Outside), "file", "of other days, accounts or regions left out")
	say(c.Elsewhere, "event", "of other accounts or regions left out")
	return text
}
