package kit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assayhq/assay/scan"
)

// A Call is what a program is asked to do.
type Call struct {
	Args  []string // after the program's name
	Env   []string // besides an environment of the caller's choice
	Stdin string
	Temp  string // the folder for temporary files
}

// An Outcome is what it did.
type Outcome struct {
	Exit           int // as a shell would report it
	Stdout, Stderr []byte
}

// A Program examines what a call names. An error means that it did not run.
type Program func(Call) (Outcome, error)

// A Verdict says how a program did in a case.
type Verdict struct {
	Plants     int // that had to be found, or may have been lost to damage
	Found      int
	Missed     int      // of what had to be found
	FalseClean bool     // something was missed and no notice, finding or exit code tells of it
	Faults     []string // whatever else must not happen
}

// Good reports whether nothing is to be said against the program.
func (v Verdict) Good() bool { return v.Missed == 0 && !v.FalseClean && len(v.Faults) == 0 }

func (v *Verdict) fault(format string, args ...any) {
	v.Faults = append(v.Faults, fmt.Sprintf(format, args...))
}

// Mark is the file that a program which was started against the promise leaves
// beside the site.
const Mark = "a-program-was-started"

// Run builds the case in dir, which is empty, has the program examine it and judges
// what it did. An error means that the case could not be built or run.
func (c Case) Run(dir string, scale Scale, program Program) (Verdict, error) {
	site, expect, err := c.build(dir, scale)
	if err != nil {
		return Verdict{}, err
	}
	call := expect.call(site, dir)
	if err := os.Mkdir(call.Temp, 0o777); err != nil {
		return Verdict{}, err
	}
	before := snapshot(site.Dir)
	out, err := program(call)
	if err != nil {
		return Verdict{}, fmt.Errorf("case %s: %w", c.Name, err)
	}
	v := expect.judge(out, reports(call.Temp, expect.Formats))
	v.changes(before, snapshot(site.Dir), expect.Writes)
	if _, err := os.Lstat(filepath.Join(site.Side, Mark)); err == nil {
		v.fault("a program was started that the input names")
	}
	for _, name := range leftIn(call.Temp) {
		v.fault("a temporary file is left: %s", name)
	}
	return v, nil
}

// call returns what the program is asked to do.
func (e *Expect) call(site *Site, dir string) Call {
	args := slices.Clone(e.Args)
	if args == nil {
		args = []string{"scan", "{}"}
	}
	for i, a := range args {
		args[i] = strings.ReplaceAll(a, "{}", site.Dir)
	}
	temp := filepath.Join(dir, "temp")
	more := []string{"--quiet", "--format", "jsonl"}
	for _, f := range e.Formats {
		more = append(more, "--report", f+"="+filepath.Join(temp, reportName(f)))
	}
	return Call{Args: slices.Insert(args, 1, more...), Env: e.Env, Stdin: e.Stdin, Temp: temp}
}

func reportName(format string) string { return "report." + format }

// reports reads and removes the reports that were written.
func reports(dir string, formats []string) map[string]string {
	all := map[string]string{}
	for _, f := range formats {
		name := filepath.Join(dir, reportName(f))
		data, err := os.ReadFile(name)
		if err == nil {
			all[f] = string(data)
			os.Remove(name) // what is left is told
		}
	}
	return all
}

// snapshot describes every path below dir, so that a write is seen.
func snapshot(dir string) map[string]string {
	all := map[string]string{}
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // what the case made unreadable
		}
		if info, err := d.Info(); err == nil {
			all[path] = fmt.Sprint(info.Mode(), info.ModTime().UnixNano(), info.Size())
		}
		return nil
	})
	return all
}

// changes tells of paths that are not as they were.
func (v *Verdict) changes(before, after map[string]string, allowed []string) {
	for path, was := range before {
		if is, ok := after[path]; !ok {
			v.fault("removed: %q", path)
		} else if is != was && !strings.HasPrefix(is, "d") {
			v.fault("changed: %q", path)
		}
	}
	for path := range after {
		if _, ok := before[path]; !ok && !slices.Contains(allowed, filepath.Base(path)) {
			v.fault("written: %q", path)
		}
	}
}

