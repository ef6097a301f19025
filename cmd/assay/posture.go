package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/assayhq/assay/audit"
	"github.com/assayhq/assay/audit/history"
	"github.com/assayhq/assay/report"
)

// A postured is the reports of an audit with what stands beyond verdicts: what
// happened to secrets, who read them, and how earlier runs came out. At its end it
// records the run.
type postured struct {
	*outputs
	inv      *audit.Inventory
	settings audit.Settings
	mask     func(string) string
	history  string // a file, "" for none
	earlier  []report.PostureRun
	tally    *report.Tally // nil where nothing is recorded: it holds something of every resource
	// unrecorded is why the run is not in the history, which no report is worse for.
	unrecorded error
}

// postured puts it in front of the reports of an audit. The history is read before
// anything is judged, so that a file that is none is known at once.
func (a *app) postured(f *auditFlags, inv *audit.Inventory, settings audit.Settings, mask func(string) string, out *outputs) (*postured, error) {
	p := &postured{outputs: out, inv: inv, settings: settings, mask: mask, history: f.history}
	if f.history == "" {
		return p, nil
	}
	p.tally = report.NewTally()
	out.Handler = report.Tee(p.tally, out.Handler)
	if inv.Secret != "" {
		return nil, withHint(errors.New("--history keeps runs of whole accounts, and --secret judges one secret"), "leave one of them out")
	}
	runs, err := history.Read(f.history)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return nil, withHint(fmt.Errorf("history %s: %w", f.history, pathless(err)), "assay audit --history FILE makes one")
	}
	target := mask(inv.Target())
	p.earlier = slices.DeleteFunc(runs, func(r report.PostureRun) bool { return r.Target != target || !r.At.Before(inv.Collected) })
	return p, nil
}

// End adds the posture where a page wants it, and records the run.
func (p *postured) End(s report.Summary) error {
	if p.wants("html") {
		posture, err := p.inv.Posture(p.settings, p.mask)
		if err != nil {
			return err
		}
		posture.Runs = p.earlier
		s.Posture = posture
	}
	if err := p.outputs.End(s); err != nil || p.tally == nil {
		return err
	}
	run := p.tally.Run()
	run.At = p.inv.Collected
	if err := history.Add(p.history, run); err != nil {
		p.unrecorded = withHint(fmt.Errorf("history %s: %w", p.history, pathless(err)), "the reports are complete; the run is not in the history")
	}
	return nil
}
