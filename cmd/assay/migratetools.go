package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
)

// maxForeign bounds a configuration of ggshield or talisman, in bytes.
const maxForeign = 4 << 20

var guardianNames = [...]string{".gitguardian.yaml", ".gitguardian.yml"}

// A guardianFile is a .gitguardian.yaml, of version 2 or before.
type guardianFile struct {
	Secret struct {
		Matches   []guardianMatch `yaml:"ignored_matches"`
		Paths     []string        `yaml:"ignored_paths"`
		Detectors []string        `yaml:"ignored_detectors"`
	} `yaml:"secret"`
	MatchesBefore []guardianMatch `yaml:"matches-ignore"`
	MatchesOld    []guardianMatch `yaml:"matches_ignore"`
	PathsBefore   []string        `yaml:"paths-ignore"`
	PathsOld      []string        `yaml:"paths_ignore"`
}

// A guardianMatch is a value, or the hash of values, that is no finding.
type guardianMatch struct{ Name, Match string }

// UnmarshalYAML takes the bare text of old files, too.
func (g *guardianMatch) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&g.Match)
	}
	var both struct{ Name, Match string }
	err := n.Decode(&both)
	g.Name, g.Match = both.Name, both.Match
	return err
}

// guardian carries a .gitguardian.yaml.
func (m *migration) guardian(b *binder) error {
	for _, name := range guardianNames {
		data, ok, err := m.read(name, maxForeign)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		var file guardianFile
		if err := yaml.Unmarshal(data, &file); err != nil {
			return fmt.Errorf("%s: %w", name, describeYAML(err))
		}
		if err := m.guarded(b, name, &file); err != nil {
			return err
		}
	}
	return nil
}

func (m *migration) guarded(b *binder, name string, file *guardianFile) error {
	s := &file.Secret
	matches := append(append(s.Matches, file.MatchesBefore...), file.MatchesOld...)
	paths := append(append(s.Paths, file.PathsBefore...), file.PathsOld...)
	bound := 0
	for i, match := range matches {
		prints := b.everywhere(func(value []byte) bool { return match.is(value) })
		if len(prints) == 0 {
			m.lose("%s: ignored match %d: assay finds no such credential in the files", name, i+1)
			continue
		}
		bound++
		if err := m.hide(prints, "", "carried over from "+name); err != nil {
			return err
		}
	}
	m.exclude = append(m.exclude, paths...)
	for _, d := range s.Detectors {
		m.lose("%s: detector %q is switched off there; assay rules list shows rules to switch off here", name, d)
	}
	m.carry("%s: %d of %s into %s, %s into %s", name, bound, plural(len(matches), "ignored value"), ignoreName, plural(len(paths), "ignored path"), configName)
	return nil
}

// guardianTypes are the kinds under which GitGuardian hashes a single value.
var guardianTypes = [...]string{"apikey", "password", "token", "secret", "client_secret", "api_key", "private_key", "connection_uri"}

// is reports whether value is the one that was meant: it stands there itself, or as
// its SHA-256, alone or with its kind.
func (g guardianMatch) is(value []byte) bool {
	if g.Match == string(value) {
		return true
	}
	if len(g.Match) != 2*sha256.Size {
		return false
	}
	same := func(text string) bool {
		sum := sha256.Sum256([]byte(text))
		return strings.EqualFold(hex.EncodeToString(sum[:]), g.Match)
	}
	for _, kind := range guardianTypes {
		if same(string(value) + "," + kind) {
			return true
		}
	}
	return same(string(value))
}

// everywhere returns the fingerprints of the credentials in the files of the working
// tree that are meant.
func (b *binder) everywhere(meant func(value []byte) bool) (prints []string) {
	seen := map[string]bool{}
	filepath.WalkDir(b.root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil // what cannot be read has nothing that could be bound
		}
		if entry.IsDir() && entry.Name() == ".git" {
			return fs.SkipDir
		}
		rel, err := filepath.Rel(b.root, name)
		if err != nil || !entry.Type().IsRegular() {
			return nil
		}
		for _, s := range b.spots("", filepath.ToSlash(rel)) {
			if !seen[s.fingerprint] && s.meant(meant) {
				seen[s.fingerprint] = true
				prints = append(prints, s.fingerprint)
			}
		}
		return nil
	})
	return prints
}

const talismanName = ".talismanrc"

// A talismanFile is a .talismanrc.
type talismanFile struct {
	Files []struct {
		Name      string   `yaml:"filename"`
		Checksum  string   `yaml:"checksum"`
		Detectors []string `yaml:"ignore_detectors"`
		Allowed   []string `yaml:"allowed_patterns"`
	} `yaml:"fileignoreconfig"`
	Scopes []struct {
		Scope string `yaml:"scope"`
	} `yaml:"scopeconfig"`
	Allowed   []string `yaml:"allowed_patterns"`
	Custom    []string `yaml:"custom_patterns"`
	Threshold string   `yaml:"threshold"`
}

