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
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// After the first signal the default is restored: a second one ends the
	// program at once.
	context.AfterFunc(ctx, stop)
	limitMemory(softLimit)
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
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
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, getenv: os.Getenv, now: time.Now}
	return a.run(ctx, args)
}

// run runs the command that args name and returns the exit code.
func (a *app) run(ctx context.Context, args []string) int {
	root := a.rootCommand(args)
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	if err := root.ExecuteContext(ctx); err != nil {
		var hint *hintError
		fmt.Fprintf(a.stderr, "assay: %v\n", err)
		if errors.As(err, &hint) {
			fmt.Fprintf(a.stderr, "  %s\n", hint.hint)
		}
		if errors.Is(err, errInterrupted) {
			return exitInterrupted
		}
		return exitUsage
	}
	return a.exit
}

// An app is one run of the program: its streams and the exit code that a command
// that ended without an error decided on.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	now            func() time.Time
	exit           int
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
  0    everything was examined and nothing was found
  1    findings: credentials, or secrets that are not kept as they must be
  2    wrong usage or configuration, the run could not start, or the report could
       not be written
  3    something could not be examined; the report says what
  130  interrupted; the report holds what was found so far`,
		Example: `  assay scan .                    this repository: files and history
  assay scan --staged             what the next commit would bring
  assay scan --report sarif=assay.sarif .
  assay triage                    decide about what was found
  assay audit                     every secret of this AWS account`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.CompletionOptions.HiddenDefaultCmd = false
	root.AddCommand(a.commands(args)...)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return withHint(err, "%s --help lists the flags", c.CommandPath())
	})
	return root
}

func (a *app) commands(args []string) []*cobra.Command {
	all := []struct {
		name string
		make func() *cobra.Command
	}{
		{"scan", a.scanCommand}, {"audit", a.auditCommand}, {"rules", a.rulesCommand}, {"baseline", a.baselineCommand},
		{"ignore", a.ignoreCommand}, {"explain", a.explainCommand}, {"triage", a.triageCommand}, {"version", a.versionCommand},
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
