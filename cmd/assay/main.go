// Command assay finds credentials where they must not be, in files and in the
// whole history of Git repositories, and judges how they are kept where they
// belong, in AWS Secrets Manager.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/assayhq/assay/report"
)

func main() {
	ctx, args := context.Background(), os.Args[1:]
	if len(args) != 1 || args[0] != "version" { // which is over before either counts
		ctx = stoppable(ctx)
		limitMemory(softLimit)
		if os.Getenv("GOGC") == "" {
			debug.SetGCPercent(garbage)
		}
	}
	os.Exit(run(ctx, os.Args[0], args, os.Stdin, os.Stdout, os.Stderr))
}

// limitMemory sets how many bytes are filled before garbage is collected more
// often, unless the user did.
func limitMemory(bytes int64) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(bytes)
	}
}

// softLimit is how many bytes of memory are filled before garbage is collected
// more often than the heap doubles: a large history then stays below 500 MB. What
// needs more gets it, and takes up to twice the CPU.
const softLimit = 440 << 20

// filesLimit is that for files alone, which are forgotten once they are examined: a
// tree of 1.2 GB takes 93 MB with it instead of 150, and as much CPU.
const filesLimit = 76 << 20

// garbage is how much of it is allowed before it is collected, in percent of what
// is in use and as far as softLimit allows. A short run then collects none, and
// takes a tenth less CPU.
const garbage = 400

// Exit codes. They are the same for every format and part of the contract.
const (
	exitClean       = 0   // everything examined, no finding counts
	exitFindings    = 1   // findings, unless --exit-code says otherwise
	exitUsage       = 2   // usage or configuration, the run could not start, or its report not be written
	exitIncomplete  = 3   // something could not be examined
	exitInterrupted = 130 // as shells report SIGINT
)

// run is the whole program but for the process around it.
// name is what it was called.
func run(ctx context.Context, name string, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{name: strings.TrimSuffix(filepath.Base(name), ".exe"), stdin: stdin, stdout: stdout, stderr: stderr, getenv: os.Getenv, environ: os.Environ, now: time.Now}
	a.shieldStderr()
	return a.run(ctx, args)
}

// run runs the command that args name and returns the exit code.
func (a *app) run(ctx context.Context, args []string) int {
	if a.name == gitleaksName {
		args = flagsFirst(args)
	}
	root := a.rootCommand(args)
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	err := knownCommand(root, args)
	if err == nil {
		err = root.ExecuteContext(ctx)
	}
	if err != nil {
		a.complain(err)
		if errors.Is(err, errInterrupted) {
			return exitInterrupted
		}
		return exitUsage
	}
	return a.exit
}

// complain says what went wrong, and what to do about it.
func (a *app) complain(err error) {
	fmt.Fprintf(a.stderr, "assay: %s\n", inertLines(masked(err.Error())))
	var hint *hintError
	if errors.As(err, &hint) {
		fmt.Fprintf(a.stderr, "  %s\n", inertLines(masked(hint.hint)))
	}
}

// inertLines is text in which nothing but its line ends moves a cursor: errors quote
// names and patterns of files that somebody else wrote, and some are several.
func inertLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = report.Inert(l)
	}
	return strings.Join(lines, "\n")
}

// An app is one run of the program: its streams and the exit code that a command
// that ended without an error decided on.
type app struct {
	name           string // of the program, "gitleaks" where it answers as that
	stdin          io.Reader
	stdout, stderr io.Writer
	annotations    io.Writer // standard error, where GitHub obeys what is written
	getenv         func(string) string
	environ        func() []string
	now            func() time.Time
	exit           int
	collected      time.Time // of the inventory that is judged, once there is one
}

// errInterrupted says that a run was interrupted before there was anything to
// report.
var errInterrupted = errors.New("interrupted before anything was examined")

// A hintError is an error with a line on how to mend it.
type hintError struct {
	error
	hint string
}

func (e *hintError) Unwrap() error { return e.error }

// withHint adds the line that says what to do.
func withHint(err error, format string, args ...any) error {
	return &hintError{err, fmt.Sprintf(format, args...)}
}

// rootCommand makes the program's commands, or only the one that args begin with:
// all their flags together would cost a hook half a millisecond.
func (a *app) rootCommand(args []string) *cobra.Command {
	root := &cobra.Command{
		Use:   "assay",
		Short: "Find credentials in files and Git history, judge how AWS keeps secrets",
		Long: `assay finds credentials where they must not be, in files and in the whole history
of Git repositories, and judges how they are kept where they belong, in AWS
Secrets Manager. It says what it found, where, since when, and what it could not
examine. It never prints a credential, and never reads the value of a secret.

Exit codes:
  0    everything was examined, and nothing that counts was found
  1    findings: credentials, or secrets that are not kept as they must be
  2    wrong usage or configuration, the run could not start, or the report could
       not be written
  3    something could not be examined; the report says what
  130  interrupted; the report holds what was found so far`,
		Example: `  assay scan .                    this repository: files and history
  assay scan --staged             what the next commit would bring
  assay hook install              look at every commit before it is made
  assay scan --report sarif=assay.sarif .
  assay init                      configuration, hook and CI file; assay doctor looks whether they work
  assay triage                    decide about what was found
  assay report --format csv a.json   what a run found in another format; merge, diff
  assay audit                     every secret of this AWS account`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	commands := a.commands(args)
	root.CompletionOptions.DisableDefaultCmd = len(commands) == 1 // another one was asked for
	for _, c := range commands {
		explainArgs(c)
	}
	root.AddCommand(commands...)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return withHint(err, "%s --help lists the flags", c.CommandPath())
	})
	return root
}

func (a *app) commands(args []string) []*cobra.Command {
	type command struct {
		name string
		make func() *cobra.Command
	}
	all := []command{
		{"scan", a.scanCommand}, {"audit", a.auditCommand}, {"rules", a.rulesCommand}, {"baseline", a.baselineCommand},
		{"ignore", a.ignoreCommand}, {"explain", a.explainCommand}, {"triage", a.triageCommand}, {"report", a.reportCommand}, {"hook", a.hookCommand}, {"init", a.initCommand},
		{"migrate", a.migrateCommand}, {"doctor", a.doctorCommand}, {"man", a.manCommand}, {"version", a.versionCommand},
	}
	for _, v := range gitleaksVerbs {
		make := func() *cobra.Command { return a.gitleaksCommand(v) }
		for _, name := range append([]string{v.name}, v.aliases...) {
			if len(args) > 0 && args[0] == name {
				return []*cobra.Command{make()}
			}
		}
		all = append(all, command{v.name, make})
	}
	var list []*cobra.Command
	for _, c := range all {
		if len(args) > 0 && args[0] == c.name {
			return []*cobra.Command{c.make()}
		}
	}
	for _, c := range all {
		list = append(list, c.make())
	}
	return list
}