func leftIn(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return []string{err.Error()}
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// A record is a line of the report in JSON Lines, as far as it is judged.
type record struct {
	Type        string
	RuleID      string `json:"rule_id"`
	Fingerprint string
	Occurrences []struct {
		Path  string
		Inner string `json:"inner_path"`
	}
	Subject    string
	Reason     string
	Complete   bool
	Confidence string
}

// A heard is what a report says.
type heard struct {
	prints   map[string]bool // rule and value, and path where there is one
	paths    map[string]bool
	findings int
	notices  []string
	summary  bool
	complete bool
}

func (v *Verdict) hear(report []byte) heard {
	h := heard{prints: map[string]bool{}, paths: map[string]bool{}}
	for line := range bytes.Lines(report) {
		var r record
		if bytes.HasPrefix(line, []byte(`{"type":"run",`)) {
			continue // half a megabyte about the rules
		}
		if err := json.Unmarshal(line, &r); err != nil {
			v.fault("a line of the report is no JSON: %v", err)
			continue
		}
		switch r.Type {
		case "finding":
			h.findings++
			h.prints[r.Fingerprint] = true
			for _, o := range r.Occurrences {
				path := strings.TrimSuffix(o.Path, "!"+o.Inner)
				h.paths[path] = true
				h.prints[r.Fingerprint+path] = true
			}
		case "notice":
			h.notices = append(h.notices, r.Subject+": "+r.Reason)
		case "summary":
			h.summary, h.complete = true, r.Complete
		}
	}
	return h
}

// has reports whether a plant was found.
func (h *heard) has(p Plant) bool {
	if p.Value == "" {
		return h.paths[p.Path]
	}
	return h.prints[scan.Fingerprint(nil, p.Rule, []byte(p.Value))+p.Path]
}

// judge compares what a program did with what it had to do.
func (e *Expect) judge(o Outcome, formats map[string]string) Verdict {
	var v Verdict
	outputs := map[string]string{"standard output": string(o.Stdout), "standard error": string(o.Stderr)}
	for name, text := range formats {
		outputs[name] = text
	}
	e.inert(&v, outputs)
	for _, name := range e.Formats {
		if text, ok := formats[name]; ok {
			v.checkFormat(name, text)
		} else {
			v.fault("no report was written as %s", name)
		}
	}
	if e.Refused != "" {
		if o.Exit != 2 || !strings.Contains(string(o.Stderr), e.Refused) {
			v.fault("exit code %d and %q, want 2 and %q", o.Exit, o.Stderr, e.Refused)
		}
		return v
	}
	h := v.hear(o.Stdout)
	if !h.summary {
		v.fault("exit code %d, and the report has no end: %s", o.Exit, lastLine(o.Stderr))
	}
	e.plants(&v, &h)
	e.code(&v, &h, o.Exit)
	return v
}

// plants counts what was found.
func (e *Expect) plants(v *Verdict, h *heard) {
	v.Plants = len(e.Plants) + len(e.Lost)
	for _, p := range e.Plants {
		if h.has(p) {
			v.Found++
		} else {
			v.Missed++
			v.fault("a plant is missed%s", p.where())
		}
	}
	for _, p := range e.Lost {
		if h.has(p) {
			v.Found++
		} else if h.complete {
			v.FalseClean = true
			v.fault("a damaged plant is neither found nor named%s", p.where())
		}
	}
	v.FalseClean = v.FalseClean || v.Missed > 0 && h.complete
	for _, p := range e.Outside {
		if h.has(p) {
			v.fault("what lies outside is found%s", p.where())
		}
	}
}

func (p Plant) where() string {
	if p.Path == "" {
		return ""
	}
	return fmt.Sprintf(" at %q", p.Path)
}

// code judges notices and the exit code.
func (e *Expect) code(v *Verdict, h *heard, exit int) {
	for _, want := range e.Notices {
		if !slices.ContainsFunc(h.notices, func(n string) bool { return strings.Contains(n, want) }) {
			v.fault("no notice has %q: %q", want, h.notices)
		}
	}
	free := e.Bounded || len(e.Lost) > 0
	if len(e.Notices) == 0 && len(h.notices) > 0 && !free {
		v.fault("not examined: %q", h.notices)
	}
	want := 0
	switch {
	case !h.complete || len(e.Notices) > 0:
		want = 3
	case h.findings > 0:
		want = 1
	}
	if exit != want {
		v.fault("exit code %d, want %d", exit, want)
	}
	if h.complete != (len(h.notices) == 0) {
		v.fault("complete is %t with %d notices", h.complete, len(h.notices))
	}
}

// inert looks for what no output may hold: the credentials, and the texts that the
// case names.
func (e *Expect) inert(v *Verdict, outputs map[string]string) {
	for name, text := range outputs {
		for _, p := range slices.Concat(e.Plants, e.Lost, e.Outside) {
			if p.Value != "" && strings.Contains(text, p.Value) {
				v.fault("%s holds a credential", name)
			}
		}
		for _, never := range e.Never {
			if strings.Contains(text, never) {
				v.fault("%s holds %q", name, never)
			}
		}
	}
}

func lastLine(text []byte) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}
