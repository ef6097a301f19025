package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// A spot is a place that a scanner reported.
type spot struct {
	Rule    string
	High    bool   // assay: reported with high confidence
	Path    string // as the scanner wrote it
	Line    int    // from 1, 0 for a place without text
	EndLine int
	Commit  string // gitleaks: the commit that it read
	Object  string // assay: the Git object that Line counts in
	Secret  string // gitleaks without --redact; never written anywhere
	Finding int    // spots with the same number are one finding
}

// A scan is what a report says.
type scan struct {
	Findings   int
	Spots      []spot
	Incomplete bool // the scanner says that it did not examine everything
}

// A reader reads the report of a scanner.
type reader func(io.Reader) (scan, error)

func readReport(file string, read reader) (scan, error) {
	f, err := os.Open(file)
	if err != nil {
		return scan{}, err
	}
	defer f.Close()
	s, err := read(bufio.NewReaderSize(f, 1<<16))
	if err != nil {
		return scan{}, fmt.Errorf("report %s: %w", filepath.Base(file), err)
	}
	return s, nil
}

// assayRecord is what the bench needs of a line of assay's jsonl format.
type assayRecord struct {
	Type        string `json:"type"`
	RuleID      string `json:"rule_id"`
	Confidence  string `json:"confidence"`
	Occurrences []struct {
		Path   string `json:"path"`
		Object string `json:"object"`
		Region struct {
			StartLine int `json:"start_line"`
			EndLine   int `json:"end_line"`
		} `json:"region"`
	} `json:"occurrences"`
	Complete bool `json:"complete"`
}

// readAssay reads the jsonl format of assay. A report without a summary is that
// of a run that broke, which is an error.
func readAssay(r io.Reader) (scan, error) {
	var s scan
	ended := false
	for d := json.NewDecoder(r); ; {
		var rec assayRecord
		err := d.Decode(&rec)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return s, err
		}
		switch rec.Type {
		case "finding":
			s.addAssay(rec)
		case "summary":
			ended, s.Incomplete = true, !rec.Complete
		}
	}
	if !ended {
		return s, errors.New("no summary: the run broke")
	}
	return s, nil
}

func (s *scan) addAssay(rec assayRecord) {
	for _, o := range rec.Occurrences {
		s.Spots = append(s.Spots, spot{
			Rule: rec.RuleID, High: rec.Confidence == "high", Path: o.Path, Object: o.Object, Finding: s.Findings,
			Line: o.Region.StartLine, EndLine: max(o.Region.StartLine, o.Region.EndLine),
		})
	}
	s.Findings++
}

// readGitleaks reads the JSON format of gitleaks, which has one entry a place.
func readGitleaks(r io.Reader) (scan, error) {
	var entries []struct {
		RuleID, File, Commit, Secret string
		StartLine, EndLine           int
	}
	err := json.NewDecoder(r).Decode(&entries)
	if errors.Is(err, io.EOF) { // an empty file: nothing was found
		err = nil
	}
	var s scan
	for _, e := range entries {
		s.Spots = append(s.Spots, spot{
			Rule: e.RuleID, Path: e.File, Commit: e.Commit, Secret: e.Secret, Finding: s.Findings,
			Line: e.StartLine, EndLine: max(e.StartLine, e.EndLine),
		})
		s.Findings++
	}
	return s, err
}

// under returns the path of a spot in a folder that was scanned: scanners write
// it whole or relative to the folder.
func (s spot) under(dir string) string {
	path := filepath.FromSlash(s.Path)
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	return path
}

// relative is the path of a spot relative to the folder, with slashes.
func (s spot) relative(dir string) string {
	rel, err := filepath.Rel(dir, s.under(dir))
	if err != nil {
		return s.Path
	}
	return filepath.ToSlash(rel)
}
