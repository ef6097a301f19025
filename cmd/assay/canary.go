package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
	"github.com/assayhq/assay/scan"
)

// canaries are rules whose examples doctor plants: a format with a checksum, a key
// over several lines, and an assignment that the grammars and the model judge.
var canaries = [...]string{"github-personal-access-token", "privatekey-pkcs8", "generic-password"}

// checkCanary plants each canary in a file of its own in a new folder, scans the
// folder with the patient's rules, filter, excluded paths and gate, and wants it found.
func (a *app) checkCanary(ctx context.Context, p *patient) []diagnosis {
	place := p.plot()
	if place == "" {
		return []diagnosis{{"canary", statusBad, fmt.Sprintf("exclude leaves out %s, wherever it is planted", canaryFile), "exclude less"}}
	}
	var all []diagnosis
	for _, id := range canaries {
		d := diagnosis{Check: "canary", Status: statusOK, Detail: id + " is caught"}
		caught, err := a.catches(ctx, p, id, place)
		switch {
		case err != nil:
			d.Status, d.Detail = statusUnknown, fmt.Sprintf("%s: %v", id, err)
		case !caught && !p.set(id):
			d.Status, d.Detail = statusNote, id+" is switched off"
		case !caught:
			d.Status, d.Detail, d.Hint = statusBad, id+" was planted and does not fail a scan", "look at the settings above: what makes scans see or fail less"
		}
		all = append(all, d)
	}
	return all
}

// canaryFile is what canaries are planted in.
const canaryFile = "settings.env"

// plot returns the path at which a scan of the patient would look into a planted file:
// in its root, or else in one of the folders there; "" if it would in none.
func (p *patient) plot() string {
	excluded := excludes(p.scan.exclude)
	if !excluded(canaryFile, false) {
		return canaryFile
	}
	entries, _ := os.ReadDir(p.path) // the folders that can be read will do
	for _, e := range entries {
		name := e.Name() + "/" + canaryFile
		if e.IsDir() && e.Name() != ".git" && !excluded(e.Name(), true) && !excluded(name, false) {
			return name
		}
	}
	return ""
}

// set reports whether a rule is active.
func (p *patient) set(id string) bool {
	return slices.ContainsFunc(p.job.set.Descriptions(), func(r report.Rule) bool { return r.ID == id })
}

// catches scans a made-up credential of a rule at a path, and reports whether it fails
// the run.
func (a *app) catches(ctx context.Context, p *patient, id, place string) (bool, error) {
	folder, err := plant(id, place)
	if folder != "" {
		defer os.RemoveAll(folder)
	}
	if err != nil {
		return false, err
	}
	files, err := scan.NewFiles(folder, ".", excludes(p.scan.exclude))
	if err != nil {
		return false, err
	}
	defer files.Close()
	gate := &report.Gate{Severity: p.gate.failOn, Confidence: max(p.scan.minConfidence, report.ConfidenceLow)}
	to := report.AtLeast(p.scan.minConfidence, gate)
	if err := to.Begin(report.Run{Tool: "assay", Version: version, Command: "doctor", Rules: p.job.set.Descriptions()}); err != nil {
		return false, err
	}
	summary, err := scan.Run(ctx, target{files}, p.job.set, to, scan.Options{
		Workers: 1, Salt: p.job.config.salt(a.getenv), IgnoreInlineAllow: p.scan.noInlineAllow, Archives: p.scan.archives.limits(), ExcludeMember: memberExcluder(p.scan),
	})
	if err != nil {
		return false, err
	}
	if err := to.End(summary); err != nil {
		return false, err
	}
	return p.gate.exitCode(gate) == int(p.gate.exitCode1) && gate.Findings() > 0, nil
}

// plant makes a folder in which the file at a path holds an example of a rule, filled in
// anew.
func plant(id, place string) (folder string, err error) {
	all := rules.Builtin()
	i := slices.IndexFunc(all, func(r rules.Rule) bool { return r.ID == id })
	if i < 0 || len(all[i].Examples) == 0 {
		return "", errors.New("there is no example of it")
	}
	text, err := example(&all[i])
	if err != nil {
		return "", err
	}
	if folder, err = os.MkdirTemp("", "assay-doctor-*"); err != nil {
		return "", err
	}
	name := filepath.Join(folder, filepath.FromSlash(place))
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return folder, err
	}
	return folder, os.WriteFile(name, []byte(text+"\n"), 0o600)
}

// example returns an example of a rule, filled in anew, that the rule finds. One password
// in some thousand random ones has a word of placeholders in it, such as "test", and is
// rightly left.
func example(r *rules.Rule) (string, error) {
	set, err := rules.Compile([]rules.Rule{*r})
	for err == nil {
		var seed [8]byte
		rand.Read(seed[:]) // it never fails
		var text string
		text, err = r.Expand(r.Examples[0], binary.NativeEndian.Uint64(seed[:]))
		found := set.Find(nil, []byte(text))
		if err == nil && slices.ContainsFunc(found, func(m rules.Match) bool { return m.Confidence == r.Confidence }) {
			return text, nil
		}
	}
	return "", err
}

// checkHygiene looks for files for secrets that Git would take, by their names.
func checkHygiene(ctx context.Context, p *patient) diagnosis {
	if p.job.hygiene == nil {
		return diagnosis{"hygiene", statusNote, "its rule is switched off", ""}
	}
	list := &report.List{}
	hygiene := scan.NewHygiene(p.job.set, list)
	t := &targets{skip: map[string]bool{}, hygiene: hygiene}
	files, err := t.open(p.scan, p.path, ".")
	if err != nil {
		return diagnosis{"hygiene", statusUnknown, report.Inert(err.Error()), ""}
	}
	defer t.close()
	unread := 0
	for _, err := range files.Units(ctx) { // to walk is enough: names are judged
		if err != nil {
			unread++
		}
	}
	if err := hygiene.End(report.Summary{}); err != nil {
		return diagnosis{"hygiene", statusUnknown, report.Inert(err.Error()), ""}
	}
	switch n := len(list.Findings); {
	case n > 0:
		return diagnosis{"hygiene", statusBad, fmt.Sprintf("%d files for secrets that Git does not ignore, %s the first", n, placeOf(list.Findings[0])),
			"lines for .gitignore: " + strings.Join(ignoreLines(list.Findings), ", ") + "; git rm --cached FILE for what Git tracks; assay scan names all of them"}
	case unread > 0:
		return diagnosis{"hygiene", statusUnknown, fmt.Sprintf("%d folders cannot be read", unread), ""}
	}
	return diagnosis{"hygiene", statusOK, "no file for secrets that Git would take", ""}
}

// ignoreLines are the lines for .gitignore that mend findings of HygieneRule, each once.
func ignoreLines(findings []report.Finding) (lines []string) {
	for _, f := range findings {
		for _, line := range scan.IgnoreLines(f.Occurrences[0].Path) {
			if !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	return lines
}
