package main

import (
	"fmt"
	"os"

	"github.com/assayhq/assay/report"
)

// onGitHub reports whether this is a step of a workflow of GitHub Actions.
func (a *app) onGitHub() bool { return a.getenv("GITHUB_ACTIONS") == "true" }

// shieldStderr has the runner obey nothing on standard error but our annotations: what
// messages quote may be anybody's, such as a file's name.
func (a *app) shieldStderr() {
	a.annotations = a.stderr
	if a.onGitHub() {
		a.stderr = report.CommandShield{W: a.stderr}
	}
}

// github adds to o what a step of a workflow shows by itself: annotations, which the
// runner reads from standard error as well, and a part of the job's summary. Where
// the annotations are the report on standard output they are not written twice.
func (a *app) github(o *outputs, format string) ([]report.Handler, error) {
	var handlers []report.Handler
	if format != "github" {
		handlers = append(handlers, report.NewGitHub(a.annotations))
	}
	name := a.getenv("GITHUB_STEP_SUMMARY")
	if name == "" {
		return handlers, nil
	}
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return nil, withHint(fmt.Errorf("cannot write the job summary %s: %w", name, pathless(err)), "GITHUB_STEP_SUMMARY names the file")
	}
	o.closes = append(o.closes, file.Close)
	return append(handlers, report.NewMarkdown(file)), nil
}