func (m *migration) talismanFile() (file talismanFile, ok bool, err error) {
	data, err := readKept(filepath.Join(m.root, talismanName), maxForeign)
	if os.IsNotExist(err) || err != nil && existing(filepath.Join(m.root, talismanName)) == "" {
		return file, false, nil
	}
	if err == nil {
		if err = yaml.Unmarshal(data, &file); err != nil {
			err = describeYAML(err)
		}
	}
	if err != nil {
		return file, false, fmt.Errorf("%s: %w", talismanName, err)
	}
	return file, true, nil
}

// talismanPatterns carries patterns that are allowed, or looked for.
func (m *migration) talismanPatterns() error {
	file, ok, err := m.talismanFile()
	if err != nil || !ok {
		return err
	}
	add := func(paths, values []string) {
		var good []string
		for _, v := range values {
			if err := rules.CheckExpression(v); err != nil {
				m.lose("%s: the allowed pattern %.200q is no expression (RE2) for assay: %v", talismanName, v, err)
				continue
			}
			good = append(good, v)
		}
		for _, p := range paths {
			if err := rules.CheckExpression(p); err != nil {
				m.lose("%s: the allowed patterns of a file are not carried, for its name is none for assay: %v", talismanName, err)
				return
			}
		}
		if len(good) > 0 {
			m.own.Allow = append(m.own.Allow, rules.Allow{All: len(paths) > 0, Paths: paths, Values: good, Target: rules.TargetLine, Origin: migratedRules})
		}
	}
	add(nil, file.Allowed)
	for _, f := range file.Files {
		add([]string{"^" + globExpression(f.Name) + "$"}, f.Allowed)
	}
	for i, expr := range file.Custom {
		if err := rules.CheckExpression(expr); err != nil {
			m.lose("%s: the custom pattern %d is no expression (RE2) for assay: %v", talismanName, i+1, err)
			continue
		}
		r := rules.Rule{Pattern: expr, Free: &rules.Free{}, Origin: migratedRules}
		r.ID, r.Title = fmt.Sprintf("talisman-custom-%d", i+1), "Custom pattern of talisman"
		r.Severity, r.Confidence = report.SeverityHigh, report.ConfidenceMedium
		m.own.Rules = append(m.own.Rules, r)
	}
	return nil
}

// globExpression is a regular expression for what a pattern of talisman names.
func globExpression(glob string) string {
	expr := regexp.QuoteMeta(glob)
	expr = strings.ReplaceAll(expr, `\*\*`, ".*")
	expr = strings.ReplaceAll(expr, `\*`, "[^/]*")
	return strings.ReplaceAll(expr, `\?`, "[^/]")
}

// talisman carries the files that are ignored as they are now: what is found in one
// whose checksum holds is hidden, and what comes later is reported.
func (m *migration) talisman(b *binder) error {
	file, ok, err := m.talismanFile()
	if err != nil || !ok {
		return err
	}
	m.found = append(m.found, talismanName)
	bound := 0
	for _, f := range file.Files {
		switch {
		case f.Checksum == "" && len(f.Allowed) > 0:
			continue
		case f.Checksum == "":
			_, err := m.ignores.Add(report.Ignore{Path: f.Name, Reason: "ignored in " + talismanName})
			if err != nil {
				return err
			}
		case !m.unchanged(f.Name, f.Checksum):
			m.lose("%s: %s: its checksum is not that of the file as it is now", talismanName, f.Name)
			continue
		default:
			if err := m.hide(m.prints(b.spots("", f.Name)), f.Name, "ignored in "+talismanName); err != nil {
				return err
			}
		}
		bound++
	}
	for _, s := range file.Scopes {
		m.lose("%s: the scope %q is not carried: lock files are examined", talismanName, s.Scope)
	}
	if file.Threshold != "" {
		m.lose("%s: threshold %s is not carried: --fail-on and fail-on say from which severity on a scan fails", talismanName, file.Threshold)
	}
	m.carry("%s: %d of %s into %s, %s into %s", talismanName, bound, plural(len(file.Files), "ignored file"), ignoreName,
		plural(len(file.Allowed)+len(file.Custom), "pattern"), migratedRules)
	return nil
}

// unchanged reports whether a checksum of talisman is that of a file: a hash of the
// hashes of nothing, the content and the name.
func (m *migration) unchanged(name, checksum string) bool {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return false
	}
	data, err := readKept(filepath.Join(m.root, filepath.FromSlash(name)), maxBound)
	if err != nil {
		return false
	}
	return strings.EqualFold(checksum, hashText(hashText("")+hashText(string(data))+hashText(name)))
}

func hashText(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
