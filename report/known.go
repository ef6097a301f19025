package report

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Known is what a file of another program says of one credential: its place, and
// mostly something by which it can be told.
type Known struct {
	Rule   string // of the other program
	Commit string // "" for any, or for files
	Path   string // with slashes
	Line   int    // from 1; 0 where it is not said
	Where  string // in the file, for messages: "line 7"

	value string // the credential itself, where the file has it
	sha1  string // of the credential, in hexadecimal digits
}

// Tells reports whether k says what the credential is, and not only where.
func (k *Known) Tells() bool { return k.value+k.sha1 != "" }

// Is reports whether value is the credential that k tells.
func (k *Known) Is(value []byte) bool {
	if k.value != "" {
		return k.value == string(value)
	}
	sum := sha1.Sum(value)
	return k.sha1 != "" && strings.EqualFold(k.sha1, hex.EncodeToString(sum[:]))
}

// ParseGitleaksIgnore reads a .gitleaksignore: lines of FILE:RULE:LINE, or
// COMMIT:FILE:RULE:LINE. Lines that are neither mean nothing to gitleaks either; they
// are returned as notes.
func ParseGitleaksIgnore(data []byte) (list []Known, notes []string) {
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(string(data), "\ufeff")) {
		n++
		line = strings.TrimSpace(line)
		if silent(line) {
			continue
		}
		k, ok := parseGitleaksLine(line)
		if !ok {
			notes = append(notes, fmt.Sprintf("line %d is neither FILE:RULE:LINE nor COMMIT:FILE:RULE:LINE", n))
			continue
		}
		k.Where = fmt.Sprintf("line %d", n)
		list = append(list, k)
	}
	return list, notes
}

// parseGitleaksLine reads from the right: a path may hold colons.
func parseGitleaksLine(line string) (k Known, ok bool) {
	parts := strings.Split(line, ":")
	if len(parts) < 3 {
		return k, false
	}
	last := len(parts) - 1
	n, err := strconv.Atoi(parts[last])
	if err != nil || n < 0 {
		return k, false
	}
	k.Line, k.Rule = n, parts[last-1]
	if last > 2 && isCommit(parts[0]) {
		k.Commit, parts = parts[0], parts[1:]
	}
	k.Path = slashed(strings.Join(parts[:len(parts)-2], ":"))
	return k, k.Path != "" && k.Rule != ""
}

func isCommit(text string) bool {
	return (len(text) == 40 || len(text) == 64) && strings.Trim(text, "0123456789abcdef") == ""
}

func slashed(path string) string {
	return strings.TrimPrefix(strings.ReplaceAll(path, `\`, "/"), "./")
}

// ParseGitleaksReport reads a report of gitleaks in JSON, which is its baseline too.
func ParseGitleaksReport(data []byte) ([]Known, error) {
	var all []struct {
		RuleID, File, Commit, Secret string
		StartLine                    int
	}
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, errors.New("not a report of gitleaks: a list of findings in JSON")
	}
	list := make([]Known, len(all))
	for i, f := range all {
		if f.RuleID == "" || f.File == "" {
			return nil, fmt.Errorf("finding %d has no RuleID or no File: not a report of gitleaks", i+1)
		}
		list[i] = Known{Rule: f.RuleID, Commit: f.Commit, Path: slashed(f.File), Line: f.StartLine, Where: fmt.Sprintf("finding %d", i+1)}
		if !hidden(f.Secret) {
			list[i].value = f.Secret
		}
	}
	return list, nil
}

// hidden reports whether gitleaks hid a value, or a part of it.
func hidden(secret string) bool {
	return secret == "" || secret == redacted || strings.HasSuffix(secret, "...")
}

// ParseSecretsBaseline reads a .secrets.baseline of detect-secrets. What a person
// marked there as no secret comes back as settled, all else as known.
func ParseSecretsBaseline(data []byte) (known, settled []Known, err error) {
	var file struct {
		Version string
		Results map[string][]struct {
			Type   string
			Hash   string `json:"hashed_secret"`
			Line   int    `json:"line_number"`
			Secret *bool  `json:"is_secret"`
		}
	}
	if err := json.Unmarshal(data, &file); err != nil || file.Results == nil {
		return nil, nil, errors.New("not a baseline of detect-secrets: an object with results in JSON")
	}
	for path, all := range file.Results {
		for _, f := range all {
			if len(f.Hash) != 40 {
				return nil, nil, fmt.Errorf("%s: hashed_secret is no SHA-1", path)
			}
			k := Known{Rule: f.Type, Path: slashed(path), Line: f.Line, sha1: f.Hash, Where: fmt.Sprintf("%s, line %d", path, f.Line)}
			if f.Secret != nil && !*f.Secret {
				settled = append(settled, k)
			} else {
				known = append(known, k)
			}
		}
	}
	order := func(a, b Known) int {
		if c := strings.Compare(a.Path, b.Path); c != 0 {
			return c
		}
		return a.Line - b.Line
	}
	slices.SortFunc(known, order)
	slices.SortFunc(settled, order)
	return known, settled, nil
}

// A KnownFormat is a program whose list of findings can be read.
type KnownFormat uint8

const (
	KnownNone     KnownFormat = iota
	KnownGitleaks             // a report in JSON
	KnownDetectSecrets
)

// KnownFormatOf tells which program wrote a file, by how it begins.
func KnownFormatOf(data []byte) KnownFormat {
	text := bytes.TrimLeft(data, "\ufeff \t\r\n")
	switch {
	case bytes.HasPrefix(text, []byte("[")):
		return KnownGitleaks
	case bytes.HasPrefix(text, []byte("{")) && bytes.Contains(text, []byte(`"results"`)) && bytes.Contains(text, []byte(`"plugins_used"`)):
		return KnownDetectSecrets
	}
	return KnownNone
}

// A spot is where an entry of another program's file says that something
// stands.
type spot struct {
	path, commit string
	line         int
	rules        []string // ids; nil for every rule
}

// NewIgnores returns a file of suppressions that was not written for assay. What it
// lists may come and go: that an entry is of no use is not reported.
func NewIgnores(name string) *Ignores { return &Ignores{Name: name, foreign: true} }

// AddFound has f hide the credential with a fingerprint at a path; "" is every path.
func (f *Ignores) AddFound(fingerprint, path string) {
	f.add(&Ignore{Fingerprint: fingerprint}, spot{path: path})
}

// AddPlace has f hide what rules find at the place that k names. No rules are all.
func (f *Ignores) AddPlace(k Known, rules []string) {
	f.add(&Ignore{}, spot{k.Path, k.Commit, k.Line, rules})
}

func (f *Ignores) add(e *Ignore, at spot) {
	e.Reason, e.at, e.Line = "known to another program", &at, len(f.Entries)+1
	f.Entries = append(f.Entries, e)
}

// covers reports whether a place is the one that s names.
func (s *spot) covers(rule, path string, l *Location) bool {
	switch {
	case s.path != "" && s.path != path, s.line != 0 && s.line != l.Region.StartLine, s.rules != nil && !slices.Contains(s.rules, rule):
		return false
	case s.commit == "":
		return true
	}
	return l.Introduced != nil && l.Introduced.ID == s.commit
}
